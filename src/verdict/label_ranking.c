#include "verdict/label_ranking.h"

#include "base/memory.h"
#include "verdict/ranking_epoch.h"

#include <math.h>

/* Events per label; `counted` tells by block which events count, NULL: all. */
static void rows_add(const struct arm_counts *arm, const bool *counted, uint64_t *rows)
{
    for (size_t i = 0; i < arm->cell_count; i++) {
        const struct serin_block_cell *cell = &arm->cells[i];
        if (cell->row != SERIN_NO_REFERENCE && (!counted || counted[cell->block])) {
            rows[cell->row] += cell->count;
        }
    }
}

static void columns_add(const struct arm_counts *arm, const bool *counted, uint64_t *columns)
{
    for (size_t i = 0; i < arm->cell_count; i++) {
        const struct serin_block_cell *cell = &arm->cells[i];
        if (!counted || counted[cell->block]) {
            columns[cell->column] += cell->count;
        }
    }
}

/* Counts what each arm emits of the rare labels that it alone emits. */
static enum serin_status merged_alone_count(const struct grouping *grouping,
                                            const uint64_t *both_arms, struct counts *counts)
{
    const struct label_groups *groups = &grouping->columns;
    for (size_t a = 0; a < ARM_COUNT && groups->merged; a++) {
        struct arm_counts *arm = &counts->arms[a];
        owned_memory uint64_t *columns = memory_allocate(groups->labels + 1, sizeof(*columns));
        if (!columns) {
            return SERIN_NO_MEMORY;
        }
        columns_add(arm, NULL, columns);
        for (size_t i = 0; i < groups->labels; i++) {
            bool is_merged = label_groups_is_rare(groups, groups->map[i]);
            arm->merged_alone += is_merged && columns[i] == both_arms[i] ? columns[i] : 0;
        }
    }
    return SERIN_OK;
}

/* Events per reference and per label. */
struct masses {
    uint64_t *rows;
    size_t row_count;
    uint64_t *columns;
    size_t column_count;
};

static void masses_destroy(struct masses *masses)
{
    if (masses) {
        memory_free(masses->rows);
        memory_free(masses->columns);
        memory_free(masses);
    }
}
DEFINE_CLEANUP(masses)

/* All 0; NULL for want of memory. */
static struct masses *masses_create(size_t row_count, size_t column_count)
{
    owned(masses) masses = memory_allocate(1, sizeof(*masses));
    if (!masses) {
        return NULL;
    }
    *masses = (struct masses){
        .rows = memory_allocate(row_count + 1, sizeof(*masses->rows)),
        .row_count = row_count,
        .columns = memory_allocate(column_count + 1, sizeof(*masses->columns)),
        .column_count = column_count,
    };
    return masses->rows && masses->columns ? give(masses) : NULL;
}

/* Of both arms, all time. */
static struct masses *masses_of(const struct ranking *ranking, const struct counts *counts)
{
    struct masses *masses = masses_create(block_tables_reference_count(ranking->tables),
                                          block_tables_label_count(ranking->tables));
    for (size_t arm = 0; masses && arm < ARM_COUNT; arm++) {
        columns_add(&counts->arms[arm], NULL, masses->columns);
        if (!ranking->is_agreement) {
            rows_add(&counts->arms[arm], NULL, masses->rows);
        }
    }
    return masses;
}

/*
 * Twice the epoch's events per label, and 1 for a label that came later: rarer than all the others,
 * but there.
 */
static void masses_rank(const uint64_t *all, size_t labels, uint64_t *epoch)
{
    for (size_t i = 0; i < labels; i++) {
        epoch[i] = epoch[i] > 0 ? 2 * epoch[i] : all[i] > 0;
    }
}

static enum serin_status epoch_add(const struct ranking *ranking, const struct ranking_epoch *epoch,
                                   const struct counts *counts, enum arm arm, struct masses *out)
{
    owned_memory bool *counted = NULL;
    TRY(ranking_epoch_blocks(epoch, counts, ranking->tables, ranking->judgement->design, arm,
                             &counted));
    columns_add(&counts->arms[arm], counted, out->columns);
    if (!ranking->is_agreement) {
        rows_add(&counts->arms[arm], counted, out->rows);
    }
    return SERIN_OK;
}

/* What ranks the labels: the caller destroys `*out`. */
static enum serin_status masses_of_epoch(const struct ranking *ranking,
                                         const struct ranking_epoch *epoch,
                                         const struct counts *counts, const struct masses *all,
                                         struct masses **out)
{
    owned(masses) within = masses_create(all->row_count, all->column_count);
    if (!within) {
        return SERIN_NO_MEMORY;
    }
    for (size_t arm = 0; arm < ARM_COUNT; arm++) {
        TRY(epoch_add(ranking, epoch, counts, (enum arm)arm, within));
    }
    masses_rank(all->rows, all->row_count, within->rows);
    masses_rank(all->columns, all->column_count, within->columns);
    *out = give(within);
    return SERIN_OK;
}

static size_t occurring(const uint64_t *masses, size_t count)
{
    size_t found = 0;
    for (size_t i = 0; i < count; i++) {
        found += masses[i] > 0;
    }
    return found;
}

/* Groups that a table of n events fills: a tenth of it holds as many events as cells. */
static size_t dense_groups(const struct ranking *ranking, uint64_t events)
{
    double groups = floor(ldexp(sqrt((double)events / 10.0), -(int)ranking->halvings));
    return (size_t)fmin(fmax(groups, MERGED_GROUPS_LEAST), (double)ranking->judgement->label_cap);
}

static bool is_beyond(const struct masses *masses, size_t cap)
{
    return occurring(masses->rows, masses->row_count) > cap ||
           occurring(masses->columns, masses->column_count) > cap;
}

enum serin_status labels_rank(const struct ranking *ranking, struct counts *counts,
                              struct grouping **out)
{
    size_t cap = ranking->judgement->label_cap;
    owned(masses) all = masses_of(ranking, counts);
    owned(masses) of_epoch = NULL;
    if (!all) {
        return SERIN_NO_MEMORY;
    }
    if (ranking->is_merged || is_beyond(all, cap)) {
        struct ranking_epoch epoch;
        TRY(ranking_epoch_find(counts, ranking->tables, ranking->judgement, &epoch));
        TRY(masses_of_epoch(ranking, &epoch, counts, all, &of_epoch));
        cap = ranking->is_merged ? dense_groups(ranking, epoch.events) : cap;
    }
    const struct masses *ranked = of_epoch ? of_epoch : all;
    struct label_masses masses = {.rows = ranked->rows,
                                  .row_count = ranked->row_count,
                                  .columns = ranked->columns,
                                  .column_count = ranked->column_count};
    TRY(grouping_create(&masses, ranking->is_agreement, cap, out));
    return merged_alone_count(*out, all->columns, counts);
}
