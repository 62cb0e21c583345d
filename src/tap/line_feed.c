#include "tap/line_feed.h"

#include <string.h>

struct line_feed {
    line_taker *taker;
    void *context;
    char *carry; /* the start of a line whose end is still to come */
    size_t carried;
    size_t capacity;
    bool is_too_long; /* the line being read; nothing of it is carried */
};

struct line_feed *line_feed_create(line_taker *taker, void *context)
{
    struct line_feed *feed = memory_allocate(1, sizeof(*feed));
    if (feed) {
        feed->taker = taker;
        feed->context = context;
    }
    return feed;
}

void line_feed_destroy(struct line_feed *feed)
{
    if (feed) {
        memory_free(feed->carry);
        memory_free(feed);
    }
}

static void carry(struct line_feed *feed, const char *bytes, size_t length)
{
    if (feed->is_too_long || length == 0) {
        return;
    }
    if (memory_grow((void **)&feed->carry, &feed->capacity, feed->carried + length, 1,
                    LINE_BYTES_MAX) != SERIN_OK) {
        feed->is_too_long = true;
        feed->carried = 0;
        return;
    }
    memcpy(feed->carry + feed->carried, bytes, length);
    feed->carried += length;
}

static void take(struct line_feed *feed, struct text_view line)
{
    bool is_whole = !feed->is_too_long && line.length <= LINE_BYTES_MAX;
    feed->is_too_long = false;
    feed->carried = 0;
    feed->taker(feed->context, is_whole ? line : (struct text_view){0}, is_whole);
}

/* A line that lies in one piece is not copied. */
static void end_line(struct line_feed *feed, const char *bytes, size_t length)
{
    if (feed->carried == 0) {
        take(feed, (struct text_view){bytes, length});
        return;
    }
    carry(feed, bytes, length);
    take(feed, (struct text_view){feed->carry, feed->carried});
}

void line_feed_push(struct line_feed *feed, const char *bytes, size_t length)
{
    const char *at = bytes;
    const char *end = bytes + length;
    while (at < end) {
        const char *line_end = memchr(at, '\n', (size_t)(end - at));
        if (!line_end) {
            carry(feed, at, (size_t)(end - at));
            return;
        }
        end_line(feed, at, (size_t)(line_end - at));
        at = line_end + 1;
    }
}

void line_feed_finish(struct line_feed *feed)
{
    if (feed->carried > 0 || feed->is_too_long) {
        take(feed, (struct text_view){feed->carry, feed->carried});
    }
}

bool line_feed_drop(struct line_feed *feed)
{
    bool had_some = feed->carried > 0 || feed->is_too_long;
    feed->carried = 0;
    feed->is_too_long = false;
    return had_some;
}
