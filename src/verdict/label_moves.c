#include "verdict/label_moves.h"

#include "agreement/normalizer.h"
#include "serin/nmi.h"
#include "verdict/columns.h"
#include "verdict/measure.h"

#include <math.h>
#include <stdlib.h>

/* What the columns are measured by. */
struct scale {
    enum design design;
    uint64_t totals[ARM_COUNT];
    uint64_t *row_totals[ARM_COUNT]; /* of the tables; unused in shift */
    double normalizer;               /* the stable arm's; unused in shift */
};

static double share_of(uint64_t part, uint64_t total)
{
    return total > 0 ? (double)part / (double)total : 0.0;
}

/* A column's term of the mutual information of an arm's table, in nats. */
static double information_of(const struct counts *counts, const struct scale *scale, enum arm arm,
                             size_t column, uint64_t column_total)
{
    double n = (double)scale->totals[arm];
    double sum = 0.0;
    for (size_t row = 0; row < counts->rows; row++) {
        uint64_t count = counts->arms[arm].table[row * counts->columns + column];
        if (count > 0) {
            double expected = (double)scale->row_totals[arm][row] / n * (double)column_total;
            sum += (double)count / n * log((double)count / expected);
        }
    }
    return sum;
}

/* A label's term of the Jensen-Shannon divergence of its shares, in bits. */
static double divergence_of(double canary, double stable)
{
    double mean = (canary + stable) / 2.0;
    double of_canary = canary > 0.0 ? canary * log2(canary / mean) : 0.0;
    double of_stable = stable > 0.0 ? stable * log2(stable / mean) : 0.0;
    return (of_canary + of_stable) / 2.0;
}

static double contribution_of(const struct counts *counts, const struct scale *scale, size_t index,
                              const struct column *canary, const struct column *stable)
{
    if (scale->design == DESIGN_SHIFT) {
        return divergence_of(share_of(canary->total, scale->totals[ARM_CANARY]),
                             share_of(stable->total, scale->totals[ARM_STABLE]));
    }
    double change = information_of(counts, scale, ARM_CANARY, index, canary->total) -
                    information_of(counts, scale, ARM_STABLE, index, stable->total);
    return scale->normalizer > 0.0 ? change / scale->normalizer : 0.0;
}

/* A move together with its place among the columns, which settles ties. */
struct ranked_move {
    struct label_move move;
    size_t column;
};

static struct label_move describe(const struct counts *counts, const struct block_tables *tables,
                                  const struct scale *scale, size_t index)
{
    struct column canary = column_describe(counts, scale->design, ARM_CANARY, index);
    struct column stable = column_describe(counts, scale->design, ARM_STABLE, index);
    struct label_move move = {
        .label = grouping_column_text(counts->grouping, tables, index),
        .stable_share = share_of(stable.total, scale->totals[ARM_STABLE]),
        .canary_share = share_of(canary.total, scale->totals[ARM_CANARY]),
        .is_new = stable.total == 0,
        .is_lost = canary.total == 0,
        .stable_precision = share_of(stable.top_count, stable.total),
        .canary_precision = share_of(canary.top_count, canary.total),
        .contribution = contribution_of(counts, scale, index, &canary, &stable),
    };
    if (stable.top_count > 0) {
        move.stable_reference = grouping_row_text(counts->grouping, tables, stable.top_row);
    }
    if (canary.top_count > 0) {
        move.canary_reference = grouping_row_text(counts->grouping, tables, canary.top_row);
    }
    return move;
}

static int by_size(const void *left, const void *right)
{
    const struct ranked_move *a = left;
    const struct ranked_move *b = right;
    double size_a = fabs(a->move.contribution);
    double size_b = fabs(b->move.contribution);
    if (size_a != size_b) {
        return size_a > size_b ? -1 : 1;
    }
    return a->column < b->column ? -1 : 1;
}

static bool occurs(const struct counts *counts, const struct scale *scale, size_t column)
{
    return column_describe(counts, scale->design, ARM_CANARY, column).total > 0 ||
           column_describe(counts, scale->design, ARM_STABLE, column).total > 0;
}

static enum serin_status rank(const struct counts *counts, const struct block_tables *tables,
                              const struct scale *scale, struct verdict *verdict)
{
    owned_memory struct ranked_move *ranked = memory_allocate(counts->columns + 1, sizeof(*ranked));
    if (!ranked) {
        return SERIN_NO_MEMORY;
    }
    size_t count = 0;
    for (size_t i = 0; i < counts->columns; i++) {
        if (occurs(counts, scale, i)) {
            ranked[count] =
                (struct ranked_move){.move = describe(counts, tables, scale, i), .column = i};
            count++;
        }
    }
    qsort(ranked, count, sizeof(*ranked), by_size);
    verdict->move_count = count < LABEL_MOVES_MAX ? count : LABEL_MOVES_MAX;
    for (size_t i = 0; i < verdict->move_count; i++) {
        verdict->moves[i] = ranked[i].move;
    }
    return SERIN_OK;
}

static void row_totals_fill(const struct counts *counts, enum arm arm, uint64_t *out)
{
    for (size_t row = 0; row < counts->rows; row++) {
        for (size_t column = 0; column < counts->columns; column++) {
            out[row] += counts->arms[arm].table[row * counts->columns + column];
        }
    }
}

static enum serin_status scale_normalizer(const struct counts *counts,
                                          const struct evidence *evidence, struct scale *scale,
                                          struct serin_error *err)
{
    struct serin_table table = counts_table(counts, ARM_STABLE);
    struct serin_entropies entropies = {0};
    bool defined = false;
    TRY(measured(serin_entropies(&table, &entropies), "the entropies", &defined, err));
    scale->normalizer =
        normalizer_mean(evidence->judgement->normalizer, entropies.reference, entropies.label);
    return SERIN_OK;
}

enum serin_status label_moves_find(const struct counts *counts, const struct block_tables *tables,
                                   const struct evidence *evidence, struct verdict *verdict,
                                   struct serin_error *err)
{
    owned_memory uint64_t *canary_rows = memory_allocate(counts->rows + 1, sizeof(*canary_rows));
    owned_memory uint64_t *stable_rows = memory_allocate(counts->rows + 1, sizeof(*stable_rows));
    if (!canary_rows || !stable_rows) {
        return serin_fail(err, SERIN_NO_MEMORY, "the moves of the labels");
    }
    enum design design = evidence->judgement->design;
    struct scale scale = {
        .design = design,
        .totals = {columns_total(counts, design, ARM_CANARY),
                   columns_total(counts, design, ARM_STABLE)},
        .row_totals = {canary_rows, stable_rows},
    };
    if (scale.totals[ARM_CANARY] == 0 || scale.totals[ARM_STABLE] == 0) {
        return SERIN_OK;
    }
    row_totals_fill(counts, ARM_CANARY, canary_rows);
    row_totals_fill(counts, ARM_STABLE, stable_rows);
    TRY(scale_normalizer(counts, evidence, &scale, err));
    if (rank(counts, tables, &scale, verdict) != SERIN_OK) {
        return serin_fail(err, SERIN_NO_MEMORY, "the moves of the labels");
    }
    return SERIN_OK;
}
