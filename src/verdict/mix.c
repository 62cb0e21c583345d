#include "verdict/mix.h"

#include "labels/slice_cells.h"
#include "serin/cap.h"
#include "serin/sample_ratio.h"
#include "serin/shift.h"
#include "verdict/measure.h"

#include <stdlib.h>

/* An arm's events by kind (a reference, a slice), by block and in all. */
struct mix {
    struct serin_block_cell *cells; /* the kind is the column */
    size_t cell_count;
    uint64_t *totals;
    size_t kinds;
};

static void mix_clear(struct mix *mix)
{
    memory_free(mix->cells);
    memory_free(mix->totals);
    *mix = (struct mix){0};
}

static enum serin_status mix_init(struct mix *mix, size_t cells, size_t kinds)
{
    *mix = (struct mix){
        .cells = memory_allocate(cells + 1, sizeof(*mix->cells)),
        .totals = memory_allocate(kinds + 1, sizeof(*mix->totals)),
        .kinds = kinds,
    };
    return mix->cells && mix->totals ? SERIN_OK : SERIN_NO_MEMORY;
}

/* Cells come by block and kind; those of one place are added up. */
static void mix_add(struct mix *mix, uint32_t block, size_t kind, uint64_t count)
{
    struct serin_block_cell *last = mix->cell_count > 0 ? &mix->cells[mix->cell_count - 1] : NULL;
    mix->totals[kind] += count;
    if (last && last->block == block && last->column == kind) {
        last->count += count;
        return;
    }
    mix->cells[mix->cell_count++] = (struct serin_block_cell){
        .block = block, .row = SERIN_NO_REFERENCE, .column = (uint32_t)kind, .count = count};
}

static enum serin_status mix_effect(const struct mix *mix, const struct evidence *evidence,
                                    struct serin_design_effect *out, struct serin_error *err)
{
    if (!evidence->blocks_known) {
        return SERIN_OK;
    }
    struct serin_blocks blocks = {
        .cells = mix->cells, .count = mix->cell_count, .columns = mix->kinds};
    bool defined = false;
    return measured(serin_shift_design_effect(&blocks, out), "the design effect of a mix", &defined,
                    err);
}

static enum serin_status mixes_compare(const struct mix mixes[static ARM_COUNT],
                                       const struct evidence *evidence, bool *out_differ,
                                       struct serin_error *err)
{
    struct serin_shift_input input = {
        .canary = mixes[ARM_CANARY].totals,
        .stable = mixes[ARM_STABLE].totals,
        .labels = mixes[ARM_CANARY].kinds,
        .canary_effect = SERIN_INDEPENDENT,
        .stable_effect = SERIN_INDEPENDENT,
        .normalizer = evidence->judgement->normalizer,
        .confidence = {.interval = SERIN_FIXED, .level = evidence->judgement->level},
    };
    struct serin_shift shift;
    bool defined = false;
    TRY(mix_effect(&mixes[ARM_CANARY], evidence, &input.canary_effect, err));
    TRY(mix_effect(&mixes[ARM_STABLE], evidence, &input.stable_effect, err));
    TRY(measured(serin_shift(&input, &shift), "the mix of the arms", &defined, err));
    *out_differ = defined && shift.state == SERIN_TABLE_OK &&
                  shift.p_value_adjusted < SERIN_SAMPLE_RATIO_ALPHA;
    return SERIN_OK;
}

/* ---- references ----------------------------------------------------------------------------- */

static enum serin_status references_take(const struct counts *counts, enum arm arm, struct mix *out)
{
    const struct arm_counts *from = &counts->arms[arm];
    size_t places = 0; /* distinct pairs of block and reference */
    for (size_t i = 0; i < from->cell_count; i++) {
        places += i == 0 || from->cells[i].block != from->cells[i - 1].block ||
                  from->cells[i].row != from->cells[i - 1].row;
    }
    TRY(mix_init(out, places, counts->rows));
    for (size_t i = 0; i < from->cell_count; i++) {
        if (from->cells[i].row != SERIN_NO_REFERENCE) {
            mix_add(out, from->cells[i].block, from->cells[i].row, from->cells[i].count);
        }
    }
    return SERIN_OK;
}

static enum serin_status references_compare(const struct counts *counts,
                                            struct mix mixes[static ARM_COUNT],
                                            struct evidence *evidence, struct serin_error *err)
{
    for (size_t arm = 0; arm < ARM_COUNT; arm++) {
        if (references_take(counts, (enum arm)arm, &mixes[arm]) != SERIN_OK) {
            return serin_fail(err, SERIN_NO_MEMORY, "the mix of references");
        }
    }
    return mixes_compare(mixes, evidence, &evidence->reference_mix_differs, err);
}

