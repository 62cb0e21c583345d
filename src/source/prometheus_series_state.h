/*
 * How a set of series is laid out: shared by what reads samples (prometheus_series.c) and what
 * makes counts of them (prometheus_series_book.c), and by nobody else.
 */
#ifndef SERIN_SOURCE_PROMETHEUS_SERIES_STATE_H
#define SERIN_SOURCE_PROMETHEUS_SERIES_STATE_H

#include "labels/dictionary.h"
#include "source/prometheus_series.h"

#define NO_TEXT UINT32_MAX

/* Counts of one series in one block. */
struct series_step {
    int64_t bucket_ms; /* start of a bucket no wider than the final one */
    uint64_t count;
};

struct series {
    uint32_t pod;
    uint32_t label;
    uint32_t reference; /* NO_TEXT: none */
    uint32_t slices[SLICE_DIMENSIONS_MAX];
    uint32_t scope;
    uint32_t twin;  /* same labels but for those that say who scraped */
    uint32_t group; /* same labels but for the replica's */
    uint32_t sample_count;
    bool is_kept;
    bool is_flawed; /* has a value that is no exact count */
    bool has_birth; /* its first sample is inside the window */
    bool birth_counts;
    int64_t first_ms;
    int64_t last_ms;
    int64_t first_step_ms; /* INT64_MAX: no steps */
    int64_t birth_ms;
    uint64_t birth_value;
    uint64_t total; /* of the steps */
    size_t step_begin;
    size_t step_count;
};

enum pod_flag { POD_HAS_COUNTS = 1, POD_IS_UNCOVERED = 2 };

struct series_set {
    struct series_settings settings;
    struct dictionary *pods;
    struct dictionary *texts; /* labels, references, slice values */
    struct dictionary *twins;
    struct dictionary *groups;
    uint8_t *pod_flags;
    size_t pod_flag_room;
    size_t pods_counted; /* pods with POD_HAS_COUNTS */
    struct series *series;
    size_t series_count;
    size_t series_room;
    size_t series_read; /* with those that had no sample inside the window */
    struct series_step *steps;
    size_t step_count;
    size_t step_room;
    int64_t first_sample_ms; /* inside the window, of any series */
    int64_t last_sample_ms;
    int64_t first_step_ms;
    int64_t width_ms; /* of the buckets now; 0: to be worked out */

    /* The series being read. */
    bool is_passed_over;
    bool follows_mark; /* the sample before said that the series ended there */
    bool has_previous;
    int64_t previous_ms;
    uint64_t previous_value;
};

/* Notes a property of a pod; false when it was noted before. */
static inline bool pod_note(struct series_set *set, uint32_t pod, enum pod_flag flag)
{
    bool is_news = (set->pod_flags[pod] & flag) == 0;
    set->pod_flags[pod] |= (uint8_t)flag;
    return is_news;
}

#endif
