/*
 * Rarefied NMI of a measured table.
 */
#ifndef SERIN_AGREEMENT_RAREFACTION_H
#define SERIN_AGREEMENT_RAREFACTION_H

#include "agreement/measured.h"

/* NMI expected from `size` ≥ 1 events drawn without replacement; the plug-in from the total on. */
double rarefied_nmi(const struct measured *measured, uint64_t size);

#endif
