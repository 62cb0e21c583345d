/*
 * LogQL: what a stream asks a Loki.
 *
 * Names and matchers come from the configuration and are checked when it is read; arms and pods are
 * values, and only ever stand in quotes.
 */
#ifndef SERIN_SOURCE_LOGQL_H
#define SERIN_SOURCE_LOGQL_H

#include "base/buffer.h"
#include "labels/block_tables.h"
#include "labels/stream.h"
#include "serin/error.h"

#include <stdint.h>

/* The label in which Loki says that it could not read a line. */
#define LOGQL_ERROR_LABEL "__error__"

/*
 * Whether the stream has matchers, a label, a pod, a way to tell the arms apart and, where it is
 * keyed, a key, all of them fit for a query. SERIN_INVALID names what is not.
 */
SERIN_MUST_CHECK enum serin_status logql_check_stream(const struct stream *stream,
                                                      struct serin_error *err);

/*
 * Appends a metric query: how many lines of an arm fell into the `range_ms` before the time of
 * evaluation (which is left out), by everything that is counted; lines that Loki could not read are
 * among them, with LOGQL_ERROR_LABEL. `pod` restricts it to one pod; NULL: all. These three fail
 * with SERIN_INVALID (an empty arm), SERIN_TOO_LARGE and SERIN_NO_MEMORY.
 */
SERIN_MUST_CHECK enum serin_status logql_append_counts(struct buffer *query,
                                                       const struct stream *stream, const char *arm,
                                                       const char *pod, int64_t range_ms,
                                                       struct serin_error *err);

/* The same by pod alone. */
SERIN_MUST_CHECK enum serin_status logql_append_pods(struct buffer *query,
                                                     const struct stream *stream, const char *arm,
                                                     int64_t range_ms, struct serin_error *err);

/* Appends a query for the lines of one arm's label events. */
SERIN_MUST_CHECK enum serin_status logql_append_events(struct buffer *query,
                                                       const struct stream *stream, const char *arm,
                                                       struct serin_error *err);

/*
 * Appends a query for the lines of both arms, for those with a key and a reference only, and for
 * those that Loki cannot read, all of them with the labels that are counted. In place of each line
 * comes its key in percent code, up to the first space.
 */
SERIN_MUST_CHECK enum serin_status logql_append_lines(struct buffer *query,
                                                      const struct stream *stream,
                                                      const char *const arms[ARM_COUNT],
                                                      struct serin_error *err);

#endif
