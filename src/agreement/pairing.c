#include "agreement/pairing.h"

#include "agreement/arm.h"
#include "agreement/exact_sum.h"
#include "agreement/jackknife.h"
#include "base/memory.h"

#include <math.h>

bool pairing_counts(const struct serin_triple *triple)
{
    return triple->row != SERIN_NO_REFERENCE && triple->count > 0;
}

static enum serin_status check_triple(const struct serin_triples *triples, size_t k)
{
    const struct serin_triple *triple = &triples->triples[k];
    bool in_order = k == 0 || triples->triples[k - 1].block <= triple->block;
    bool has_row = triple->row == SERIN_NO_REFERENCE || triple->row < triples->rows;
    bool has_labels = triple->canary < triples->columns && triple->stable < triples->columns;
    return in_order && has_row && has_labels ? SERIN_OK : SERIN_INVALID;
}

static enum serin_status fill(struct pairing *pairing)
{
    const struct serin_triples *triples = pairing->triples;
    for (size_t k = 0; k < triples->count; k++) {
        const struct serin_triple *triple = &triples->triples[k];
        TRY(check_triple(triples, k));
        if (pairing_counts(triple)) {
            TRY(running_add(pairing->canary, triple->row, triple->canary, triple->count));
            TRY(running_add(pairing->stable, triple->row, triple->stable, triple->count));
        }
    }
    return SERIN_OK;
}

enum serin_status pairing_init(struct pairing *pairing, const struct serin_triples *triples,
                               enum serin_normalizer normalizer)
{
    pairing->triples = triples;
    scratch_init(&pairing->canary_measured.margins.scratch);
    scratch_init(&pairing->stable_measured.margins.scratch);
    pairing->stable = NULL;
    pairing->canary = running_create(triples->rows, triples->columns);
    if (!pairing->canary) {
        return SERIN_NO_MEMORY;
    }
    pairing->stable = running_create(triples->rows, triples->columns);
    if (!pairing->stable) {
        return SERIN_NO_MEMORY;
    }
    TRY(fill(pairing));
    struct serin_table canary = running_table(pairing->canary);
    struct serin_table stable = running_table(pairing->stable);
    TRY(measured_init(&pairing->canary_measured, &canary, normalizer));
    return measured_init(&pairing->stable_measured, &stable, normalizer);
}

void pairing_clear(struct pairing *pairing)
{
    measured_clear(&pairing->canary_measured);
    measured_clear(&pairing->stable_measured);
    running_destroy(pairing->canary);
    running_destroy(pairing->stable);
}

static double variance_of_moves(const struct serin_triples *triples, double total,
                                const struct deletions *canary, const struct deletions *stable)
{
    struct exact_sum first = {0};
    struct exact_sum second = {0};
    for (size_t k = 0; k < triples->count; k++) {
        const struct serin_triple *triple = &triples->triples[k];
        if (pairing_counts(triple)) {
            double moved = deletions_move(canary, triple->row, triple->canary) -
                           deletions_move(stable, triple->row, triple->stable);
            double share = (double)triple->count / total;
            exact_sum_add(&first, share * moved);
            exact_sum_add(&second, share * moved * moved);
        }
    }
    double mean = exact_sum_value(&first);
    double variance = (total - 1.0) * (exact_sum_value(&second) - mean * mean);
    return variance > 0.0 ? variance : 0.0;
}

enum serin_status pairing_jackknife_variance(const struct pairing *pairing, double *out)
{
    deletions_scope canary;
    TRY(deletions_init(&canary, &pairing->canary_measured));
    deletions_scope stable;
    TRY(deletions_init(&stable, &pairing->stable_measured));
    double total = (double)pairing->canary_measured.margins.total;
    *out = variance_of_moves(pairing->triples, total, &canary, &stable);
    return SERIN_OK;
}

double pairing_unseen_variance(const struct measured *stable)
{
    double total = (double)stable->margins.total;
    double move = (log(total) + 1.0) / (arm_divisor(stable) * total);
    return 2.0 * move * move;
}
