/*
 * What the tests that may be looked at again and again share.
 */
#ifndef SERIN_AGREEMENT_ANYTIME_H
#define SERIN_AGREEMENT_ANYTIME_H

/*
 * The relative error of a share that the mixtures expect when something is wrong: its standard
 * deviation. They are keenest there, and lose little where the error is a third or three times it.
 */
static const double anytime_relative_error = 0.2;

/*
 * The square of the normal quantile as extreme as Student's t with df ≥ 1 degrees of freedom, from
 * t²; within 1 % of the exact one. Source: Wallace, Ann. Math. Statist. 30 (1959).
 */
double anytime_normal_square(double t_square, double df);

/* min(1, e^−x). */
double anytime_p_value(double log_evidence);

#endif
