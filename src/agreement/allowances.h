/*
 * What an interval of the difference of two arms allows for beyond its standard errors, and to
 * which side; serin/interval.h tells what each is.
 */
#ifndef SERIN_AGREEMENT_ALLOWANCES_H
#define SERIN_AGREEMENT_ALLOWANCES_H

struct allowances {
    double correction;
    double overcorrection;
    double unseen;
    double unseen_doubt;
    double label_bias;
};

/* How far it reaches below and above the estimate. */
struct reach {
    double below;
    double above;
};

/* The allowances together, each to its side or to both. */
struct reach allowances_reach(const struct allowances *allowances);

#endif
