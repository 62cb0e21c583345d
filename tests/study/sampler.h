/*
 * Draws tables of counts from a population.
 */
#ifndef SERIN_STUDY_SAMPLER_H
#define SERIN_STUDY_SAMPLER_H

#include "base/memory.h"
#include "study/population.h"
#include "study/random.h"

#include <stddef.h>
#include <stdint.h>

struct sampler;

/* Copies what it needs of the population. NULL when memory is out. */
struct sampler *sampler_create(const struct population *population);
void sampler_destroy(struct sampler *sampler); /* NULL is fine */
DEFINE_CLEANUP(sampler)

/*
 * Adds `events` independent events to `counts`, rows × columns of the population: a multinomial,
 * drawn by conditional binomials or, where cells outnumber events, event by event.
 */
void sampler_draw(const struct sampler *sampler, struct random *random, uint64_t events,
                  uint64_t *counts);

/* One event: the index of its cell. */
size_t sampler_draw_one(const struct sampler *sampler, struct random *random);

#endif
