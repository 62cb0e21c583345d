#include "verdict/measurement.h"

#include "verdict/guards.h"

void measurement_clear(struct measurement *measurement)
{
    counts_destroy(measurement->counts);
    grouping_destroy(measurement->grouping);
    *measurement = MEASUREMENT_NONE;
}

static enum serin_status measure_merged(const struct spec *spec, const struct block_tables *tables,
                                        size_t halvings, struct measurement *out,
                                        struct serin_error *err)
{
    TRY(counts_create_merged(tables, &spec->judgement, halvings, &out->grouping, &out->counts,
                             err));
    TRY(evidence_measure(out->counts, tables, &spec->judgement, &out->evidence, err));
    out->evidence.is_merged = true;
    return SERIN_OK;
}

static bool can_merge_further(const struct measurement *measurement)
{
    return measurement->grouping->columns.count > MERGED_GROUPS_LEAST ||
           measurement->grouping->rows.count > MERGED_GROUPS_LEAST;
}

static void measurements_swap(struct measurement *a, struct measurement *b)
{
    struct measurement kept = *a;
    *a = *b;
    *b = kept;
}

enum serin_status measurement_take(const struct spec *spec, const struct block_tables *tables,
                                   struct measurement *out, struct serin_error *err)
{
    TRY(counts_create_ranked(tables, &spec->judgement, &out->grouping, &out->counts, err));
    TRY(evidence_measure(out->counts, tables, &spec->judgement, &out->evidence, err));
    bool is_sparse = guards_find_sparse(&out->evidence);
    bool goes_on = is_sparse && can_merge_further(out);
    for (size_t halvings = 0; goes_on; halvings++) {
        measurement_scope merged = MEASUREMENT_NONE;
        TRY(measure_merged(spec, tables, halvings, &merged, err));
        is_sparse = guards_find_sparse(&merged.evidence);
        goes_on = is_sparse && can_merge_further(&merged);
        if (merged.evidence.delta.defined && !is_sparse) {
            measurements_swap(out, &merged);
        }
    }
    return SERIN_OK;
}
