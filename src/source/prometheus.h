/*
 * Counters in a Prometheus, or in anything that answers its query API (Thanos, Mimir,
 * VictoriaMetrics): see prometheus_series.h for how raw samples become exact counts.
 */
#ifndef SERIN_SOURCE_PROMETHEUS_H
#define SERIN_SOURCE_PROMETHEUS_H

#include "source/peer.h"
#include "source/source.h"

/* The rows of the configuration. */
struct prometheus_options {
    struct peer_options peer;
    char *replica_label;
    char **ignore_warnings;
    size_t ignore_warning_count;
    int64_t scrape_interval_ms;
    uint64_t max_series;
};

extern const struct source_driver prometheus_driver;

#endif
