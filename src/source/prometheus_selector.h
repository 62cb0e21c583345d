/*
 * What a stream asks a Prometheus: which series belong to an arm.
 */
#ifndef SERIN_SOURCE_PROMETHEUS_SELECTOR_H
#define SERIN_SOURCE_PROMETHEUS_SELECTOR_H

#include "base/buffer.h"
#include "labels/stream.h"
#include "serin/error.h"

#include <stdbool.h>

/* Where the arm's hash stands in arm_pod_prefix. */
#define ARM_HASH_PLACE "{hash}"

/*
 * Whether the stream has a metric, a label, a pod and a way to tell the arms apart, all of them
 * fit for a query. SERIN_INVALID names what is not.
 */
SERIN_MUST_CHECK enum serin_status prometheus_check_stream(const struct stream *stream,
                                                           struct serin_error *err);

/* Whether the arms can be told apart: by a label, or by pod names with a place for the hash. */
SERIN_MUST_CHECK enum serin_status selector_check_arm(const struct stream *stream,
                                                      struct serin_error *err);

/*
 * Appends the matcher of an arm's label or pod names, for PromQL and LogQL alike. Fails with
 * SERIN_INVALID when the arm is empty, SERIN_TOO_LARGE, SERIN_NO_MEMORY.
 */
SERIN_MUST_CHECK enum serin_status selector_append_arm(struct buffer *query,
                                                       const struct stream *stream, const char *arm,
                                                       struct serin_error *err);

/* Whether a pod's name is one that the prefix gives to an arm, as that matcher has it. */
bool selector_is_pod_of(const char *prefix, const char *arm, struct text_view pod);

/*
 * Appends the range selector of the stream's counters of one arm, or of the start times of its
 * processes. The latter goes without the stream's matchers: they may name labels that only the
 * counter has. SERIN_INVALID when the arm is empty, SERIN_TOO_LARGE, SERIN_NO_MEMORY.
 */
SERIN_MUST_CHECK enum serin_status prometheus_append_counters(struct buffer *query,
                                                              const struct stream *stream,
                                                              const char *arm, int64_t range_ms,
                                                              struct serin_error *err);
SERIN_MUST_CHECK enum serin_status prometheus_append_start_times(struct buffer *query,
                                                                 const struct stream *stream,
                                                                 const char *arm, int64_t range_ms,
                                                                 struct serin_error *err);

#endif
