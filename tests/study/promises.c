#include "study/promises.h"

#include "base/number.h"

#include <gsl/gsl_cdf.h>
#include <math.h>

/* A promise over some results: the most offending estimate, or their mean. */
struct finding {
    size_t cells;
    struct estimate_of worst;
    const struct result *where; /* NULL: of no single cell */
};

static bool is_upper(enum promise_kind kind)
{
    return kind == PROMISE_EACH_AT_MOST || kind == PROMISE_MEAN_AT_MOST;
}

static bool is_mean(enum promise_kind kind)
{
    return kind == PROMISE_MEAN_AT_MOST || kind == PROMISE_MEAN_AT_LEAST;
}

static bool counts(const struct promise *promise, const struct result *result)
{
    return result->is_last && (!promise->applies || promise->applies(result)) &&
           result_estimate(result, promise->measure).count > 0;
}

static struct finding find_mean(const struct promise *promise, const struct results *results)
{
    struct finding found = {.where = NULL};
    double squares = 0.0;
    for (size_t i = 0; i < results->count; i++) {
        if (counts(promise, &results->items[i])) {
            struct estimate_of one = result_estimate(&results->items[i], promise->measure);
            found.cells++;
            found.worst.value += one.value;
            squares += one.error * one.error;
        }
    }
    if (found.cells > 0) {
        found.worst.value /= (double)found.cells;
        found.worst.error = sqrt(squares) / (double)found.cells;
    }
    return found;
}

/* How far beyond the limit, in standard errors. */
static double excess(const struct promise *promise, const struct estimate_of *estimate)
{
    double beyond = is_upper(promise->kind) ? estimate->value - promise->limit
                                            : promise->limit - estimate->value;
    return beyond / fmax(estimate->error, 1e-12);
}

static struct finding find_worst(const struct promise *promise, const struct results *results)
{
    struct finding found = {.where = NULL};
    for (size_t i = 0; i < results->count; i++) {
        if (!counts(promise, &results->items[i])) {
            continue;
        }
        struct estimate_of one = result_estimate(&results->items[i], promise->measure);
        found.cells++;
        if (!found.where || excess(promise, &one) > excess(promise, &found.worst)) {
            found.worst = one;
            found.where = &results->items[i];
        }
    }
    return found;
}

static void write_finding(const struct study *study, const struct promise *promise,
                          const struct finding *found, bool is_kept, struct buffer *out)
{
    char where[256];
    buffer_printf(out, "  %-6s %s: %s: %s %s %s +- %s over %zu cells (%s %s)\n",
                  is_kept ? "kept" : "BROKEN", study->name, promise->claim, promise->measure,
                  found->where ? "worst" : "mean",
                  number_write_fixed(found->worst.value, 4, NUMBER_TEXT),
                  number_write_fixed(found->worst.error, 4, NUMBER_TEXT), found->cells,
                  is_upper(promise->kind) ? "at most" : "at least",
                  number_write_double(promise->limit, NUMBER_TEXT));
    if (!is_kept && found->where) {
        buffer_printf(out, "         in the cell %s\n",
                      cell_describe(found->where->cell, where, sizeof(where)));
    }
}

struct promise_count promises_check(const struct study *study, const struct results *results,
                                    struct buffer *out)
{
    const double false_alarm = 0.01;
    struct promise_count count = {0, 0};
    for (size_t i = 0; i < study->promise_count; i++) {
        const struct promise *promise = &study->promises[i];
        struct finding found =
            is_mean(promise->kind) ? find_mean(promise, results) : find_worst(promise, results);
        double tests = is_mean(promise->kind) ? 1.0 : fmax(1.0, (double)found.cells);
        double allowed = gsl_cdf_ugaussian_Qinv(false_alarm / tests);
        /* A promise that no cell was laid out for is one that nobody keeps. */
        bool is_kept = found.cells > 0 && excess(promise, &found.worst) <= allowed;
        write_finding(study, promise, &found, is_kept, out);
        count.passed += is_kept ? 1 : 0;
        count.failed += is_kept ? 0 : 1;
    }
    return count;
}
