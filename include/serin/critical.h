/*
 * Critical values: how many standard errors an interval reaches to each side.
 */
#ifndef SERIN_CRITICAL_H
#define SERIN_CRITICAL_H

#include "serin/error.h"

#include <stdint.h>

enum serin_interval {
    SERIN_SEQUENTIAL = 0, /* valid at every look on cumulative data, however many there are */
    SERIN_FIXED,          /* valid at one look, fixed beforehand */
    SERIN_OBRIEN_FLEMING  /* valid at every look up to a largest sample fixed beforehand */
};

/* Size at which the sequential boundary is tightest; it hardly matters. */
#define SERIN_PLAN_DEFAULT 2000.0

struct serin_confidence {
    enum serin_interval interval;
    double level;   /* two-sided, in (0, 1): each decision errs at most (1 − level)/2 */
    double plan;    /* sequential: harmonic sample size it is tightest at; > 0 */
    double maximum; /* O'Brien-Fleming: the largest harmonic sample size; > 0 */
};

/* "sequential", "fixed", "obrien_fleming"; never NULL. */
SERIN_API const char *serin_interval_name(enum serin_interval interval);

/*
 * The critical value at a sample size n: n_c n_s/(n_c + n_s) for two arms, each divided by its
 * design effect; `fixed` ignores it.
 *   fixed           z at 1−α/2
 *   sequential      √(2 (w+1)/w · ln(1 + √(w+1)/α)), w = (n/plan)(−2 ln(α/2) + ln(1 − 2 ln(α/2)))
 *   O'Brien-Fleming z at 1−α/4, times √(maximum/n) until the maximum is reached
 * with α = 1 − level. Fails with SERIN_INVALID when level, plan, maximum or n is out of range.
 * Sources: Robbins 1970; Waudby-Smith et al. 2021 (asymptotic confidence sequences); O'Brien &
 * Fleming 1979.
 */
SERIN_API SERIN_MUST_CHECK enum serin_status
serin_critical_value(const struct serin_confidence *confidence, double n, double *out);

/* The harmonic size of two arms, n_c n_s/(n_c + n_s); 0 when both are empty. */
SERIN_API double serin_harmonic_size(double canary, double stable);

#endif
