/*
 * One arm: NMI with its bias removed at a comparison size, and the interval of a single arm.
 */
#ifndef SERIN_ARM_H
#define SERIN_ARM_H

#include "serin/critical.h"
#include "serin/jackknife.h"
#include "serin/table.h"

/* Everything an interval needs to know of an arm. */
struct serin_arm {
    uint64_t samples;
    uint64_t size;     /* the comparison size: that of the smaller arm */
    double plugin;     /* NMI of the whole table */
    double at_size;    /* expected NMI of `size` of its events */
    double gap;        /* half-sample estimate of the bias that is left, with the design effect */
    double nmi;        /* at_size − gap, within [0, 1]: the corrected estimate */
    double shift;      /* smoothed minus plug-in NMI: moves the logit interval off the boundary */
    double se;         /* standard error: the larger of jackknife and smoothed influence */
    double deff;       /* design effect it contains */
    double singletons; /* expected number of cells seen exactly once at `size` */
};

/*
 * Describes an arm at comparison size `size` (0, or more than the table holds: the whole table).
 * `deff` is at least 1; 1 = independent events.
 * Fails with SERIN_UNDEFINED when the table has fewer than two occupied rows or columns or when
 * the comparison size is below 2, SERIN_INVALID when deff is below 1 or not finite.
 */
SERIN_API SERIN_MUST_CHECK enum serin_status serin_arm(const struct serin_table *table,
                                                       enum serin_normalizer normalizer,
                                                       uint64_t size, double deff,
                                                       struct serin_arm *out);

/* The interval of one arm reported by itself. */
struct serin_arm_interval {
    struct serin_arm arm;
    double z;  /* critical value, Student's where blocks were given */
    double df; /* Student's degrees of freedom; 0: no blocks, normal quantiles */
    double lower;
    double upper;
};

/*
 * The corrected NMI of one arm with its interval at confidence level: the wider of logit and Wald
 * limits on each side, the lower one reduced for cells not yet seen. Within [0, 1] and around the
 * estimate.
 *
 *   effect   SERIN_INDEPENDENT, or what serin_design_effect found; with 2 blocks or more Student's
 *            quantiles replace normal ones
 *
 * A sequential interval takes samples / deff as its size. Also the interval of `paired` without a
 * reference: canary × stable labels of the same keys. Fails as serin_arm and serin_critical_value
 * do.
 */
SERIN_API SERIN_MUST_CHECK enum serin_status
serin_arm_interval(const struct serin_table *table, enum serin_normalizer normalizer,
                   const struct serin_confidence *confidence,
                   const struct serin_design_effect *effect, struct serin_arm_interval *out);

#endif
