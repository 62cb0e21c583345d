/*
 * What arms that emit unlike numbers of labels feign: over more labels the same misses fall into
 * more cells, each rarer, and look more orderly.
 */
#ifndef SERIN_AGREEMENT_LABEL_COUNT_H
#define SERIN_AGREEMENT_LABEL_COUNT_H

#include "agreement/arm.h"
#include "agreement/measured.h"

/*
 * By how much the canary is flattered (> 0) or the stable arm (< 0), in NMI: ½ (f_c + f_s)/m · L/M,
 * f the cells seen once at the common size m, M the canary's normalizer. L is by how much the
 * logarithm of the number of emitted labels differs, the larger arm's counted as a sample of m is
 * expected to show them; 0 where both arms emit equally many. It is no more than the entropies of
 * the labels differ, for labels that are hardly emitted spread little. Neither table is degenerate.
 */
double label_count_bias(const struct measured *canary, const struct measured *stable,
                        const struct serin_arm *canary_arm, const struct serin_arm *stable_arm);

#endif
