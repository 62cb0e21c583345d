/*
 * The incomplete beta function.
 */
#ifndef SERIN_AGREEMENT_BETA_H
#define SERIN_AGREEMENT_BETA_H

/* I_x(a, b), regularized; y = 1 − x is given too so that neither loses digits. a, b > 0. */
double beta_regularized(double a, double b, double x, double y);

#endif
