/*
 * Everything `serin plan` tells: when verdicts come, how Argo should look, what would be quicker.
 */
#ifndef SERIN_PLAN_ADVICE_H
#define SERIN_PLAN_ADVICE_H

#include "plan/least_share.h"
#include "plan/planner.h"
#include "serin/error.h"
#include "serin/table.h"
#include "verdict/spec.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What is planned for. */
struct advice_question {
    const struct serin_table *history;  /* the stable arm's past; NULL: the model */
    struct plan_population_model model; /* its delta and normalizer do not matter here */
    struct judgement judgement;
    struct traffic traffic;
    int64_t delay_ms; /* before the first look */
    int64_t every_ms; /* between looks; 0: to be chosen */
    double power;     /* chance of the verdict, in (0, 1) */
    bool has_delta;
    double delta;          /* the canary's true loss, as a negative number */
    double within_minutes; /* the least share for a verdict by then is wanted; 0: not */
    const struct rehearsal_watch *watch; /* NULL: nobody */
};

/* One true loss, and when its verdict comes. */
struct advice_case {
    double delta;
    enum decision decision;
    struct plan_moment half;   /* with a chance of 50 % */
    struct plan_moment likely; /* with the chance asked for */
    struct plan_hold hold;
};
enum { ADVICE_CASES_MAX = 2 };

/* How Argo should look so that the slowest of the cases is decided with the chance asked for. */
struct advice_gate {
    bool is_known; /* false: no traffic told, or no verdict within a year */
    int64_t delay_ms;
    int64_t every_ms;
    uint64_t looks;
};

struct advice {
    double nmi; /* of the stable arm */
    size_t labels;
    struct judgement judgement;
    struct traffic traffic;
    double power;
    struct advice_case cases[ADVICE_CASES_MAX];
    size_t case_count;
    struct advice_gate gate;
    bool has_plan; /* a sequential interval tuned to these sizes would decide sooner */
    uint64_t plan;
    double plan_gain; /* share of the samples it saves */
    bool has_share;   /* a least share was asked for */
    double within_minutes;
    bool share_found;
    double least_share;
};

/* A guard that holds up one of the cases at any sample size; static; NULL: none does. */
const char *advice_lasting_guard(const struct advice *advice);

/* Fails as plan_make and population_of_… do. */
SERIN_MUST_CHECK enum serin_status advise(const struct advice_question *question,
                                          struct advice *out, struct serin_error *err);

#endif
