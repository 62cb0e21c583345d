/*
 * Where the events of each label went: from the label they have in the stable arm to the one they
 * have in the canary, as far as the references tell.
 */
#ifndef SERIN_VERDICT_LABEL_FLOWS_H
#define SERIN_VERDICT_LABEL_FLOWS_H

#include "base/memory.h"
#include "serin/error.h"
#include "verdict/counts.h"
#include "verdict/evidence.h"

#include <stdbool.h>
#include <stddef.h>

struct label_flows;

/*
 * Of each reference both arms' labels are compared as shares of its events. Labels whose share fell
 * have lost, those whose share rose have won, and what was lost is put down to the winners in
 * proportion. Only changes beyond chance count: the signed root of the likelihood ratio, events
 * divided by the design effect, must exceed delta's kind of critical value at (1 − level) over the
 * number of cells and labels (Bonferroni), so that arms alike show no flow at all but with that
 * chance. References weigh as their mean share in both arms.
 * A label counts only with references where it has at least a fifth of what it has with the one it
 * has most of: elsewhere it is an error rather than a meaning, and errors move with everything.
 *
 * In `shift` there are no references to follow, and so no flows; shares and clear changes are told.
 * Fails with SERIN_NO_MEMORY and SERIN_BUG.
 */
SERIN_MUST_CHECK enum serin_status label_flows_create(const struct counts *counts,
                                                      const struct evidence *evidence,
                                                      struct label_flows **out,
                                                      struct serin_error *err);
void label_flows_destroy(struct label_flows *flows); /* NULL is fine */
DEFINE_CLEANUP(label_flows)

size_t label_flows_labels(const struct label_flows *flows);

/* All as shares of the traffic: what went from one label to another, and their sums by label. */
double label_flow(const struct label_flows *flows, size_t from, size_t to);
double label_flows_out(const struct label_flows *flows, size_t label);
double label_flows_in(const struct label_flows *flows, size_t label);

/* What a label has of the traffic where it counts. */
double label_flows_share(const struct label_flows *flows, enum arm arm, size_t label);

/* What a label had, in the stable arm, of the references where it lost anything. */
double label_flows_exposed(const struct label_flows *flows, size_t label);

/* Whether one arm alone emits the label, and too often for chance. */
bool label_flows_alone(const struct label_flows *flows, enum arm arm, size_t label);

#endif
