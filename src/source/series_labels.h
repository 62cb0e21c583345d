/*
 * The labels of one Prometheus series, and what of them identifies it.
 */
#ifndef SERIN_SOURCE_SERIES_LABELS_H
#define SERIN_SOURCE_SERIES_LABELS_H

#include "base/hash.h"
#include "base/memory.h"
#include "base/text.h"
#include "serin/error.h"

#include <stdbool.h>
#include <stddef.h>

struct series_label {
    struct text_view name;
    struct text_view value; /* never empty: for Prometheus an empty label is none */
};

/* The labels without the metric's name, ordered bytewise by name, each name once. */
struct series_labels {
    const struct series_label *items;
    size_t count;
};

/* The value of a label, empty when the series does not have it. */
struct text_view series_label_value(struct series_labels labels, struct text_view name);

/* Whether every label of `part` is in `whole`, with the same value. */
bool series_labels_include(struct series_labels whole, struct series_labels part);

/*
 * A hash of the labels but those that `leaves_out` says true of; equal label sets, and in practice
 * only these, have equal hashes under the same key.
 */
typedef bool series_label_filter(const void *context, struct text_view name);
struct hash128 series_labels_hash(struct series_labels labels, const struct hash_key *key,
                                  series_label_filter *leaves_out, const void *context);

/* ---- collecting them ------------------------------------------------------------------------- */

struct label_collector;

/* NULL when memory is out. Holds at most 256 labels of 64 KiB in all. */
struct label_collector *label_collector_create(void);
void label_collector_destroy(struct label_collector *collector); /* NULL is fine */
DEFINE_CLEANUP(label_collector)

/* Begins a new series; views given out before are no longer valid. */
void label_collector_begin(struct label_collector *collector);

/* A name, then its value; both are copied. Fail with SERIN_TOO_LARGE. */
SERIN_MUST_CHECK enum serin_status label_collector_name(struct label_collector *collector,
                                                        struct text_view name,
                                                        struct serin_error *err);
SERIN_MUST_CHECK enum serin_status label_collector_value(struct label_collector *collector,
                                                         struct text_view value,
                                                         struct serin_error *err);

/* The labels in order, valid until the next begin; false when a name came twice. */
bool label_collector_end(struct label_collector *collector, struct series_labels *out);

#endif