enum serin_status reference_mix_compare(const struct counts *counts, struct evidence *evidence,
                                        struct serin_error *err)
{
    if (evidence->judgement->design != DESIGN_REFERENCE) {
        return SERIN_OK;
    }
    struct mix mixes[ARM_COUNT] = {0};
    enum serin_status status = references_compare(counts, mixes, evidence, err);
    mix_clear(&mixes[ARM_CANARY]);
    mix_clear(&mixes[ARM_STABLE]);
    return status;
}

/* ---- slices --------------------------------------------------------------------------------- */

/* The tables list slices by dimension: those of one are neighbours. */
struct dimension {
    size_t first;
    size_t count;
};

static struct dimension dimension_find(const struct block_tables *tables, const char *name)
{
    struct dimension found = {0};
    size_t slices = block_tables_slice_count(tables);
    for (size_t i = 0; i < slices; i++) {
        if (text_equals(block_tables_slice(tables, i).dimension, name)) {
            found.first = found.count == 0 ? i : found.first;
            found.count++;
        }
    }
    return found;
}

static int by_block(const void *left, const void *right)
{
    const struct serin_block_cell *a = left;
    const struct serin_block_cell *b = right;
    if (a->block != b->block) {
        return a->block < b->block ? -1 : 1;
    }
    return a->column < b->column ? -1 : a->column > b->column;
}

/* Adds one kind's events, a cell per block. */
static void kind_take(struct cell_view from, size_t kind, struct mix *out)
{
    for (size_t i = 0; i < from.count;) {
        uint32_t block = from.cells[i].block;
        uint64_t events = 0;
        for (; i < from.count && from.cells[i].block == block; i++) {
            events += from.cells[i].count;
        }
        mix_add(out, block, kind, events);
    }
}

static enum serin_status slices_take(const struct block_tables *tables, enum arm arm,
                                     const struct slice_groups *groups, struct mix *out)
{
    owned(slice_cells) cells = NULL;
    TRY(slice_cells_create(tables, arm, groups, &cells));
    TRY(mix_init(out, block_tables_block_count(tables, arm) * groups->count, groups->count));
    for (size_t i = 0; i < groups->count; i++) {
        kind_take(slice_cells_view(cells, i), i, out);
    }
    qsort(out->cells, out->cell_count, sizeof(*out->cells), by_block);
    return SERIN_OK;
}

/* The mixes of both arms, over the values told apart; `masses` are both arms' events by slice. */
static enum serin_status dimension_take(const struct block_tables *tables,
                                        struct dimension dimension, const uint64_t *masses,
                                        struct mix mixes[static ARM_COUNT])
{
    owned_memory size_t *map = memory_allocate(dimension.count + 1, sizeof(*map));
    if (!map) {
        return SERIN_NO_MEMORY;
    }
    struct slice_groups groups = {.first = dimension.first, .slices = dimension.count, .map = map};
    TRY(serin_cap_labels(masses + dimension.first, dimension.count, SLICE_MIX_VALUES_MAX, map,
                         &groups.count));
    TRY(slices_take(tables, ARM_CANARY, &groups, &mixes[ARM_CANARY]));
    return slices_take(tables, ARM_STABLE, &groups, &mixes[ARM_STABLE]);
}

static enum serin_status dimension_compare(const struct block_tables *tables,
                                           struct dimension dimension, const uint64_t *masses,
                                           struct mix mixes[static ARM_COUNT],
                                           struct evidence *evidence, struct serin_error *err)
{
    bool differ = false;
    if (dimension_take(tables, dimension, masses, mixes) != SERIN_OK) {
        return serin_fail(err, SERIN_NO_MEMORY, "the mix of slices");
    }
    TRY(mixes_compare(mixes, evidence, &differ, err));
    evidence->slice_mix_differs = evidence->slice_mix_differs || differ;
    return SERIN_OK;
}

enum serin_status slice_mix_compare(const struct block_tables *tables, const struct spec *spec,
                                    struct evidence *evidence, struct serin_error *err)
{
    if (spec->judgement.design == DESIGN_PAIRED || spec->slice_count == 0) {
        return SERIN_OK;
    }
    owned_memory uint64_t *masses =
        memory_allocate(block_tables_slice_count(tables) + 1, sizeof(*masses));
    if (!masses) {
        return serin_fail(err, SERIN_NO_MEMORY, "the mix of slices");
    }
    slice_totals_add(tables, ARM_CANARY, masses);
    slice_totals_add(tables, ARM_STABLE, masses);
    enum serin_status status = SERIN_OK;
    for (size_t i = 0; i < spec->slice_count && status == SERIN_OK; i++) {
        struct mix mixes[ARM_COUNT] = {0};
        struct dimension dimension = dimension_find(tables, spec->slices[i]);
        status = dimension_compare(tables, dimension, masses, mixes, evidence, err);
        mix_clear(&mixes[ARM_CANARY]);
        mix_clear(&mixes[ARM_STABLE]);
    }
    return status;
}
