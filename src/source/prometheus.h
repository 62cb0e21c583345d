/*
 * Counters in a Prometheus, or in anything that answers its query API (Thanos, Mimir,
 * VictoriaMetrics): see prometheus_series.h for how raw samples become exact counts.
 */
#ifndef SERIN_SOURCE_PROMETHEUS_H
#define SERIN_SOURCE_PROMETHEUS_H

#include "source/source.h"

/* The rows of the configuration. */
struct prometheus_options {
    char *url;
    char *bearer_token;
    char *bearer_token_file;
    char *username;
    char *password;
    char *password_file;
    char *ca_file;
    char *certificate_file;
    char *key_file;
    char *tenant;
    char *proxy;
    char *replica_label;
    int64_t timeout_ms;
    int64_t scrape_interval_ms;
    uint64_t max_series;
    uint64_t max_bytes;
};

extern const struct source_driver prometheus_driver;

#endif
