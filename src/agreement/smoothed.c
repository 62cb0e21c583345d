#include "agreement/smoothed.h"

#include "agreement/exact_sum.h"
#include "agreement/normalizer.h"

#include <math.h>

static const double pseudo_events = 2.0;

struct mixture {
    uint64_t total;
    double observed;  /* share of the observed events, n/(n+2) */
    double pseudo;    /* share of the others, 2/(n+2) */
    double ln_absent; /* ln of an empty cell's share over what independence would give it */
};

static struct mixture mixture_of(uint64_t total)
{
    double events = (double)total + pseudo_events;
    return (struct mixture){total, (double)total / events, pseudo_events / events,
                            log(pseudo_events / events)};
}

/* ln(p/(p_i p_j)) of the mixture, exact where the ratio is close to 1. */
static double ln_ratio(const struct mixture *mixture, uint64_t count, uint64_t row, uint64_t column)
{
    if (count == 0) {
        return mixture->ln_absent;
    }
    uint128 expected = (uint128)row * column;
    int128 difference = (int128)((uint128)count * mixture->total - expected);
    double change = mixture->observed * ((double)difference / (double)expected);
    return log1p(change);
}

/* The mixture's share of a cell; a_i b_j/n² of the pseudo-events fall into it. */
static double share(const struct mixture *mixture, uint64_t count, uint64_t row, uint64_t column)
{
    double total = (double)mixture->total;
    double independent = (double)row / total * ((double)column / total);
    return mixture->observed * ((double)count / total) + mixture->pseudo * independent;
}

/* Mutual information of the mixture; keeps the logarithms of all cells' ratios. */
static double mixed_information(const struct mixture *mixture, const struct measured *measured,
                                double *ln_ratios)
{
    const struct serin_table *table = &measured->table;
    const struct margins *margins = &measured->margins;
    struct exact_sum sum = {0};
    for (size_t i = 0; i < table->rows; i++) {
        for (size_t j = 0; j < table->columns; j++) {
            size_t k = i * table->columns + j;
            uint64_t row = margins->rows[i];
            uint64_t column = margins->columns[j];
            if (row > 0 && column > 0) {
                ln_ratios[k] = ln_ratio(mixture, table->counts[k], row, column);
                exact_sum_add(&sum, share(mixture, table->counts[k], row, column) * ln_ratios[k]);
            }
        }
    }
    return fmax(0.0, exact_sum_value(&sum));
}

/* κ (−ln p − H) of each label that occurs: what it adds by making the normalizer move. */
static void entropy_terms(const uint64_t *counts, size_t count, uint64_t total, double slope,
                          double entropy, double *out)
{
    for (size_t k = 0; k < count; k++) {
        if (counts[k] > 0) {
            double surprise = log1p((double)(total - counts[k]) / (double)counts[k]);
            out[k] = slope * (surprise - entropy);
        }
    }
}

/* What the influences of all cells are made of. */
struct terms {
    double information;
    const double *rows;
    const double *columns;
    const double *ln_ratios;
};

/* Σ p (M ψ)² */
static double mixed_square(const struct mixture *mixture, const struct measured *measured,
                           const struct terms *terms)
{
    const struct serin_table *table = &measured->table;
    const struct margins *margins = &measured->margins;
    struct exact_sum sum = {0};
    for (size_t i = 0; i < table->rows; i++) {
        for (size_t j = 0; j < table->columns; j++) {
            size_t k = i * table->columns + j;
            uint64_t row = margins->rows[i];
            uint64_t column = margins->columns[j];
            if (row > 0 && column > 0) {
                double influence =
                    terms->ln_ratios[k] - terms->information - (terms->rows[i] + terms->columns[j]);
                exact_sum_add(&sum, share(mixture, table->counts[k], row, column) * influence *
                                        influence);
            }
        }
    }
    return exact_sum_value(&sum);
}

enum serin_status smoothed_of(const struct measured *measured, struct smoothed *out)
{
    const struct serin_table *table = &measured->table;
    const struct margins *margins = &measured->margins;
    const struct serin_entropies *entropies = &measured->entropies;
    size_t labels = table->rows + table->columns;
    scratch_scope scratch;
    scratch_init(&scratch);
    double *values = scratch_take(&scratch, labels + table->rows * table->columns, sizeof(*values));
    if (!values) {
        return SERIN_NO_MEMORY;
    }
    double *rows = values;
    double *columns = values + table->rows;
    double *ln_ratios = values + labels;
    struct mixture mixture = mixture_of(margins->total);
    double information = mixed_information(&mixture, measured, ln_ratios);
    double score = information / measured->mean;
    struct normalizer_gradient slope =
        normalizer_gradient(measured->normalizer, entropies->reference, entropies->label);
    entropy_terms(margins->rows, table->rows, margins->total, score * slope.reference,
                  entropies->reference, rows);
    entropy_terms(margins->columns, table->columns, margins->total, score * slope.label,
                  entropies->label, columns);
    struct terms terms = {information, rows, columns, ln_ratios};
    double variance = mixed_square(&mixture, measured, &terms) / measured->mean / measured->mean;
    *out = (struct smoothed){
        .nmi = fmin(1.0, score),
        .variance = variance,
        .standard_error = sqrt(variance / ((double)margins->total + pseudo_events)),
    };
    return SERIN_OK;
}
