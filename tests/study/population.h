/*
 * Populations: joint distributions of reference and emitted label with a wanted NMI, and what a
 * faulty canary makes of one.
 */
#ifndef SERIN_STUDY_POPULATION_H
#define SERIN_STUDY_POPULATION_H

#include "base/memory.h"
#include "serin/error.h"
#include "serin/table.h"

#include <stddef.h>

struct population {
    size_t rows;    /* references */
    size_t columns; /* emitted labels */
    double *shares; /* rows × columns, sum 1 */
};

void population_destroy(struct population *population); /* NULL is fine */
DEFINE_CLEANUP(population)

enum marginal { MARGINAL_UNIFORM, MARGINAL_ZIPF }; /* Zipf: shares as 1, 1/2, 1/3 … */

/* How labels go wrong. The first two also describe a healthy arm's own errors. */
enum fault {
    FAULT_SPREAD,    /* any label instead, by the labels' shares */
    FAULT_NEIGHBOUR, /* the label before or after */
    FAULT_SWALLOWED, /* the second label's events come out as the first's */
    FAULT_SPLIT,     /* a part of each label comes out under a second name of its own */
    FAULT_MERGED,    /* every other label's events come out as the label's before it */
    FAULT_NEW_LABEL, /* events come out under one name the stable arm never emits */
    FAULT_COUNT
};
const char *fault_name(enum fault fault); /* "spread", "neighbour" … */

const char *marginal_name(enum marginal marginal);

/* By name; a name that is unknown ends the process. */
enum fault fault_find(const char *name);
enum marginal marginal_find(const char *name);

struct population_wish {
    size_t references;
    size_t labels;
    enum marginal marginal;
    enum fault errors; /* FAULT_SPREAD or FAULT_NEIGHBOUR */
    double nmi;
    enum serin_normalizer normalizer;
};

/*
 * The population with that NMI or, where the wish cannot be met (labels unlike references in
 * number, neighbours only), with the nearest that can. NULL when memory is out.
 */
struct population *population_create(const struct population_wish *wish);

/*
 * What a canary makes of the stable arm's population when a fault takes just so much NMI, or as
 * much as it can. It has the stable arm's columns first, then those only the fault emits.
 * `delta` is at most 0; 0 changes nothing but the columns. NULL when memory is out.
 */
struct population *population_damage(const struct population *stable, enum fault fault,
                                     double delta, enum serin_normalizer normalizer);

/* The same table with more, empty columns. NULL when memory is out. */
struct population *population_widen(const struct population *population, size_t columns);

/* Exact; 0 when either side has one label only. */
double population_nmi(const struct population *population, enum serin_normalizer normalizer);

#endif
