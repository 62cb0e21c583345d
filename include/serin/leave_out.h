/*
 * What NMI would be without some of the events: one block, one pod.
 */
#ifndef SERIN_LEAVE_OUT_H
#define SERIN_LEAVE_OUT_H

#include "serin/jackknife.h"
#include "serin/table.h"

/* A block that holds events with a reference. */
struct serin_left_out {
    uint32_t block;
    uint64_t events;
    double change; /* plug-in NMI without the block − with it */
};

/*
 * Leaves out each block in turn. Of `blocks` only the ids must ascend.
 *
 *   out        room for as many entries as there are distinct blocks
 *   out_count  how many were stored: a block without referenced events changes nothing
 *
 * What is left may be degenerate and then scores as serin_nmi says. Fails with SERIN_INVALID when a
 * row or column is out of range or the ids descend, SERIN_UNDEFINED when the pooled table has fewer
 * than two occupied rows or columns, SERIN_RANGE and SERIN_NO_MEMORY.
 * O(cells + blocks · (rows + columns)).
 */
SERIN_API SERIN_MUST_CHECK enum serin_status serin_leave_out(const struct serin_blocks *blocks,
                                                             enum serin_normalizer normalizer,
                                                             struct serin_left_out *out,
                                                             size_t *out_count);

#endif
