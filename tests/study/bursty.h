/*
 * Events that depend on each other: drawn in bursts, over the pods and time buckets of an arm.
 */
#ifndef SERIN_STUDY_BURSTY_H
#define SERIN_STUDY_BURSTY_H

#include "labels/block_tables.h"
#include "study/cell.h"
#include "study/population.h"
#include "study/random.h"
#include "study/rollout.h"
#include "study/sampler.h"

#include <stddef.h>
#include <stdint.h>

enum bursty_level {
    BURSTY_SESSION, /* a burst stays in one pod and bucket */
    BURSTY_USER,    /* its events spread over all pods and buckets, where no block holds them */
    BURSTY_POD      /* no bursts: each pod has a rate of errors of its own */
};

/*
 * How an arm's events hang together. With an intra-class correlation ρ each event of a burst copies
 * the burst's template, a draw that is no event itself, with probability √ρ, so that any two events
 * of it have correlation ρ in every cell; a pod's rate of errors is beta distributed with
 * correlation ρ between its events.
 */
struct bursty {
    enum bursty_level level;
    size_t size; /* events of a burst */
    double correlation;
    size_t pods;
    size_t buckets;
};

/* By the parameters level, size, icc and buckets of a cell; the level's name must be known. */
struct bursty bursty_of(const struct cell *cell, size_t pods);

/* What it does to the variance of a mean over so many events. */
double bursty_design_effect(const struct bursty *bursty, double events);

/*
 * Fills counts, pods × buckets × cells of the population. BURSTY_POD asks for a square population
 * whose errors are FAULT_SPREAD.
 */
void bursty_draw(const struct bursty *bursty, const struct population *population,
                 const struct sampler *sampler, struct random *random, uint64_t events,
                 uint64_t *counts);

/* Adds an arm's blocks to a rollout. */
SERIN_MUST_CHECK enum serin_status bursty_add(const struct bursty *bursty, enum arm arm,
                                              const uint64_t *counts, size_t cells,
                                              struct rollout *rollout, struct serin_error *err);

#endif
