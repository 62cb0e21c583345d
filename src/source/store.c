#include "source/store.h"

#include "platform/digest.h"
#include "source/store_state.h"

#include <stdlib.h>
#include <string.h>

const struct store_limits store_limits_default = {
    .labels = 10000,
    .tuples = 4096,
    .arms = 1024,
    .pods = 65536,
    .cells = (size_t)64 << 20,
    .keys = (size_t)4 << 20,
    .journal = (size_t)16 << 20,
};

/* ---- opening and closing --------------------------------------------------------------------- */

static struct hash_key derive_key(const struct hash_key *secret, const char *purpose)
{
    struct hash128 hash = hash_siphash128(secret, purpose, strlen(purpose));
    struct hash_key key;
    memcpy(key.bytes, &hash.low, sizeof(hash.low));
    memcpy(key.bytes + sizeof(hash.low), &hash.high, sizeof(hash.high));
    return key;
}

static void destroy(struct store *store)
{
    for (size_t i = 0; i < store->stream_count; i++) {
        store_stream_destroy(store->streams[i]);
    }
    memory_free(store->streams);
    disk_destroy(store->disk);
    mutex_clear(&store->writer);
    rwlock_clear(&store->memory);
    memory_free(store);
}

static enum serin_status read_file(struct store *store, const struct store_options *options,
                                   struct serin_error *err)
{
    struct hash_key secret = {0};
    TRY(random_bytes(store->table_key.bytes, sizeof(store->table_key.bytes), err));
    TRY(disk_open(options->path, &store->disk, &secret, err));
    store->item_key = options->key ? *options->key : derive_key(&secret, "item keys");
    store->batch_key = derive_key(&secret, "batches");
    TRY(store_load_all(store, err));
    /* A full disk must not keep what is stored from being read. */
    struct serin_error full = {0};
    enum serin_status status = store_maintain_held(store, &full);
    (void)store_note_write(store, STORE_UPKEEP, status, &full);
    return SERIN_OK;
}

enum serin_status store_open(const struct store_options *options, struct store **out,
                             struct serin_error *err)
{
    struct store *store = memory_allocate(1, sizeof(*store));
    if (!store) {
        return serin_fail(err, SERIN_NO_MEMORY, "no memory left to open \"%s\"", options->path);
    }
    store->limits = options->limits ? *options->limits : store_limits_default;
    store->clock = options->clock ? options->clock : clock_system();
    mutex_init(&store->writer);
    rwlock_init(&store->memory);
    enum serin_status status = read_file(store, options, err);
    if (status != SERIN_OK) {
        destroy(store);
        return status;
    }
    *out = store;
    return SERIN_OK;
}

void store_close(struct store *store)
{
    if (store) {
        /* What a checkpoint cannot fold now is folded at the next start. */
        struct serin_error err = {0};
        enum serin_status status = store_checkpoint(store, &err);
        (void)status;
        destroy(store);
    }
}

/* ---- parts for writers ----------------------------------------------------------------------- */

struct store_stream *store_find_stream(const struct store *store, const char *name)
{
    for (size_t i = 0; i < store->stream_count; i++) {
        if (strcmp(store->streams[i]->name, name) == 0) {
            return store->streams[i];
        }
    }
    return NULL;
}

struct disk_stream store_stream_row(const struct store_stream *stream)
{
    return (struct disk_stream){
        .id = stream->id,
        .name = stream->name,
        .block_ms = stream->block_ms,
        .retention_ms = stream->retention_ms,
        .lookback_ms = stream->lookback_ms,
        .pruned_before_ms = stream->pruned_before_ms,
    };
}

size_t store_cells(const struct store *store)
{
    size_t cells = 0;
    for (size_t i = 0; i < store->stream_count; i++) {
        cells += cube_occupied(store->streams[i]->events);
        cells += cube_occupied(store->streams[i]->pairs);
    }
    return cells;
}

size_t store_keys(const struct store *store)
{
    size_t keys = 0;
    for (size_t i = 0; i < store->stream_count; i++) {
        keys += items_count(store->streams[i]->items);
    }
    return keys;
}

enum serin_status store_note_write(struct store *store, enum store_job job,
                                   enum serin_status status, const struct serin_error *err)
{
    scoped_rwlock held = rwlock_write(&store->memory);
    struct serin_error *failure = &store->failures[job];
    *failure = (struct serin_error){.status = SERIN_OK};
    if (status != SERIN_OK) {
        (void)serin_fail(failure, status, "%s", err ? err->detail : "");
    }
    return status;
}

