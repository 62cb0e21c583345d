/*
 * What both arms' events are drawn from in a rehearsal: two joint distributions of reference and
 * label, the canary's worse than the stable arm's by a chosen loss of NMI.
 */
#ifndef SERIN_PLAN_POPULATION_H
#define SERIN_PLAN_POPULATION_H

#include "base/memory.h"
#include "labels/block_tables.h"
#include "plan/urn.h"
#include "serin/error.h"
#include "serin/nmi.h"

#include <stddef.h>
#include <stdint.h>

struct plan_population;

enum label_shares { SHARES_EQUAL, SHARES_ZIPF };

/* As many references as labels, with the same shares; an error gives any label by its share. */
struct plan_population_model {
    size_t labels;
    enum label_shares shares; /* all alike, or the k-th commonest 1/k as often as the first */
    double nmi;               /* of the stable arm, in (0, 1] */
    double delta;             /* the canary's NMI less the stable arm's, in (−1, 0] */
    enum serin_normalizer normalizer;
};

/*
 * From a model. Fails with SERIN_INVALID (err->field names the member) when NMI + delta is not
 * above 0, SERIN_NO_MEMORY.
 */
SERIN_MUST_CHECK enum serin_status
plan_population_of_model(const struct plan_population_model *model, struct plan_population **out,
                         struct serin_error *err);

/*
 * From a table of counts, which is taken for the stable arm as it is; the canary mixes in events
 * whose label does not depend on the reference, until its NMI is lower by −delta. Fails with
 * SERIN_INVALID when the table has no NMI or not so much of it, SERIN_NO_MEMORY.
 */
SERIN_MUST_CHECK enum serin_status plan_population_of_table(const struct serin_table *table,
                                                            double delta,
                                                            enum serin_normalizer normalizer,
                                                            struct plan_population **out,
                                                            struct serin_error *err);
void plan_population_destroy(struct plan_population *population); /* NULL is fine */
DEFINE_CLEANUP(plan_population)

size_t plan_population_rows(const struct plan_population *population);
size_t plan_population_columns(const struct plan_population *population);

/* rows × columns shares that sum to 1. */
const double *plan_population_shares(const struct plan_population *population, enum arm arm);
const struct urn *plan_population_urn(const struct plan_population *population, enum arm arm);
double plan_population_nmi(const struct plan_population *population, enum arm arm);

#endif
