/*
 * Bytes that arrive in pieces → lines, from senders that may be anything.
 *
 * Unlike source/line_reader.h nothing ends the reading: a line above the maximum is passed over and
 * told. Memory is what the longest line so far needed.
 */
#ifndef SERIN_TAP_LINE_FEED_H
#define SERIN_TAP_LINE_FEED_H

#include "base/memory.h"
#include "base/text.h"

#include <stdbool.h>
#include <stddef.h>

enum { LINE_BYTES_MAX = 64 * 1024 };

/*
 * Gets each line without its line feed, for the time of the call. `is_whole` is false for one above
 * LINE_BYTES_MAX, of which `line` is nothing.
 */
typedef void line_taker(void *context, struct text_view line, bool is_whole);

struct line_feed;

/* NULL when memory is short. */
struct line_feed *line_feed_create(line_taker *taker, void *context);
void line_feed_destroy(struct line_feed *feed); /* NULL is fine */
DEFINE_CLEANUP(line_feed)

/* The next piece. A line for which there is no memory counts as one too long. */
void line_feed_push(struct line_feed *feed, const char *bytes, size_t length);

/* What has no line feed yet is taken as a line; for the end of the input. */
void line_feed_finish(struct line_feed *feed);

/* What has no line feed yet is forgotten; for an input that starts anew. Whether there was any. */
bool line_feed_drop(struct line_feed *feed);

#endif
