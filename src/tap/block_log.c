#include "tap/block_log.h"

#include <assert.h>
#include <string.h>

enum { SLOTS_MIN = 16, HALVINGS_MAX = 40, FORGOTTEN_PART = 4 };

#define NO_CELL UINT32_MAX

/* Padded to 16 bytes: the size BLOCK_LOG_BYTES_MIN counts with. */
struct slot {
    uint32_t cell; /* NO_CELL: free */
    uint64_t count;
};

/* Open addressing; at most three quarters of the slots are taken. */
struct bucket {
    struct block_view when;
    struct slot *slots;
    uint32_t slot_count; /* a power of two */
    uint32_t size;
};

struct block_log {
    struct block_log_options options;
    int64_t width_ms;
    struct bucket *buckets; /* ordered by start */
    size_t count;
    size_t capacity;
    size_t bytes; /* of slots and buckets */
    unsigned halvings;
    int64_t since_ms;
};

struct block_log *block_log_create(const struct block_log_options *options)
{
    struct block_log *log = memory_allocate(1, sizeof(*log));
    if (log) {
        log->options = *options;
        log->width_ms = options->width_ms;
    }
    return log;
}

static void free_bucket(struct block_log *log, struct bucket *bucket)
{
    log->bytes -= bucket->slot_count * sizeof(struct slot) + sizeof(*bucket);
    memory_free(bucket->slots);
}

void block_log_destroy(struct block_log *log)
{
    if (log) {
        for (size_t i = 0; i < log->count; i++) {
            memory_free(log->buckets[i].slots);
        }
        memory_free(log->buckets);
        memory_free(log);
    }
}

/* ---- one bucket ------------------------------------------------------------------------------ */

static struct slot *slot_of(const struct bucket *bucket, uint32_t cell)
{
    uint32_t mask = bucket->slot_count - 1;
    uint32_t place = (uint32_t)((cell * UINT64_C(0x9E3779B97F4A7C15)) >> 32) & mask;
    while (bucket->slots[place].cell != NO_CELL && bucket->slots[place].cell != cell) {
        place = (place + 1) & mask;
    }
    return &bucket->slots[place];
}

static struct slot *new_slots(size_t count)
{
    struct slot *slots = memory_allocate(count, sizeof(*slots));
    for (size_t i = 0; slots && i < count; i++) {
        slots[i].cell = NO_CELL;
    }
    return slots;
}

static void put(struct bucket *bucket, uint32_t cell, uint64_t count)
{
    struct slot *slot = slot_of(bucket, cell);
    bucket->size += slot->cell == NO_CELL;
    slot->cell = cell;
    slot->count += count;
}

/* Whether the cell is there, or has room without growing. */
static bool has_place(const struct bucket *bucket, uint32_t cell)
{
    return (bucket->size + 1) * 4 <= bucket->slot_count * 3 || slot_of(bucket, cell)->cell == cell;
}

/* There are events from `first_ms` to `last_ms` too. */
static void cover(struct block_view *when, int64_t first_ms, int64_t last_ms)
{
    when->first_ms = first_ms < when->first_ms ? first_ms : when->first_ms;
    when->last_ms = last_ms > when->last_ms ? last_ms : when->last_ms;
}

static bool grow_bucket(struct block_log *log, struct bucket *bucket)
{
    struct bucket grown = {
        .when = bucket->when, .slot_count = bucket->slot_count * 2, .slots = NULL};
    grown.slots = new_slots(grown.slot_count);
    if (!grown.slots) {
        return false;
    }
    for (size_t i = 0; i < bucket->slot_count; i++) {
        if (bucket->slots[i].cell != NO_CELL) {
            put(&grown, bucket->slots[i].cell, bucket->slots[i].count);
        }
    }
    log->bytes += (grown.slot_count - bucket->slot_count) * sizeof(struct slot);
    memory_free(bucket->slots);
    *bucket = grown;
    return true;
}

/* ---- making room ----------------------------------------------------------------------------- */

static int64_t start_of(int64_t time_ms, int64_t width_ms)
{
    return time_ms - time_ms % width_ms;
}

/* Counts of `from` go to `into`, in which they may need more room than the limit for a moment. */
static bool merge(struct block_log *log, struct bucket *into, struct bucket *from)
{
    for (size_t i = 0; i < from->slot_count; i++) {
        const struct slot *slot = &from->slots[i];
        if (slot->cell == NO_CELL) {
            continue;
        }
        if (!has_place(into, slot->cell) && !grow_bucket(log, into)) {
            return false;
        }
        put(into, slot->cell, slot->count);
    }
    cover(&into->when, from->when.first_ms, from->when.last_ms);
    free_bucket(log, from);
    return true;
}

static void forget_oldest(struct block_log *log, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        log->since_ms = log->buckets[i].when.start_ms + log->width_ms;
        free_bucket(log, &log->buckets[i]);
    }
    log->count -= count;
    memmove(log->buckets, log->buckets + count, log->count * sizeof(*log->buckets));
}

/* Buckets of twice the width. One that finds no memory to be merged is forgotten. */
static void widen(struct block_log *log)
{
    log->width_ms *= 2;
    size_t kept = 0;
    for (size_t i = 0; i < log->count; i++) {
        struct bucket *bucket = &log->buckets[i];
        bucket->when.start_ms = start_of(bucket->when.start_ms, log->width_ms);
        struct bucket *before = kept > 0 ? &log->buckets[kept - 1] : NULL;
        if (!before || before->when.start_ms != bucket->when.start_ms) {
            log->buckets[kept++] = *bucket;
        } else if (!merge(log, before, bucket)) {
            log->since_ms = before->when.start_ms + log->width_ms;
            free_bucket(log, bucket);
        }
    }
    log->count = kept;
}

