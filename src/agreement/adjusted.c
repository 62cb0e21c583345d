#include "agreement/adjusted.h"

#include "agreement/exact_sum.h"
#include "agreement/hypergeometric.h"
#include "base/memory.h"
#include "serin/scores.h"

#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

/* Equal margins, which have equal expectations. */
struct group {
    uint64_t margin;
    uint64_t labels;
};

static int compare_groups(const void *left, const void *right)
{
    uint64_t a = ((const struct group *)left)->margin;
    uint64_t b = ((const struct group *)right)->margin;
    return (a > b) - (a < b);
}

/* Groups the margins above zero; returns the number of groups. `out` has room for `count`. */
static size_t group_margins(const uint64_t *margins, size_t count, struct group *out)
{
    for (size_t i = 0; i < count; i++) {
        out[i] = (struct group){margins[i], margins[i] > 0 ? 1 : 0};
    }
    qsort(out, count, sizeof(*out), compare_groups);
    size_t groups = 0;
    for (size_t i = 0; i < count; i++) {
        if (groups > 0 && out[groups - 1].margin == out[i].margin) {
            out[groups - 1].labels += out[i].labels;
        } else if (out[i].margin > 0) {
            out[groups++] = out[i];
        }
    }
    return groups;
}

/* n · E[MI] is the sum of each cell's E[k ln(k/μ)]. */
static double expectation(uint64_t total, const struct group *rows, size_t row_groups,
                          const struct group *columns, size_t column_groups)
{
    struct exact_sum sum = {0};
    for (size_t i = 0; i < row_groups; i++) {
        for (size_t j = 0; j < column_groups; j++) {
            double pairs = (double)rows[i].labels * (double)columns[j].labels;
            double excess = hypergeometric_excess(total, rows[i].margin, columns[j].margin);
            exact_sum_add(&sum, pairs * excess / (double)total);
        }
    }
    return exact_sum_value(&sum);
}

enum serin_status expected_information(const struct measured *measured, double *out)
{
    const struct margins *margins = &measured->margins;
    size_t rows = measured->table.rows;
    size_t columns = measured->table.columns;
    if (measured->state != SERIN_TABLE_OK) {
        *out = 0.0;
        return SERIN_OK;
    }
    scratch_scope scratch;
    scratch_init(&scratch);
    struct group *groups = scratch_take(&scratch, rows + columns, sizeof(*groups));
    if (!groups) {
        return SERIN_NO_MEMORY;
    }
    size_t row_groups = group_margins(margins->rows, rows, groups);
    size_t column_groups = group_margins(margins->columns, columns, groups + rows);
    *out = expectation(margins->total, groups, row_groups, groups + rows, column_groups);
    return SERIN_OK;
}

double adjusted_information(const struct measured *measured, double expected)
{
    const struct margins *margins = &measured->margins;
    bool square = margins->occupied_rows == margins->occupied_columns;
    if (square && (margins->occupied_rows <= 1 || margins->occupied_rows == margins->total)) {
        return 1.0;
    }
    if (measured->state != SERIN_TABLE_OK) {
        return 0.0;
    }
    double room = measured->mean - expected;
    room = room < 0.0 ? fmin(room, -DBL_EPSILON) : fmax(room, DBL_EPSILON);
    return (measured->entropies.mutual_information - expected) / room;
}

enum serin_status serin_expected_mutual_information(const struct serin_table *table, double *out)
{
    measured_scope measured;
    TRY(measured_init(&measured, table, SERIN_GEOMETRIC));
    return expected_information(&measured, out);
}

enum serin_status serin_adjusted_mutual_information(const struct serin_table *table,
                                                    enum serin_normalizer normalizer, double *out)
{
    measured_scope measured;
    TRY(measured_init(&measured, table, normalizer));
    double expected = 0.0;
    TRY(expected_information(&measured, &expected));
    *out = adjusted_information(&measured, expected);
    return SERIN_OK;
}
