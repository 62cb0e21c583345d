/*
 * The key `otlp` of a stream: which log records are its label events, and which attributes hold
 * what.
 */
#ifndef SERIN_ANALYSIS_OTLP_MAPPING_H
#define SERIN_ANALYSIS_OTLP_MAPPING_H

#include "base/decode.h"
#include "labels/stream.h"
#include "serin/error.h"

#include <stdbool.h>
#include <stddef.h>

/* A slice dimension that is called otherwise in the log records. */
struct otlp_slice {
    char *dimension;
    char *attribute;
};

struct otlp_slices {
    struct otlp_slice items[SLICE_DIMENSIONS_MAX];
    size_t count;
};

/* Names of attributes; absent texts are NULL. */
struct otlp_mapping {
    /* A record is an event of the stream when each of these that is given is right. */
    char *event_name;
    char *service;
    char *scope;

    char *label;
    char *reference;
    char *key;
    char *arm;
    char *pod;
    char *time;  /* NULL: the record's own time */
    char *count; /* NULL: a record is one event */
    struct otlp_slices slices;
};

extern const struct decode_table otlp_mapping_table;

/*
 * Whether the mapping says which records it is about, and its slices are the stream's. Fails with
 * SERIN_INVALID; `node`, at `path`, is the stream's.
 */
SERIN_MUST_CHECK enum serin_status otlp_mapping_check(const struct otlp_mapping *mapping,
                                                      const struct stream *stream,
                                                      const struct node *node, const char *path,
                                                      struct serin_error *err);

/* The attribute that holds a slice dimension. */
const char *otlp_mapping_slice(const struct otlp_mapping *mapping, const char *dimension);

#endif