/* ---- what operators and pages ask ------------------------------------------------------------ */

void store_stats(struct store *store, struct store_stats *out)
{
    scoped_rwlock held = rwlock_read(&store->memory);
    *out = (struct store_stats){
        .streams = store->stream_count,
        .cells = store_cells(store),
        .keys = store_keys(store),
        .journal_batches = store->journal.rows,
        .journal_bytes = store->journal.bytes,
        .batches_accepted = store->batches_accepted,
        .batches_repeated = store->batches_repeated,
        .events_accepted = store->events_accepted,
        .append_fails = store->failures[STORE_APPEND].status != SERIN_OK,
        .upkeep_fails = store->failures[STORE_UPKEEP].status != SERIN_OK,
    };
    for (size_t i = 0; i < store->stream_count; i++) {
        out->blocks += cube_block_count(store->streams[i]->events);
        out->bytes += store_stream_bytes(store->streams[i]);
    }
}

void store_arms_free(struct store_arm *arms, size_t count)
{
    for (size_t i = 0; arms && i < count; i++) {
        memory_free(arms[i].arm);
    }
    memory_free(arms);
}

/* Adds what a series (an arm's pod) has to the arm's figures. */
static void add_series(const struct store_stream *stream, uint32_t series, struct store_arm *arm)
{
    size_t count = 0;
    const struct cube_block *blocks = cube_blocks(stream->events, CUBE_FINE, series, &count);
    uint64_t before = arm->events;
    for (size_t i = 0; i < count; i++) {
        arm->events += blocks[i].total;
        arm->first_ms = blocks[i].first_ms < arm->first_ms ? blocks[i].first_ms : arm->first_ms;
        arm->last_ms = blocks[i].last_ms > arm->last_ms ? blocks[i].last_ms : arm->last_ms;
    }
    arm->pods += arm->events > before;
}

static int compare_arms(const void *left, const void *right)
{
    const struct store_arm *a = left;
    const struct store_arm *b = right;
    if (a->last_ms != b->last_ms) {
        return a->last_ms > b->last_ms ? -1 : 1;
    }
    return text_compare(text_view_of(a->arm), text_view_of(b->arm));
}

/* Names the arms that have events and moves them to the front. */
static enum serin_status name_arms(const struct store_stream *stream, struct store_arm *arms,
                                   size_t arm_count, size_t *out_count)
{
    size_t kept = 0;
    for (size_t id = 0; id < arm_count; id++) {
        struct store_arm arm = arms[id];
        if (arm.events == 0) {
            continue;
        }
        struct text_view text = dictionary_text(stream->texts[TEXT_ARM], (uint32_t)id);
        arm.arm = memory_copy_text(text.start, text.length);
        arms[kept++] = arm;
        *out_count = kept;
        if (!arm.arm) {
            return SERIN_NO_MEMORY;
        }
    }
    qsort(arms, kept, sizeof(*arms), compare_arms);
    return SERIN_OK;
}

static enum serin_status list_arms(const struct store_stream *stream, struct store_arm **out,
                                   size_t *out_count)
{
    size_t arm_count = dictionary_size(stream->texts[TEXT_ARM]);
    struct store_arm *arms = memory_allocate(arm_count, sizeof(*arms));
    if (!arms) {
        return SERIN_NO_MEMORY;
    }
    for (size_t i = 0; i < arm_count; i++) {
        arms[i].first_ms = INT64_MAX;
        arms[i].last_ms = INT64_MIN;
    }
    for (uint32_t i = 0; i < cube_series_count(stream->events); i++) {
        add_series(stream, i, &arms[series_arm(cube_series_key(stream->events, i))]);
    }
    size_t count = 0;
    enum serin_status status = name_arms(stream, arms, arm_count, &count);
    if (status != SERIN_OK) {
        store_arms_free(arms, count);
        return status;
    }
    *out = arms;
    *out_count = count;
    return SERIN_OK;
}

enum serin_status store_arms(struct store *store, const char *stream, struct store_arm **out,
                             size_t *out_count)
{
    scoped_rwlock held = rwlock_read(&store->memory);
    const struct store_stream *found = store_find_stream(store, stream);
    if (!found) {
        *out = NULL;
        *out_count = 0;
        return SERIN_OK;
    }
    return list_arms(found, out, out_count);
}
