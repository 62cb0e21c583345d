/*
 * Gates that a rollout can be put behind: Serin, and what people use today. Each is asked once a
 * minute and answers wait, promote or roll back; the first answer that is not "wait" ends it.
 */
#ifndef SERIN_STUDY_GATES_H
#define SERIN_STUDY_GATES_H

#include "serin/error.h"
#include "serin/table.h"
#include "study/random.h"

#include <stddef.h>
#include <stdint.h>

enum gate_answer { GATE_WAITS, GATE_PROMOTES, GATE_ROLLS_BACK };

enum { GATE_MINUTES_MAX = 256 };

/* What has been counted when a gate is asked. All tables have the same shape. */
struct gate_minute {
    size_t number;             /* from 1 on */
    struct serin_table canary; /* since the start */
    struct serin_table stable;
    struct serin_table canary_minute;   /* in this minute */
    struct serin_table stable_minute;   /* all of the stable arm's traffic */
    struct serin_table baseline_minute; /* as much of it as the canary has */
};

/* What a gate remembers of a rollout; all zero at its start. */
struct gate_memory {
    size_t checks;
    size_t failures;
    size_t points;
    double canary_points[GATE_MINUTES_MAX];
    double baseline_points[GATE_MINUTES_MAX];
};

struct gate_question {
    const struct gate_minute *minute;
    double margin;
    struct random *random; /* for gates that draw lots */
};

struct gate {
    const char *name;  /* of its columns */
    const char *title; /* for people */
    const char *rule;  /* in a few words */
    enum serin_status (*ask)(const struct gate_question *question, struct gate_memory *memory,
                             enum gate_answer *out, struct serin_error *err);
};

enum {
    GATE_SERIN,
    GATE_THRESHOLD_MINUTE,
    GATE_THRESHOLD_ALL,
    GATE_MANN_WHITNEY,
    GATE_BOOTSTRAP,
    GATE_DIVERGENCE,
    GATE_COUNT
};
extern const struct gate gates[GATE_COUNT];

/* Hodges and Lehmann's estimate of how far `a` lies above `b`, with the interval that inverts the
   Mann-Whitney test (normal approximation, as R's). */
struct location_shift {
    double estimate;
    double lower;
    double upper;
};
/* Fails with SERIN_NO_MEMORY. Both have at least one value. */
SERIN_MUST_CHECK enum serin_status location_shift(const double *a, size_t a_count, const double *b,
                                                  size_t b_count, double level,
                                                  struct location_shift *out);

/* Jensen-Shannon distance of the labels' shares: the root of the divergence in nats. */
double label_distance(const struct serin_table *a, const struct serin_table *b);

#endif
