#include "agreement/rarefaction.h"

#include "agreement/exact_sum.h"
#include "agreement/hypergeometric.h"
#include "agreement/ln.h"
#include "agreement/normalizer.h"
#include "base/memory.h"
#include "serin/rarefaction.h"

#include <math.h>

/* Small counts recur in the cells of sparse tables: their values are kept. */
enum { KEPT_COUNTS = 256 };

struct subsample {
    uint64_t total;
    uint64_t size;
    double kept[KEPT_COUNTS]; /* excess per event drawn; negative: not yet known */
};

static void subsample_init(struct subsample *subsample, uint64_t total, uint64_t size)
{
    subsample->total = total;
    subsample->size = size;
    for (size_t k = 0; k < KEPT_COUNTS; k++) {
        subsample->kept[k] = -1.0;
    }
}

static double excess_per_event(const struct subsample *subsample, uint64_t count)
{
    return hypergeometric_excess(subsample->total, count, subsample->size) /
           (double)subsample->size;
}

static double kept_excess(struct subsample *subsample, uint64_t count)
{
    if (count >= KEPT_COUNTS) {
        return excess_per_event(subsample, count);
    }
    if (subsample->kept[count] < 0.0) {
        subsample->kept[count] = excess_per_event(subsample, count);
    }
    return subsample->kept[count];
}

/* How much entropy the subsample is expected to lose: Σ E[k ln(k/μ)] / size. */
static double entropy_loss(struct subsample *subsample, const uint64_t *counts, size_t count)
{
    struct exact_sum loss = {0};
    for (size_t i = 0; i < count; i++) {
        if (counts[i] > 0) {
            exact_sum_add(&loss, kept_excess(subsample, counts[i]));
        }
    }
    return exact_sum_value(&loss);
}

/* Expected entropies below this are rounding errors of none. */
static const double no_entropy = 1e-12;

double rarefied_nmi(const struct measured *measured, uint64_t size)
{
    const struct serin_table *table = &measured->table;
    const struct margins *margins = &measured->margins;
    if (size >= margins->total) {
        return measured->nmi;
    }
    struct subsample subsample;
    subsample_init(&subsample, margins->total, size);
    double rows = entropy_loss(&subsample, margins->rows, table->rows);
    double columns = entropy_loss(&subsample, margins->columns, table->columns);
    double cells = entropy_loss(&subsample, table->counts, table->rows * table->columns);
    double mean =
        normalizer_mean(measured->normalizer, fmax(0.0, measured->entropies.reference - rows),
                        fmax(0.0, measured->entropies.label - columns));
    double mutual = measured->entropies.mutual_information - (rows + columns) + cells;
    return mean > no_entropy ? mutual / mean : 1.0;
}

enum serin_status serin_rarefied_nmi(const struct serin_table *table, uint64_t size,
                                     enum serin_normalizer normalizer, double *out)
{
    if (size == 0) {
        return SERIN_INVALID;
    }
    measured_scope measured;
    TRY(measured_init_defined(&measured, table, normalizer));
    *out = rarefied_nmi(&measured, size);
    return SERIN_OK;
}

enum serin_status serin_expected_klogk(uint64_t total, uint64_t marked, uint64_t drawn, double *out)
{
    if (total > SERIN_TOTAL_MAX) {
        return SERIN_RANGE;
    }
    if (marked > total || drawn > total) {
        return SERIN_INVALID;
    }
    if (marked == 0 || drawn == 0) {
        *out = 0.0;
        return SERIN_OK;
    }
    int128 ln_mean = (int128)(ln_fixed(marked) + ln_fixed(drawn)) - (int128)ln_fixed(total);
    double mean = (double)marked * (double)drawn / (double)total;
    *out = mean * ldexp((double)ln_mean, -LN_FRACTION_BITS) +
           hypergeometric_excess(total, marked, drawn);
    return SERIN_OK;
}
