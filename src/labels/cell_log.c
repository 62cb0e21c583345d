#include "labels/cell_log.h"

#include "base/memory.h"

#include <stdbool.h>
#include <string.h>

enum { ROOM_MIN = 1024, SMALL = 32768 };
enum { RECENT_BITS = 12, RECENT_COUNT = 1 << RECENT_BITS };
enum { DIGIT_BITS = 12, DIGITS = 1 << DIGIT_BITS };

void cell_log_clear(struct cell_log *log)
{
    memory_free(log->cells);
    memory_free(log->recent);
    *log = (struct cell_log){0};
}

bool cell_log_is_small(const struct cell_log *log)
{
    return log->capacity < SMALL;
}

enum serin_status cell_log_reserve(struct cell_log *log)
{
    size_t wanted = log->count + (log->count > ROOM_MIN ? log->count : ROOM_MIN);
    if (!log->recent) {
        log->recent = memory_allocate(RECENT_COUNT, sizeof(*log->recent));
    }
    if (!log->recent) {
        return SERIN_NO_MEMORY;
    }
    return memory_grow((void **)&log->cells, &log->capacity, wanted, sizeof(*log->cells),
                       UINT32_MAX);
}

static bool same_cell(const struct cell *a, const struct cell *b)
{
    return memcmp(a->keys, b->keys, sizeof(a->keys)) == 0;
}

/* Spreads cells over `recent`. It need not be keyed: a collision only costs an append. */
static size_t recent_place(const struct cell *cell)
{
    static const uint64_t factors[CELL_KEYS] = {
        UINT64_C(0x9E3779B97F4A7C15), UINT64_C(0xC2B2AE3D27D4EB4F), UINT64_C(0x165667B19E3779F9),
        UINT64_C(0xD6E8FEB86659FD93)};
    uint64_t mixed = 0;
    for (size_t key = 0; key < CELL_KEYS; key++) {
        mixed += cell->keys[key] * factors[key];
    }
    return (size_t)(mixed >> (64 - RECENT_BITS));
}

enum serin_status cell_log_add(struct cell_log *log, const struct cell *cell)
{
    if (!log->recent) {
        return SERIN_TOO_LARGE;
    }
    size_t place = recent_place(cell);
    uint32_t seen = log->recent[place];
    if (seen < log->count && same_cell(&log->cells[seen], cell)) {
        log->cells[seen].count += cell->count;
        return SERIN_OK;
    }
    if (log->count == log->capacity) {
        return SERIN_TOO_LARGE;
    }
    log->recent[place] = (uint32_t)log->count;
    log->cells[log->count++] = *cell;
    return SERIN_OK;
}

enum serin_status cell_log_append(struct cell_log *log, const struct cell *cell)
{
    if (log->count == log->capacity) {
        return SERIN_TOO_LARGE;
    }
    log->cells[log->count++] = *cell;
    return SERIN_OK;
}

static bool is_before(const struct cell *a, const struct cell *b)
{
    for (size_t key = 0; key < CELL_KEYS; key++) {
        if (a->keys[key] != b->keys[key]) {
            return a->keys[key] < b->keys[key];
        }
    }
    return false;
}

static bool is_sorted(const struct cell_log *log)
{
    for (size_t i = 1; i < log->count; i++) {
        if (is_before(&log->cells[i], &log->cells[i - 1])) {
            return false;
        }
    }
    return true;
}

/* One stable pass of a radix sort, by DIGIT_BITS bits of one key; `digits` is how many occur. */
static void sort_by_digit(const struct cell *from, struct cell *to, size_t count, size_t key,
                          unsigned shift, size_t digits)
{
    size_t starts[DIGITS];
    memset(starts, 0, digits * sizeof(starts[0]));
    for (size_t i = 0; i < count; i++) {
        starts[from[i].keys[key] >> shift & (DIGITS - 1)]++;
    }
    size_t start = 0;
    for (size_t digit = 0; digit < digits; digit++) {
        size_t here = starts[digit];
        starts[digit] = start;
        start += here;
    }
    for (size_t i = 0; i < count; i++) {
        to[starts[from[i].keys[key] >> shift & (DIGITS - 1)]++] = from[i];
    }
}

/* Sorts by the last key first, so that stable passes leave the first key deciding. */
static struct cell *sort(struct cell *cells, struct cell *scratch, size_t count,
                         const uint32_t *largest)
{
    struct cell *from = cells;
    struct cell *to = scratch;
    for (size_t key = CELL_KEYS; key-- > 0;) {
        for (unsigned shift = 0; shift < 32 && largest[key] >> shift > 0; shift += DIGIT_BITS) {
            size_t top = largest[key] >> shift;
            sort_by_digit(from, to, count, key, shift, top < DIGITS ? top + 1 : DIGITS);
            struct cell *swapped = from;
            from = to;
            to = swapped;
        }
    }
    return from;
}

static void find_largest(const struct cell_log *log, uint32_t *out_largest)
{
    for (size_t i = 0; i < log->count; i++) {
        for (size_t key = 0; key < CELL_KEYS; key++) {
            uint32_t value = log->cells[i].keys[key];
            out_largest[key] = value > out_largest[key] ? value : out_largest[key];
        }
    }
}

/* Writes the sorted cells to the log's own memory, equal ones added up. */
static void merge(struct cell_log *log, const struct cell *sorted)
{
    size_t kept = 0;
    for (size_t i = 0; i < log->count; i++) {
        if (kept > 0 && same_cell(&log->cells[kept - 1], &sorted[i])) {
            log->cells[kept - 1].count += sorted[i].count;
        } else {
            log->cells[kept++] = sorted[i];
        }
    }
    log->count = kept;
}

enum serin_status cell_log_compact(struct cell_log *log)
{
    if (is_sorted(log)) {
        merge(log, log->cells);
        return SERIN_OK;
    }
    owned_memory struct cell *scratch = memory_allocate(log->count, sizeof(*scratch));
    if (!scratch) {
        return SERIN_NO_MEMORY;
    }
    uint32_t largest[CELL_KEYS] = {0};
    find_largest(log, largest);
    merge(log, sort(log->cells, scratch, log->count, largest));
    return SERIN_OK;
}
