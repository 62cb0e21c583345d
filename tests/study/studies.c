#include "study/study_rows.h"

#include <string.h>

const struct study *const studies[] = {
    &study_coverage, &study_looks,  &study_decisions, &study_slices, &study_plan,
    &study_traffic,  &study_guards, &study_sampling,  &study_bursts, &study_paired,
    &study_shift,    &study_drift,  &study_sparse,
};
const size_t study_count = ARRAY_LENGTH(studies);

const struct study *study_find(const char *name)
{
    for (size_t i = 0; i < study_count; i++) {
        if (strcmp(studies[i]->name, name) == 0) {
            return studies[i];
        }
    }
    return NULL;
}
