/*
 * Names that appeared, vanished or changed places, to which NMI is blind.
 */
#ifndef SERIN_VERDICT_LABEL_CHANGES_H
#define SERIN_VERDICT_LABEL_CHANGES_H

#include "verdict/counts.h"
#include "verdict/evidence.h"

/*
 * Fills evidence->labels from counts already measured.
 *
 * A label that only one arm emits is clearly so when chance does not explain it: x events, counted
 * after the arm's design effect, all fall to an arm with share π of the traffic with probability
 * π^x. A label is swapped when most of its events have one reference in the stable arm and most
 * have another in the canary, and the canary's share of the former is too low for chance (Hoeffding
 * 1963: exp(−2 x d²) for a share that is d lower). Either probability must be at most (1 − level)/2
 * over the number of labels (Bonferroni).
 */
void label_changes_find(const struct counts *counts, struct evidence *evidence);

#endif
