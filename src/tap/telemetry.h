/*
 * What a tap tells about itself beside its counters: how lines fared, how full its budget is, how
 * coarse its counts have become.
 */
#ifndef SERIN_TAP_TELEMETRY_H
#define SERIN_TAP_TELEMETRY_H

#include "platform/metrics.h"
#include "serin/error.h"
#include "tap/follow.h"
#include "tap/tap.h"

/* Registers every family. Fails as metrics_register does. */
SERIN_MUST_CHECK enum serin_status telemetry_register(struct metrics *metrics,
                                                      struct serin_error *err);

/* Sets them anew; before each render. */
void telemetry_update(struct metrics *metrics, struct tap *tap);

/* Tells how the file that is followed fares. */
void telemetry_follow(struct metrics *metrics, const struct follower_counts *counts);

#endif
