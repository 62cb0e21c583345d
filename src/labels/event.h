/*
 * One label event: an item's label, its reference label where known, and where it was seen.
 */
#ifndef SERIN_LABELS_EVENT_H
#define SERIN_LABELS_EVENT_H

#include "base/text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SLICE_DIMENSIONS_MAX = 8 }; /* slice dimensions of a stream */

struct slice_value {
    struct text_view dimension; /* "region" */
    struct text_view value;     /* "eu" */
};

/* Every view borrows the bytes the event was read from. */
struct label_event {
    struct text_view stream;
    struct text_view arm; /* pod-template hash or other arm value */
    struct text_view pod;
    struct text_view label; /* empty only where has_label is false: a late reference for `key` */
    struct text_view reference; /* empty where has_reference is false */
    struct text_view key;       /* item id; empty where has_key is false */
    bool has_label;
    bool has_reference;
    bool has_key;
    int64_t time_ms; /* Unix milliseconds */
    uint64_t count;  /* at least 1 */
    struct slice_value slices[SLICE_DIMENSIONS_MAX];
    size_t slice_count;
};

#endif
