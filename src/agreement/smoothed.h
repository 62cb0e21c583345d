/*
 * A table mixed with two pseudo-events drawn independently from its own margins, which keeps the
 * standard error off zero where every event happens to agree.
 */
#ifndef SERIN_AGREEMENT_SMOOTHED_H
#define SERIN_AGREEMENT_SMOOTHED_H

#include "agreement/measured.h"

/* Of a table that is not degenerate; the margins, and so the entropies, stay as they are. */
struct smoothed {
    double nmi;
    double variance;       /* influence variance */
    double standard_error; /* √(variance / (n + 2)) */
};

SERIN_MUST_CHECK enum serin_status smoothed_of(const struct measured *measured,
                                               struct smoothed *out);

#endif
