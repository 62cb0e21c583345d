#include "verdict/label_moves.h"

#include "verdict/columns.h"

#include <math.h>
#include <stdlib.h>

static double share_of(uint64_t part, uint64_t total)
{
    return total > 0 ? (double)part / (double)total : 0.0;
}

/* A move together with its place among the columns, which settles ties. */
struct ranked_move {
    struct label_move move;
    size_t column;
};

/* What describing any label needs. */
struct moving {
    const struct counts *counts;
    const struct block_tables *tables;
    const struct effects *effects;
    enum design design;
    uint64_t totals[ARM_COUNT];
};

static struct label_move describe(const struct moving *moving, size_t index)
{
    const struct counts *counts = moving->counts;
    struct column canary = column_describe(counts, moving->design, ARM_CANARY, index);
    struct column stable = column_describe(counts, moving->design, ARM_STABLE, index);
    struct label_move move = {
        .label = grouping_column_text(counts->grouping, moving->tables, index),
        .stable_share = share_of(stable.total, moving->totals[ARM_STABLE]),
        .canary_share = share_of(canary.total, moving->totals[ARM_CANARY]),
        .is_new = stable.total == 0,
        .is_lost = canary.total == 0,
        .stable_precision = share_of(stable.top_count, stable.total),
        .canary_precision = share_of(canary.top_count, canary.total),
        .contribution = {.defined = effects_defined(moving->effects),
                         .value = effects_value(moving->effects, index)},
    };
    if (stable.top_count > 0) {
        move.stable_reference = grouping_row_text(counts->grouping, moving->tables, stable.top_row);
    }
    if (canary.top_count > 0) {
        move.canary_reference = grouping_row_text(counts->grouping, moving->tables, canary.top_row);
    }
    return move;
}

static int larger_first(double a, double b)
{
    return a != b ? (a > b ? -1 : 1) : 0;
}

static int by_size(const void *left, const void *right)
{
    const struct ranked_move *a = left;
    const struct ranked_move *b = right;
    int order = larger_first(fabs(a->move.contribution.value), fabs(b->move.contribution.value));
    if (order == 0) {
        order = larger_first(fabs(a->move.canary_share - a->move.stable_share),
                             fabs(b->move.canary_share - b->move.stable_share));
    }
    return order != 0 ? order : (a->column < b->column ? -1 : 1);
}

static bool occurs(const struct moving *moving, size_t column)
{
    return column_describe(moving->counts, moving->design, ARM_CANARY, column).total > 0 ||
           column_describe(moving->counts, moving->design, ARM_STABLE, column).total > 0;
}

static size_t rank(const struct moving *moving, struct ranked_move *out)
{
    size_t count = 0;
    for (size_t i = 0; i < moving->counts->columns; i++) {
        if (occurs(moving, i)) {
            out[count++] = (struct ranked_move){.move = describe(moving, i), .column = i};
        }
    }
    qsort(out, count, sizeof(*out), by_size);
    return count;
}

/* Cut off at the ends of delta's scale, but never short of the contribution. */
static void take_interval(double half_width, struct estimate *contribution)
{
    if (contribution->defined) {
        double value = contribution->value;
        contribution->lower = fmax(value - half_width, fmin(value, -1.0));
        contribution->upper = fmin(value + half_width, fmax(value, 1.0));
    }
}

static enum serin_status take_moves(const struct ranked_move *ranked, size_t count,
                                    const struct effects *effects, struct verdict *verdict,
                                    struct serin_error *err)
{
    size_t columns[LABEL_MOVES_MAX] = {0};
    double half_widths[LABEL_MOVES_MAX] = {0.0};
    size_t kept = count < LABEL_MOVES_MAX ? count : LABEL_MOVES_MAX;
    for (size_t i = 0; i < kept; i++) {
        columns[i] = ranked[i].column;
    }
    TRY(effects_half_widths(effects, columns, kept, half_widths, err));
    for (size_t i = 0; i < kept; i++) {
        verdict->moves[i] = ranked[i].move;
        take_interval(half_widths[i], &verdict->moves[i].contribution);
    }
    for (size_t i = kept; i < count; i++) {
        verdict->moves_left_out += ranked[i].move.contribution.value;
    }
    verdict->move_count = kept;
    verdict->moves_rest = effects_rest(effects);
    return SERIN_OK;
}

enum serin_status label_moves_find(const struct counts *counts, const struct block_tables *tables,
                                   const struct evidence *evidence, const struct effects *effects,
                                   struct verdict *verdict, struct serin_error *err)
{
    enum design design = evidence->judgement->design;
    struct moving moving = {
        .counts = counts,
        .tables = tables,
        .effects = effects,
        .design = design,
        .totals = {columns_total(counts, design, ARM_CANARY),
                   columns_total(counts, design, ARM_STABLE)},
    };
    if (moving.totals[ARM_CANARY] == 0 || moving.totals[ARM_STABLE] == 0) {
        return SERIN_OK;
    }
    owned_memory struct ranked_move *ranked = memory_allocate(counts->columns + 1, sizeof(*ranked));
    if (!ranked) {
        return serin_fail(err, SERIN_NO_MEMORY, "the moves of the labels");
    }
    size_t count = rank(&moving, ranked);
    return take_moves(ranked, count, effects, verdict, err);
}
