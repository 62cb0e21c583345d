/*
 * One line of a log → one label event, by the paths and cut points that were configured.
 */
#ifndef SERIN_TAP_EVENT_READER_H
#define SERIN_TAP_EVENT_READER_H

#include "base/memory.h"
#include "labels/event.h"
#include "tap/options.h"

struct event_reader;

/* What became of a line. */
enum line_fate {
    LINE_COUNTED,
    LINE_REFERENCE, /* key and reference of an item whose label came before */
    LINE_BLANK,     /* nothing but white space */
    LINE_TOO_LONG,  /* above LINE_BYTES_MAX */
    LINE_NOT_JSON,  /* not one JSON object, or a field of the event is no text or number */
    LINE_WITHOUT_LABEL,
    LINE_NOT_A_NUMBER, /* what cut points should be applied to */
    LINE_BAD_COUNT,    /* not a whole number from 1 to 2^53 */
    LINE_FATES
};
/* "counted", "reference", "blank", … */
const char *line_fate_name(enum line_fate fate);

/*
 * Fails with SERIN_INVALID (a path, cut points, a slice; err->field names the option) and
 * SERIN_NO_MEMORY.
 */
SERIN_MUST_CHECK enum serin_status event_reader_create(const struct tap_options *options,
                                                       struct event_reader **out,
                                                       struct serin_error *err);
void event_reader_destroy(struct event_reader *reader); /* NULL is fine */
DEFINE_CLEANUP(event_reader)

/* The slice dimensions, in the order configured. */
size_t event_reader_dimension_count(const struct event_reader *reader);
struct text_view event_reader_dimension(const struct event_reader *reader, size_t index);

/* Whether labels or references are names of ranges, which no rule has to look at. */
bool event_reader_cuts_labels(const struct event_reader *reader);
bool event_reader_cuts_references(const struct event_reader *reader);

/*
 * Fills `out` when the line is counted or a reference: label, reference, key, count and slices,
 * borrowed from the line and the reader until its next use; arm, pod and stream are empty.
 * `time_ms` may be one of the two below.
 */
enum { EVENT_TIME_ABSENT = -1, EVENT_TIME_UNREADABLE = -2 };
enum line_fate event_reader_read(struct event_reader *reader, struct text_view line,
                                 struct label_event *out);

#endif
