/*
 * The keys of a stream in the configuration. The table of their rows is catalog_stream_table.
 */
#ifndef SERIN_ANALYSIS_STREAM_OPTIONS_H
#define SERIN_ANALYSIS_STREAM_OPTIONS_H

#include "analysis/catalog.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arm_options {
    char *label;
    char *pod_prefix;
    bool is_indexed;
};

/* A stream as the file has it. */
struct stream_options {
    char *name;
    char *source;
    char *metric;
    char *reference;
    char *label;
    char *pod;
    char *key;
    struct arm_options arm;
    char *matchers;
    char *contains;
    enum line_format format;
    char *process_start;
    char **slices;
    size_t slice_count;
    char *owner;
    bool is_keyed;
    double sample_keys;
    enum source_error_policy on_source_error;
    int64_t block_ms;
    int64_t retention_ms;
    int64_t lookback_ms;
    int64_t stale_after_ms;
    struct maintenance_window *maintenance;
    size_t maintenance_count;
    struct judgement judgement;
    struct otlp_mapping otlp;
    bool has_otlp;
};

/* The stream without its source. It borrows the texts of the options. */
void stream_options_view(const struct stream_options *options, struct catalog_stream *out);

#endif
