/*
 * A stream's past as a plan takes it: how its labels fell, how much its events depend on each other
 * and how many there are.
 */
#ifndef SERIN_PLAN_HISTORY_H
#define SERIN_PLAN_HISTORY_H

#include "base/memory.h"
#include "labels/block_tables.h"
#include "serin/error.h"
#include "serin/table.h"
#include "verdict/spec.h"

#include <stdint.h>

struct history;

/*
 * Reads the stable arm of sealed tables, which hold this share of its events; rare labels are
 * merged as the judge merges them. Fails with SERIN_INVALID when there is no NMI to plan with (no
 * references, one label), SERIN_NO_MEMORY.
 */
SERIN_MUST_CHECK enum serin_status history_measure(const struct block_tables *tables,
                                                   const struct judgement *judgement, double share,
                                                   struct history **out, struct serin_error *err);
void history_destroy(struct history *history); /* NULL is fine */
DEFINE_CLEANUP(history)

/* References × labels, pooled; borrowed from the history. */
struct serin_table history_table(const struct history *history);

/* Of the events in the tables; 1 where blocks are unknown. */
double history_design_effect(const struct history *history);

/* Events a minute with a reference, not only those of the share; 0 when times are not known. */
double history_events_per_minute(const struct history *history);

#endif
