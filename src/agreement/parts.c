#include "agreement/parts.h"

#include "agreement/hypergeometric.h"
#include "agreement/normalizer.h"

#include <math.h>
#include <stdbool.h>

/* Expected entropies below this are rounding errors of none. */
static const double no_entropy = 1e-12;

/* How much more E[k ln k] / size is than with k at its mean. */
static double excess_share(const struct measured *measured, uint64_t count, uint64_t size)
{
    return hypergeometric_excess(measured->margins.total, count, size) / (double)size;
}

static double entropy_term(double share)
{
    return share > 0.0 ? -share * log(share) : 0.0;
}

/* Per row, what varying adds to it, per event: E[k ln(k/μ)] / (size · count). */
static void rows_vary(const struct measured *measured, uint64_t size, double *out)
{
    const struct margins *margins = &measured->margins;
    for (size_t i = 0; i < measured->table.rows; i++) {
        uint64_t count = margins->rows[i];
        out[i] = count > 0 ? excess_share(measured, count, size) / (double)count : 0.0;
    }
}

static double information_of(const struct measured *measured, uint64_t size, size_t column,
                             const double *rows)
{
    const struct margins *margins = &measured->margins;
    double total = (double)margins->total;
    double sum = -excess_share(measured, margins->columns[column], size);
    for (size_t i = 0; i < measured->table.rows; i++) {
        uint64_t count = measured->table.counts[i * measured->table.columns + column];
        if (count > 0) {
            double cell = (double)count;
            double expected = (double)margins->rows[i] / total * (double)margins->columns[column];
            sum += cell / total * log(cell / expected);
            sum += excess_share(measured, count, size) - cell * rows[i];
        }
    }
    return sum;
}

static double reference_entropy(const struct measured *measured, uint64_t size)
{
    double sum = 0.0;
    for (size_t i = 0; i < measured->table.rows; i++) {
        sum += excess_share(measured, measured->margins.rows[i], size);
    }
    return measured->entropies.reference - sum;
}

static void parts_fill(const struct measured *measured, uint64_t size, const double *rows,
                       struct parts *parts)
{
    const struct margins *margins = &measured->margins;
    parts->reference = reference_entropy(measured, size);
    for (size_t j = 0; j < parts->labels; j++) {
        double share = (double)margins->columns[j] / (double)margins->total;
        if (margins->columns[j] > 0) {
            parts->information[j] = information_of(measured, size, j, rows);
            parts->entropy[j] =
                entropy_term(share) - excess_share(measured, margins->columns[j], size);
        }
        parts->mutual += parts->information[j];
        parts->label += parts->entropy[j];
    }
}

enum serin_status parts_create(const struct measured *measured, uint64_t size, struct parts **out)
{
    size_t labels = measured->table.columns;
    owned(parts) parts = memory_allocate(1, sizeof(*parts));
    owned_memory double *rows = memory_allocate(measured->table.rows + 1, sizeof(*rows));
    if (!parts || !rows) {
        return SERIN_NO_MEMORY;
    }
    parts->normalizer = measured->normalizer;
    parts->labels = labels;
    parts->information = memory_allocate(labels + 1, sizeof(double));
    parts->entropy = memory_allocate(labels + 1, sizeof(double));
    if (!parts->information || !parts->entropy) {
        return SERIN_NO_MEMORY;
    }
    rows_vary(measured, size, rows);
    parts_fill(measured, size, rows, parts);
    *out = give(parts);
    return SERIN_OK;
}

void parts_destroy(struct parts *parts)
{
    if (parts) {
        memory_free(parts->information);
        memory_free(parts->entropy);
        memory_free(parts);
    }
}

struct station parts_station(const struct parts *parts)
{
    return (struct station){parts->reference, parts->label, parts->mutual};
}

static double between(double from, double to, double t)
{
    return from + t * (to - from);
}

/* Five points of Gauss and Legendre on [−1, 1]. */
static const double nodes[] = {0.0, -0.538469310105683091, 0.538469310105683091,
                               -0.906179845938663993, 0.906179845938663993};
static const double weights[] = {0.568888888888888889, 0.478628670499366468, 0.478628670499366468,
                                 0.236926885056189088, 0.236926885056189088};

static void slopes_add(enum serin_normalizer normalizer, struct station at, double t, double weight,
                       struct slopes *out)
{
    double mean = normalizer_mean(normalizer, at.reference, at.label);
    struct normalizer_gradient gradient = normalizer_gradient(normalizer, at.reference, at.label);
    double inverse = weight / (mean * mean);
    out->information += weight / mean;
    out->entropy -= at.mutual * gradient.label * inverse;
    out->start -= (1.0 - t) * gradient.reference * inverse;
    out->finish -= t * gradient.reference * inverse;
}

static void slopes_integrate(enum serin_normalizer normalizer, const struct station *from,
                             const struct station *to, double start, double end, struct slopes *out)
{
    enum { PANELS = 8 };
    double half = (end - start) / (2.0 * (double)PANELS);
    for (int panel = 0; panel < PANELS; panel++) {
        double middle = start + (2.0 * (double)panel + 1.0) * half;
        for (size_t k = 0; k < ARRAY_LENGTH(nodes); k++) {
            double t = middle + half * nodes[k];
            struct station at = {between(from->reference, to->reference, t),
                                 between(from->label, to->label, t),
                                 between(from->mutual, to->mutual, t)};
            slopes_add(normalizer, at, t, half * weights[k], out);
        }
    }
}

struct slopes slopes_between(enum serin_normalizer normalizer, struct station from,
                             struct station to)
{
    struct slopes slopes = {0.0, 0.0, 0.0, 0.0};
    double ahead = from.reference - from.label;
    double then = to.reference - to.label;
    /* Minimum and maximum change sides where the entropies are equal. */
    double turn = ahead * then < 0.0 ? ahead / (ahead - then) : 1.0;
    slopes_integrate(normalizer, &from, &to, 0.0, turn, &slopes);
    if (turn < 1.0) {
        slopes_integrate(normalizer, &from, &to, turn, 1.0, &slopes);
    }
    return slopes;
}

static bool has_entropies(const struct parts *parts)
{
    return parts->reference > no_entropy && parts->label > no_entropy;
}

void parts_attribute(const struct parts *from, const struct parts *to, double weight, double *out)
{
    if (!has_entropies(from) || !has_entropies(to)) {
        return;
    }
    struct slopes slopes = slopes_between(to->normalizer, parts_station(from), parts_station(to));
    for (size_t j = 0; j < to->labels; j++) {
        out[j] += weight * (slopes.information * (to->information[j] - from->information[j]) +
                            slopes.entropy * (to->entropy[j] - from->entropy[j]));
    }
}

void parts_attribute_sizes(const struct parts *from, const struct parts *to, double weight,
                           double *out)
{
    if (!has_entropies(from) || !has_entropies(to)) {
        return;
    }
    struct slopes slopes = slopes_between(to->normalizer, parts_station(from), parts_station(to));
    double reference = weight * (to->reference - from->reference);
    parts_attribute(from, to, weight, out);
    for (size_t j = 0; j < to->labels; j++) {
        out[j] +=
            reference * (slopes.start * from->information[j] + slopes.finish * to->information[j]);
    }
}
