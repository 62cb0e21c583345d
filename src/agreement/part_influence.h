/*
 * How one more event in a cell moves what a label contributes to the difference of two arms.
 */
#ifndef SERIN_AGREEMENT_PART_INFLUENCE_H
#define SERIN_AGREEMENT_PART_INFLUENCE_H

#include "agreement/parts.h"

/* Which end of the way an arm is: the stable arm is where it starts. */
enum way_end { WAY_START, WAY_FINISH };

struct part_influence;

/*
 * The influence, through one arm's events, of slopes · change from `start` to `finish`, both at
 * their tables' own sizes. All three are borrowed. Fails with SERIN_NO_MEMORY.
 */
SERIN_MUST_CHECK enum serin_status
part_influence_create(const struct measured *arm, enum way_end end, const struct parts *start,
                      const struct parts *finish, struct part_influence **out);
void part_influence_destroy(struct part_influence *influence); /* NULL is fine */
DEFINE_CLEANUP(part_influence)

/*
 * Adds `weight` times the influence of an event in an occupied cell on the contribution of each of
 * some labels. Weighted by the cells' shares influences add up to 0, and their mean square over n
 * is the contribution's variance. O(count).
 * Source: Hampel, J. Amer. Statist. Assoc. 69 (1974); derived from parts.h by differentiation.
 */
void part_influence_add(const struct part_influence *influence, size_t row, size_t column,
                        double weight, const size_t *labels, size_t count, double *sums);

#endif
