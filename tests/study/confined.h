/*
 * Losses confined to rare labels, and what is left of a population when labels are merged.
 */
#ifndef SERIN_STUDY_CONFINED_H
#define SERIN_STUDY_CONFINED_H

#include "labels/block_tables.h"
#include "serin/error.h"
#include "study/population.h"
#include "study/scenario.h"
#include "verdict/grouping.h"

/*
 * Both arms as scenario_create makes them, but what the canary loses it loses among the rare labels
 * alone: those after the first tenth. Where all of them cannot lose so much the loss is smaller.
 * Fails with SERIN_NO_MEMORY.
 */
SERIN_MUST_CHECK enum serin_status confined_scenario_create(const struct scenario_wish *wish,
                                                            struct scenario **out,
                                                            struct serin_error *err);

/*
 * The population's NMI (geometric) when its labels are grouped as those of the tables are. Labels
 * that the tables lack belong to the last group. Fails with SERIN_NO_MEMORY.
 */
SERIN_MUST_CHECK enum serin_status confined_nmi(const struct population *population,
                                                const struct grouping *grouping,
                                                const struct block_tables *tables, double *out,
                                                struct serin_error *err);

#endif