static void sample_more_thinly(struct block_log *log)
{
    log->halvings += log->halvings < HALVINGS_MAX;
    size_t part = log->count / FORGOTTEN_PART;
    forget_oldest(log, part > 0 ? part : 1);
}

/* Until `more` bytes fit. With one bucket left everything fits, by BLOCK_LOG_BYTES_MIN. */
static void make_room(struct block_log *log, size_t more)
{
    while (log->bytes + more > log->options.bytes && log->count > 1) {
        if (log->width_ms * 2 <= log->options.width_max_ms) {
            widen(log);
        } else {
            sample_more_thinly(log);
        }
    }
}

static void forget_expired(struct block_log *log, int64_t now_ms)
{
    size_t expired = 0;
    int64_t oldest_ms = now_ms - log->options.retention_ms;
    while (expired < log->count &&
           log->buckets[expired].when.start_ms + log->width_ms <= oldest_ms) {
        expired++;
    }
    if (expired > 0) {
        forget_oldest(log, expired);
    }
}

/* ---- adding ---------------------------------------------------------------------------------- */

/* Where a bucket that starts then is, or has to be put. */
static size_t find_bucket(const struct block_log *log, int64_t start_ms)
{
    size_t place = log->count;
    while (place > 0 && log->buckets[place - 1].when.start_ms >= start_ms) {
        place--;
    }
    return place;
}

/* Where there is none yet. */
static bool insert_bucket(struct block_log *log, int64_t time_ms)
{
    int64_t start_ms = start_of(time_ms, log->width_ms);
    size_t place = find_bucket(log, start_ms);
    struct bucket bucket = {
        .when = {start_ms, time_ms, time_ms},
          .slot_count = SLOTS_MIN
    };
    if (memory_grow((void **)&log->buckets, &log->capacity, log->count + 1, sizeof(bucket),
                    SIZE_MAX) != SERIN_OK) {
        return false;
    }
    bucket.slots = new_slots(SLOTS_MIN);
    if (!bucket.slots) {
        return false;
    }
    memmove(log->buckets + place + 1, log->buckets + place,
            (log->count - place) * sizeof(*log->buckets));
    log->buckets[place] = bucket;
    log->count++;
    log->bytes += sizeof(bucket) + SLOTS_MIN * sizeof(struct slot);
    return true;
}

static struct bucket *bucket_at(struct block_log *log, int64_t time_ms)
{
    int64_t start_ms = start_of(time_ms, log->width_ms);
    size_t place = find_bucket(log, start_ms);
    bool is_there = place < log->count && log->buckets[place].when.start_ms == start_ms;
    return is_there ? &log->buckets[place] : NULL;
}

/* The bucket of `time_ms` with a place for the cell; NULL when there is none to be had. */
static struct bucket *open_bucket(struct block_log *log, int64_t time_ms, uint32_t cell)
{
    struct bucket *bucket = bucket_at(log, time_ms);
    if (!bucket) {
        if (!insert_bucket(log, time_ms)) {
            return NULL;
        }
        make_room(log, 0);
        bucket = bucket_at(log, time_ms);
    }
    if (bucket && !has_place(bucket, cell)) {
        make_room(log, bucket->slot_count * sizeof(struct slot));
        bucket = bucket_at(log, time_ms);
        if (bucket && !has_place(bucket, cell) && !grow_bucket(log, bucket)) {
            return NULL;
        }
    }
    return bucket;
}

bool block_log_keeps(const struct block_log *log, double place)
{
    return place < block_log_rate(log);
}

bool block_log_add(struct block_log *log, int64_t time_ms, int64_t now_ms, uint32_t cell,
                   uint64_t count)
{
    assert(cell != NO_CELL);
    forget_expired(log, now_ms);
    if (time_ms < log->since_ms || time_ms < now_ms - log->options.retention_ms) {
        return false;
    }
    struct bucket *bucket = open_bucket(log, time_ms, cell);
    if (!bucket) {
        return false;
    }
    put(bucket, cell, count);
    cover(&bucket->when, time_ms, time_ms);
    return true;
}

/* ---- reading --------------------------------------------------------------------------------- */

size_t block_log_size(const struct block_log *log)
{
    return log->count;
}

size_t block_log_entries(const struct block_log *log)
{
    size_t entries = 0;
    for (size_t i = 0; i < log->count; i++) {
        entries += log->buckets[i].size;
    }
    return entries;
}

struct block_view block_log_block(const struct block_log *log, size_t block)
{
    assert(block < log->count);
    return log->buckets[block].when;
}

bool block_log_next(const struct block_log *log, struct block_cursor *at, struct block_entry *out)
{
    for (; at->block < log->count; at->block++, at->place = 0) {
        const struct bucket *bucket = &log->buckets[at->block];
        while (at->place < bucket->slot_count) {
            const struct slot *slot = &bucket->slots[at->place++];
            if (slot->cell != NO_CELL) {
                *out = (struct block_entry){at->block, slot->cell, slot->count};
                return true;
            }
        }
    }
    return false;
}

int64_t block_log_width_ms(const struct block_log *log)
{
    return log->width_ms;
}

double block_log_rate(const struct block_log *log)
{
    return 1.0 / (double)(UINT64_C(1) << log->halvings);
}

int64_t block_log_since_ms(const struct block_log *log)
{
    return log->since_ms;
}

size_t block_log_bytes(const struct block_log *log)
{
    return log->bytes;
}
