/*
 * What a hypergeometric count k adds to E[k ln k] by varying: the primitive of expected mutual
 * information and of rarefaction.
 */
#ifndef SERIN_AGREEMENT_HYPERGEOMETRIC_H
#define SERIN_AGREEMENT_HYPERGEOMETRIC_H

#include <stdint.h>

/*
 * E[k ln(k/μ)] ≥ 0, μ = E[k], for `drawn` out of `total` items of which `marked` count; in nats.
 * Symmetric in marked and drawn to the last bit. Both at most total, total at most 2⁵³.
 * E[k ln k] is μ ln μ more.
 */
double hypergeometric_excess(uint64_t total, uint64_t marked, uint64_t drawn);

#endif
