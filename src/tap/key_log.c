#include "tap/key_log.h"

#include <assert.h>
#include <string.h>

enum { ITEMS_MIN = 64 };
#define RATE_MIN 0x1p-52 /* places are told apart no more finely */

/* Items lie between `first` and `end`; what is before `first` has expired. */
struct key_log {
    struct key_log_options options;
    double rate;
    struct kept_key *items;
    size_t capacity;
    size_t first;
    size_t end;
};

struct key_log *key_log_create(const struct key_log_options *options)
{
    struct key_log *log = memory_allocate(1, sizeof(*log));
    if (log) {
        log->options = *options;
        log->rate = options->rate;
    }
    return log;
}

void key_log_destroy(struct key_log *log)
{
    if (log) {
        memory_free(log->items);
        memory_free(log);
    }
}

bool key_log_keeps(const struct key_log *log, double place)
{
    return place < log->rate;
}

static void move_to_front(struct key_log *log)
{
    memmove(log->items, log->items + log->first, (log->end - log->first) * sizeof(*log->items));
    log->end -= log->first;
    log->first = 0;
}

static void forget_expired(struct key_log *log, int64_t now_ms)
{
    int64_t oldest_ms = now_ms - log->options.retention_ms;
    while (log->first < log->end && log->items[log->first].time_ms < oldest_ms) {
        log->first++;
    }
}

static void drop_beyond_rate(struct key_log *log)
{
    size_t kept = log->first;
    for (size_t i = log->first; i < log->end; i++) {
        if (log->items[i].place < log->rate) {
            log->items[kept++] = log->items[i];
        }
    }
    log->end = kept;
}

/* Growing holds the old array and the new one for a moment, half as large again as the new one. */
static size_t item_limit(const struct key_log *log)
{
    size_t limit = log->options.bytes / (sizeof(*log->items) * 3 / 2);
    return limit > ITEMS_MIN ? limit : ITEMS_MIN;
}

/* Room for one more at the end: first what has expired goes, then the array grows, then the rate
 * falls. */
static bool make_room(struct key_log *log)
{
    if (log->end < log->capacity) {
        return true;
    }
    if (log->first > log->capacity / 4) {
        move_to_front(log);
        return true;
    }
    size_t limit = item_limit(log);
    size_t wanted = log->capacity < ITEMS_MIN ? ITEMS_MIN : log->capacity + 1;
    if (wanted <= limit) {
        return memory_grow((void **)&log->items, &log->capacity, wanted, sizeof(*log->items),
                           limit) == SERIN_OK;
    }
    move_to_front(log);
    while (log->end == log->capacity && log->rate > RATE_MIN) {
        log->rate /= 2.0;
        drop_beyond_rate(log);
    }
    return log->end < log->capacity;
}

bool key_log_add(struct key_log *log, const struct kept_key *item, int64_t now_ms)
{
    forget_expired(log, now_ms);
    if (!make_room(log)) {
        return false;
    }
    if (key_log_keeps(log, item->place)) { /* the rate may have fallen just now */
        log->items[log->end++] = *item;
    }
    return true;
}

size_t key_log_size(const struct key_log *log)
{
    return log->end - log->first;
}

const struct kept_key *key_log_item(const struct key_log *log, size_t index)
{
    assert(index < key_log_size(log));
    return &log->items[log->first + index];
}

double key_log_rate(const struct key_log *log)
{
    return log->rate;
}

size_t key_log_bytes(const struct key_log *log)
{
    return log->capacity * sizeof(*log->items);
}
