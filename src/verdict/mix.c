#include "verdict/mix.h"

#include "labels/slice_cells.h"
#include "serin/cap.h"
#include "serin/sample_ratio.h"
#include "verdict/measure.h"

#include <math.h>
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

/* Where blocks are unknown all events are one block's, whose spread says nothing. */
static struct serin_blocks mix_blocks(const struct mix *mix, const struct evidence *evidence)
{
    for (size_t i = 0; i < mix->cell_count && !evidence->blocks_known; i++) {
        mix->cells[i].block = 0;
    }
    return (struct serin_blocks){
        .cells = mix->cells, .count = mix->cell_count, .columns = mix->kinds};
}

/* Whether the mixes differ, as one of `tests` that share the error. */
static enum serin_status mixes_compare(const struct mix mixes[static ARM_COUNT],
                                       const struct evidence *evidence, size_t tests,
                                       bool *out_differ, struct serin_error *err)
{
    struct serin_blocks canary = mix_blocks(&mixes[ARM_CANARY], evidence);
    struct serin_blocks stable = mix_blocks(&mixes[ARM_STABLE], evidence);
    struct serin_anytime_test test;
    bool defined = false;
    TRY(measured(serin_mix_anytime(&canary, &stable, &test), "the mix of the arms", &defined, err));
    *out_differ = defined && test.p_value * (double)tests < SERIN_SAMPLE_RATIO_ALPHA;
    return SERIN_OK;
}

/* ---- references ----------------------------------------------------------------------------- */

/* Distinct pairs of block and reference, those without reference included. */
static size_t places_count(const struct arm_counts *arm)
{
    size_t places = 0;
    for (size_t i = 0; i < arm->cell_count; i++) {
        places += i == 0 || arm->cells[i].block != arm->cells[i - 1].block ||
                  arm->cells[i].row != arm->cells[i - 1].row;
    }
    return places;
}

static enum serin_status references_take(const struct counts *counts, enum arm arm, struct mix *out)
{
    const struct arm_counts *from = &counts->arms[arm];
    TRY(mix_init(out, places_count(from), counts->rows));
    for (size_t i = 0; i < from->cell_count; i++) {
        if (from->cells[i].row != SERIN_NO_REFERENCE) {
            mix_add(out, from->cells[i].block, from->cells[i].row, from->cells[i].count);
        }
    }
    return SERIN_OK;
}

/* Kind 0: events with a reference; kind 1: those without, which come last in their block. */
static enum serin_status completeness_take(const struct counts *counts, enum arm arm,
                                           struct mix *out)
{
    const struct arm_counts *from = &counts->arms[arm];
    TRY(mix_init(out, places_count(from), 2));
    for (size_t i = 0; i < from->cell_count; i++) {
        bool is_missing = from->cells[i].row == SERIN_NO_REFERENCE;
        mix_add(out, from->cells[i].block, is_missing, from->cells[i].count);
    }
    return SERIN_OK;
}

/* What is compared, as taken from one arm's counts. */
typedef enum serin_status mix_taker(const struct counts *counts, enum arm arm, struct mix *out);

static enum serin_status counts_compare(const struct counts *counts, mix_taker *take,
                                        const struct evidence *evidence, bool *out_differ,
                                        struct serin_error *err)
{
    struct mix mixes[ARM_COUNT] = {0};
    enum serin_status status = SERIN_OK;
    for (size_t arm = 0; arm < ARM_COUNT && status == SERIN_OK; arm++) {
        status = take(counts, (enum arm)arm, &mixes[arm]);
    }
    status = status == SERIN_OK ? mixes_compare(mixes, evidence, 1, out_differ, err)
                                : serin_fail(err, SERIN_NO_MEMORY, "the mix of references");
    mix_clear(&mixes[ARM_CANARY]);
    mix_clear(&mixes[ARM_STABLE]);
    return status;
}

static double missing_share(const struct arm_counts *arm)
{
    return arm->events > 0 ? (double)arm->unreferenced / (double)arm->events : 0.0;
}

enum serin_status reference_mix_compare(const struct counts *counts, struct evidence *evidence,
                                        struct serin_error *err)
{
    bool mix_differs = false;
    bool completeness_differs = false;
    if (evidence->judgement->design != DESIGN_REFERENCE) {
        return SERIN_OK;
    }
    TRY(counts_compare(counts, references_take, evidence, &mix_differs, err));
    TRY(counts_compare(counts, completeness_take, evidence, &completeness_differs, err));
    double difference =
        missing_share(&counts->arms[ARM_CANARY]) - missing_share(&counts->arms[ARM_STABLE]);
    evidence->reference_mix_differs = mix_differs;
    evidence->completeness_differs =
        completeness_differs && fabs(difference) > evidence->margin / 4.0;
    return SERIN_OK;
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
                                           size_t dimensions, struct mix mixes[static ARM_COUNT],
                                           const struct evidence *evidence, bool *out_differ,
                                           struct serin_error *err)
{
    if (dimension_take(tables, dimension, masses, mixes) != SERIN_OK) {
        return serin_fail(err, SERIN_NO_MEMORY, "the mix of slices");
    }
    return mixes_compare(mixes, evidence, dimensions, out_differ, err);
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
        bool differ = false;
        status = dimension_compare(tables, dimension, masses, spec->slice_count, mixes, evidence,
                                   &differ, err);
        bool *found = i == 0 ? &evidence->strata_mix_differs : &evidence->slice_mix_differs;
        *found = *found || differ;
        mix_clear(&mixes[ARM_CANARY]);
        mix_clear(&mixes[ARM_STABLE]);
    }
    return status;
}
