/*
 * What Prometheus scraped, and since when its processes have been running: the evidence that tells
 * whether a counter seen for the first time has just begun at 0, and whether one that went on
 * growing did so in a new process.
 *
 * A `scope` is the series of the stream's counter that differ in nothing but what is counted
 * (label, reference, slices): a scrape that brought one of them would have brought the others. A
 * `host` is one endpoint of a pod as one Prometheus scrapes it; when a pod's labels change while it
 * runs, the same host goes on under another scope.
 */
#ifndef SERIN_SOURCE_PROMETHEUS_TARGETS_H
#define SERIN_SOURCE_PROMETHEUS_TARGETS_H

#include "base/hash.h"
#include "base/memory.h"
#include "source/prometheus_answer.h"

struct target_settings {
    struct text_view pod_label;
    struct text_view replica_label; /* tells servers apart that scrape the same; empty: none does */
    int64_t from_ms;                /* samples up to here are passed over */
    size_t series_max;
    struct hash_key key;
};

struct targets;

/* Texts of the settings are borrowed. NULL when memory is out. */
struct targets *targets_create(const struct target_settings *settings);
void targets_destroy(struct targets *targets); /* NULL is fine */
DEFINE_CLEANUP(targets)

/* Reads the answer about start times (process_start_time_seconds); the context is the targets. */
extern const struct prometheus_sink targets_sink;

/*
 * The scope of a series of the stream's counter: `scope_hash` is that of its labels without those
 * that are counted. To be called after the answer about start times has been read.
 */
SERIN_MUST_CHECK enum serin_status targets_enter(struct targets *targets,
                                                 struct series_labels labels,
                                                 struct hash128 scope_hash, uint32_t *out_scope,
                                                 struct serin_error *err);

/* Notes a sample of a scope. */
void targets_see(struct targets *targets, uint32_t scope, int64_t time_ms);

/* Whether a new process has begun between two samples of a series. */
bool targets_restarted(const struct targets *targets, uint32_t scope, int64_t earlier_ms,
                       int64_t later_ms);

/*
 * Whether a series whose first sample is at `time_ms` was at 0 before, within the time asked about:
 * what came with the same scrapes was there earlier, or its process has begun since and was never
 * seen before. To be called when all samples have been noted.
 */
bool targets_began_at_zero(const struct targets *targets, uint32_t scope, int64_t time_ms);

/*
 * Whether start times came twice at the same time for the same process, told apart by this label:
 * then it names who scraped and not what was counted.
 */
bool targets_is_scraper_label(const struct targets *targets, struct text_view name);

#endif
