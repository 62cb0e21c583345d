/*
 * What goes on among merged labels. NMI of a merged table is blind to it; whether an event got the
 * label that the stable arm gives its reference can be told of rare labels too.
 */
#ifndef SERIN_VERDICT_TAIL_H
#define SERIN_VERDICT_TAIL_H

#include "serin/error.h"
#include "serin/jackknife.h"
#include "verdict/grouping.h"

#include <stddef.h>
#include <stdint.h>

/* One arm's events whose label or reference is merged. */
struct tail_arm {
    uint64_t events;
    uint64_t recovered; /* the label's commonest reference in the stable arm is theirs */
};

struct tail {
    struct tail_arm canary;
    struct tail_arm stable;
    double surprise; /* mean −ln of their reference's share of all events, both arms; nats */
};

/* An arm's cells over labels as the tables number them; the order does not matter. */
struct tail_cells {
    const struct serin_block_cell *cells;
    size_t count;
};

/*
 * Decodes each emitted label into the reference that it stands for most often in the stable arm (of
 * equals the first). A stable event is left out of the count that decodes it, so that both arms
 * are judged by other events than their own and are alike where the models are.
 * Fails with SERIN_NO_MEMORY.
 */
SERIN_MUST_CHECK enum serin_status tail_measure(const struct grouping *grouping,
                                                const struct tail_cells *canary,
                                                const struct tail_cells *stable, struct tail *out);

/* How sure the bound has to be. */
struct tail_confidence {
    double z;             /* critical value of the delta */
    double canary_effect; /* design effects of the arms */
    double stable_effect;
};

/*
 * The mutual information, in nats per event of the arm, that the merged labels may have lost in the
 * canary: the most that its references may be uncertain given its labels, less the least that the
 * stable arm's must be,
 *
 *     share of the tail · max(0, e · surprise + h₂(e) − 2 ln 2 · s),   h₂ the binary entropy
 *
 * with e the upper limit (Wilson) of the share the canary does not recover, s the lower limit of
 * the stable arm's. That the arms miss equally often is no comfort: one may confuse neighbours and
 * the other scatter, which takes information without another miss. All of it without events in the
 * tail of an arm.
 *
 *   share   of the arm's events in the tail, in [0, 1]
 *
 * Sources: Fano 1961; Hellman & Raviv, IEEE Trans. Inf. Theory 16 (1970); Wilson, JASA 22 (1927).
 */
double tail_hidden_information(const struct tail *tail, double share,
                               const struct tail_confidence *confidence);

#endif
