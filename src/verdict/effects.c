#include "verdict/effects.h"

#include "verdict/effects_of.h"

#include <math.h>

static enum serin_status effects_fill(struct effects *effects, struct serin_error *err)
{
    effects->defined = effects->evidence->delta.defined;
    if (!effects->defined) {
        return SERIN_OK;
    }
    if (effects->evidence->judgement->design == DESIGN_SHIFT) {
        effects_shift_fill(effects);
        return SERIN_OK;
    }
    return effects_nmi_fill(effects, err);
}

enum serin_status effects_create(const struct counts *counts, const struct evidence *evidence,
                                 const struct strata *strata, struct effects **out,
                                 struct serin_error *err)
{
    owned(effects) effects = memory_allocate(1, sizeof(*effects));
    if (!effects) {
        return serin_fail(err, SERIN_NO_MEMORY, "the labels' contributions");
    }
    effects->counts = counts;
    effects->evidence = evidence;
    effects->strata = strata;
    effects->values = memory_allocate(counts->columns + 1, sizeof(double));
    effects->doubts = memory_allocate(counts->columns + 1, sizeof(double));
    if (!effects->values || !effects->doubts) {
        return serin_fail(err, SERIN_NO_MEMORY, "the labels' contributions");
    }
    TRY(effects_fill(effects, err));
    *out = give(effects);
    return SERIN_OK;
}

void effects_destroy(struct effects *effects)
{
    if (effects) {
        memory_free(effects->values);
        memory_free(effects->doubts);
        effects_nmi_destroy(effects->nmi);
        memory_free(effects);
    }
}

bool effects_defined(const struct effects *effects)
{
    return effects->defined;
}

double effects_value(const struct effects *effects, size_t column)
{
    return effects->values[column];
}

double effects_rest(const struct effects *effects)
{
    double rest = effects->defined ? effects->evidence->delta.value : 0.0;
    for (size_t j = 0; j < effects->counts->columns; j++) {
        rest -= effects->values[j];
    }
    return rest;
}

enum serin_status effects_half_widths(const struct effects *effects, const size_t *columns,
                                      size_t count, double *out, struct serin_error *err)
{
    owned_memory double *variances = memory_allocate(count + 1, sizeof(*variances));
    if (!variances) {
        return serin_fail(err, SERIN_NO_MEMORY, "the intervals of the contributions");
    }
    if (!effects->defined) {
        return SERIN_OK;
    }
    if (effects->nmi) {
        TRY(effects_nmi_variances(effects, columns, count, variances, err));
    } else {
        effects_shift_variances(effects, columns, count, variances);
    }
    for (size_t k = 0; k < count; k++) {
        out[k] = effects->evidence->z * sqrt(variances[k]) + effects->doubts[columns[k]];
    }
    return SERIN_OK;
}
