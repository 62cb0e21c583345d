/*
 * Tallies: what the repetitions of a cell showed, as rates and means with their Monte Carlo errors,
 * and the results of a whole study.
 */
#ifndef SERIN_STUDY_TALLY_H
#define SERIN_STUDY_TALLY_H

#include "base/buffer.h"
#include "serin/error.h"
#include "study/cell.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum measure_kind { MEASURE_RATE, MEASURE_MEAN };

struct measure {
    const char *name; /* a column of the CSV file */
    enum measure_kind kind;
    const char *meaning; /* for people: of what, among what */
    /*
     * A rate above this after the first repetitions is measured again with ten times as many fresh
     * ones, and that independent estimate is the one reported: the worst of many cells is inflated
     * by chance. 0: never.
     */
    double confirm_above;
};

enum { MEASURES_MAX = 48, TALLY_REASONS_MAX = 64 };

struct tally {
    uint64_t count;
    double sum;
    double squares;
};

struct tallies {
    size_t measure_count;
    struct tally measures[MEASURES_MAX];
    uint64_t reasons[TALLY_REASONS_MAX]; /* by row of verdict/reasons.h: how often a guard fired */
};

/* Adds one value of measure number `measure` (for a rate 0 or 1); must be finite. */
void tally_add(struct tallies *tallies, size_t measure, double value);

/* Counts the reason of a verdict, a name of verdict/reasons.h. */
void tally_reason(struct tallies *tallies, const char *reason);

void tallies_merge(struct tallies *into, const struct tallies *from);

/* One line of text without line feed, and back. Fails with SERIN_INVALID. */
void tallies_write(const struct tallies *tallies, struct buffer *out);
SERIN_MUST_CHECK enum serin_status tallies_read(struct text_view text, struct tallies *out);

/* A measure's estimate. */
struct estimate_of {
    uint64_t count; /* 0: never measured, the numbers are then 0 */
    double value;
    double error; /* one standard error; of a rate with a hit and a miss added, so never 0 */
};
struct estimate_of tally_estimate(const struct tally *tally, enum measure_kind kind);

/* What came of one cell at one stage: 0 as planned, 1 the fresh repetitions of a confirmation. */
struct result {
    const struct cell *cell;
    size_t stage;
    size_t repetitions;
    bool is_last; /* the one to report: the cell has no later stage */
    struct tallies tallies;
    const struct measure *measures;
    size_t measure_count;
};

/* By cell, then stage. */
struct results {
    const struct result *items;
    size_t count;
};

/* A measure by name; a name that is misspelt ends the process. */
struct estimate_of result_estimate(const struct result *result, const char *measure);

/* Share of the repetitions in which a guard gave the answer, as tally_reason was told. */
double result_guarded_share(const struct result *result);

/* Whether a guard answers for most repetitions: such a cell says nothing about the interval. */
bool result_is_guarded(const struct result *result);

/* The opposite, for promises: the interval answers for most. */
bool result_is_answered(const struct result *result);

/* Of a cell with the parameter looks: whether there is one look, or more. */
bool result_has_one_look(const struct result *result);
bool result_has_many_looks(const struct result *result);

/* The name of reason number `index`; NULL beyond the last. */
const char *tally_reason_name(size_t index);

#endif
