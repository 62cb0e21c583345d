/*
 * How the registry keeps its families and series; shared by updating and rendering only.
 */
#ifndef SERIN_PLATFORM_METRICS_REGISTRY_H
#define SERIN_PLATFORM_METRICS_REGISTRY_H

#include "platform/metrics.h"

#include <pthread.h>
#include <stddef.h>
#include <stdint.h>

struct metric_series {
    char *values[METRIC_LABELS_MAX]; /* owned; those beyond the family's labels are NULL */
    double value;                    /* of a histogram: the sum of what was observed */
    uint64_t buckets[];              /* histogram: bucket_count, and one for what is above them */
};

struct metric_entry {
    const struct metric_family *family;
    size_t label_count;
    struct metric_series **series; /* owned, ordered by label values */
    size_t series_count;
    size_t series_capacity;
};

struct metrics {
    pthread_mutex_t mutex; /* guards everything below */
    size_t series_limit;
    size_t series_count; /* of all families, overflow series included */
    struct metric_entry *entries;
    size_t entry_count;
    size_t entry_capacity;
};

#endif
