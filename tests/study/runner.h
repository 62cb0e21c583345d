/*
 * Runs a study: chunks over threads, done ones from the journal, doubtful cells a second time.
 */
#ifndef SERIN_STUDY_RUNNER_H
#define SERIN_STUDY_RUNNER_H

#include "base/memory.h"
#include "study/journal.h"
#include "study/study.h"

struct run_settings {
    const struct study *study;
    enum profile profile;
    size_t jobs;             /* threads, at least 1 */
    struct journal *journal; /* NULL: nothing is kept */
    bool is_quiet;           /* no progress on standard error */
};

struct finished_study;

/* The caller destroys `*out`. Fails as the study does, and with SERIN_NO_MEMORY. */
SERIN_MUST_CHECK enum serin_status runner_run(const struct run_settings *settings,
                                              struct finished_study **out, struct serin_error *err);
void finished_study_destroy(struct finished_study *finished); /* NULL is fine */
DEFINE_CLEANUP(finished_study)

/* Borrowed: by cell, then stage. */
const struct results *finished_study_results(const struct finished_study *finished);

#endif
