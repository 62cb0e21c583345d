#include "verdict/diagnosis.h"
#include "verdict/effects.h"
#include "verdict/judge.h"
#include "verdict/label_moves.h"
#include "verdict/measurement.h"
#include "verdict/slices.h"

enum serin_status verdict_explain(const struct spec *spec, const struct block_tables *tables,
                                  struct verdict *verdict, struct serin_error *err)
{
    measurement_scope measurement = MEASUREMENT_NONE;
    owned(slice_results) results = NULL;
    owned(strata) strata = NULL;
    owned(effects) effects = NULL;
    struct verdict explained = *verdict;
    TRY(measurement_take(spec, tables, &measurement, err));
    const struct counts *counts = measurement.counts;
    struct evidence *evidence = &measurement.evidence;
    TRY(slices_stratify(tables, spec, measurement.grouping, evidence, &results, &strata, err));
    const struct strata *carrying = evidence->is_stratified ? strata : NULL;
    TRY(effects_create(counts, evidence, carrying, &effects, err));
    TRY(label_moves_find(counts, tables, evidence, effects, &explained, err));
    TRY(diagnoses_find(counts, tables, evidence, effects, &explained, err));
    *verdict = explained;
    return SERIN_OK;
}
