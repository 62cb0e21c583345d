/*
 * What every process tells about itself: build_info and process_*, as Prometheus names them.
 */
#ifndef SERIN_PLATFORM_PROCESS_METRICS_H
#define SERIN_PLATFORM_PROCESS_METRICS_H

#include "platform/metrics.h"
#include "serin/error.h"

/* Registers serin_build_info{version} and process_* (start time, CPU, memory, descriptors). */
SERIN_MUST_CHECK enum serin_status process_metrics_register(struct metrics *metrics,
                                                            struct serin_error *err);

/* Reads them anew from the kernel; before each render. What cannot be read keeps its value. */
void process_metrics_update(struct metrics *metrics);

#endif
