/* The rows of the table of studies, each defined by its own study_<name>.c. */
#ifndef SERIN_STUDY_STUDY_ROWS_H
#define SERIN_STUDY_STUDY_ROWS_H

#include "study/study.h"

extern const struct study study_coverage;
extern const struct study study_bursts;
extern const struct study study_paired;
extern const struct study study_shift;
extern const struct study study_drift;
extern const struct study study_looks;
extern const struct study study_decisions;
extern const struct study study_slices;
extern const struct study study_plan;
extern const struct study study_traffic;
extern const struct study study_guards;
extern const struct study study_sampling;
extern const struct study study_sparse;

#endif
