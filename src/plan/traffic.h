/*
 * How events come in while a canary is out.
 */
#ifndef SERIN_PLAN_TRAFFIC_H
#define SERIN_PLAN_TRAFFIC_H

#include "labels/block_tables.h"

#include <stdint.h>

struct traffic {
    double events_per_minute; /* of both arms together; 0: not known, and blocks are then not */
    double canary_share;      /* in (0, 1) */
    double design_effect;     /* at least 1 */
    unsigned pods[ARM_COUNT]; /* with `block_ms` they make the blocks; 0: blocks unknown */
    int64_t block_ms;
};

/* Minutes until the canary has so many events, and the other way round; 0 when nobody knows. */
double traffic_minutes(const struct traffic *traffic, double canary_events);
double traffic_canary_events(const struct traffic *traffic, double minutes);

/* Stable events for each of the canary's. */
double traffic_stable_per_canary(const struct traffic *traffic);

#endif
