/*
 * A configured stream: a named flow of label events, where it comes from, what its dimensions mean
 * and how it is judged unless a request says otherwise.
 */
#ifndef SERIN_LABELS_STREAM_H
#define SERIN_LABELS_STREAM_H

#include "labels/event.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What holds the label, the reference and so on of a log line: its fields, or its labels alone. */
enum line_format { LINE_JSON, LINE_LOGFMT, LINE_LABELS };

/* Read only; the texts belong to the catalog that the stream is part of. Absent texts are NULL. */
struct stream {
    const char *name;
    const char *source;         /* name of the configured source */
    const char *metric;         /* prometheus: the counter */
    const char *reference;      /* label, field or column with the reference; NULL: none */
    const char *label;          /* … with the emitted label */
    const char *pod;            /* … with the pod */
    const char *key;            /* loki, file: field or column with the item id */
    const char *arm_label;      /* prometheus, loki: label holding the pod-template hash, or NULL */
    const char *arm_pod_prefix; /* prometheus, loki: "checkout-{hash}-", or NULL */
    bool arm_indexed;     /* loki: whether the arm's label, or else the pod, is in its index */
    const char *matchers; /* of a metric's series, of log streams: namespace="shop"; or NULL */
    const char *contains; /* loki: a text in every line with a label event; NULL: all lines are */
    enum line_format format;   /* loki */
    const char *process_start; /* prometheus: gauge with the process start time, or NULL */
    const char *slices[SLICE_DIMENSIONS_MAX];
    size_t slice_count;
    bool keyed;             /* store, loki: join by keys, for `paired` and late references */
    double sample_keys;     /* store: share of the keys that count; 0 or 1: all events */
    int64_t block_ms;       /* base width of a block's time bucket */
    int64_t retention_ms;   /* store: how long blocks (and keys) are kept */
    int64_t lookback_ms;    /* the longest `rollout` window */
    int64_t stale_after_ms; /* data older than this are stale */
};

/* Whether only some of the stream's keys count. */
static inline bool stream_is_sampled(const struct stream *stream)
{
    return stream->sample_keys > 0.0 && stream->sample_keys < 1.0;
}

/* Whether the stream has that slice dimension. */
static inline bool stream_has_slice(const struct stream *stream, struct text_view dimension)
{
    for (size_t i = 0; i < stream->slice_count; i++) {
        if (text_equals(dimension, stream->slices[i])) {
            return true;
        }
    }
    return false;
}

#endif
