/*
 * One arm from its measured table, and its interval on the logit scale.
 */
#ifndef SERIN_AGREEMENT_ARM_H
#define SERIN_AGREEMENT_ARM_H

#include "agreement/measured.h"
#include "serin/arm.h"

struct limits {
    double lower;
    double upper;
};

/* As serin_arm; `measured` is not degenerate. */
SERIN_MUST_CHECK enum serin_status arm_describe(const struct measured *measured, uint64_t size,
                                                const struct serin_design_effect *effect,
                                                struct serin_arm *out);

/* Limits ± z standard errors on the logit scale, extended to the estimate. */
struct limits arm_logit_limits(const struct serin_arm *arm, double z);

/* What costs are divided by: the table's normalizer, but at least 0.1. */
double arm_divisor(const struct measured *measured);

/*
 * ln(possible cells / occupied cells) / M: what a unit of probability not yet seen can cost in NMI.
 */
double arm_unseen_cost(const struct measured *measured, size_t rows, size_t columns);

/*
 * The same for the probability of the `singletons` cells seen once when it is spread over them and
 * all empty cells alike: ln((empty + singletons) / singletons) / M.
 */
double arm_spread_cost(const struct measured *measured, size_t rows, size_t columns,
                       double singletons);

#endif
