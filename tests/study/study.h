/*
 * The calibration study: what a study is, and what it measures.
 *
 * A study is a grid of cells. A cell is a set of named parameters; it is simulated many times, cut
 * into chunks that each have a seed of their own, so that neither the number of threads nor an
 * interruption changes a byte of the result. What a repetition shows goes into tallies: rates and
 * means, each with its Monte Carlo error.
 */
#ifndef SERIN_STUDY_STUDY_H
#define SERIN_STUDY_STUDY_H

#include "base/buffer.h"
#include "serin/error.h"
#include "study/cell.h"
#include "study/random.h"
#include "study/tally.h"

#include <stdbool.h>
#include <stddef.h>

/* How much is simulated: enough to catch a broken promise, or what docs/statistics shows. */
enum profile { PROFILE_CI, PROFILE_FULL };

/* What a study asserts; checked in every cell that it applies to, in both profiles. */
enum promise_kind {
    PROMISE_EACH_AT_MOST,  /* no cell's measure exceeds the limit by more than chance explains */
    PROMISE_EACH_AT_LEAST, /* … falls below it … */
    PROMISE_MEAN_AT_MOST,  /* the mean over the cells */
    PROMISE_MEAN_AT_LEAST
};
struct promise {
    enum promise_kind kind;
    const char *measure;
    double limit;
    bool (*applies)(const struct result *result); /* NULL: to every cell */
    const char *claim;                            /* "false promotes at -margin, up to 10 labels" */
};

/* A plot: writes a whole SVG file. */
struct figure {
    const char *file; /* "coverage_lower_miss.svg" */
    enum serin_status (*draw)(const struct results *results, struct buffer *out,
                              struct serin_error *err);
};

struct study {
    const char *name;  /* of the study and of its CSV file: lower case */
    const char *title; /* one line for people */
    const struct measure *measures;
    size_t measure_count;
    const struct promise *promises;
    size_t promise_count;
    const struct figure *figures; /* drawn in the full profile only */
    size_t figure_count;

    /* Lays out the cells, always the same ones in the same order. */
    void (*plan)(enum profile profile, struct cell_list *cells);

    /*
     * Simulates `repetitions` of one cell and tallies each. Called from several threads at once:
     * everything it needs comes from its arguments.
     */
    enum serin_status (*run)(const struct cell *cell, struct random *random, size_t repetitions,
                             struct tallies *tallies, struct serin_error *err);

    /* Prints what the numbers add up to; NULL: nothing beyond the promises. */
    void (*summarize)(const struct results *results, struct buffer *out);
};

/* The table of studies; a study is one file and one row. */
extern const struct study *const studies[];
extern const size_t study_count;

/* The row of a name; NULL when there is none. */
const struct study *study_find(const char *name);

#endif
