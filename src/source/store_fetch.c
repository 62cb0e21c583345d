#include "source/slice_tuple.h"
#include "source/store_state.h"

/*
 * A fetch pools a stream's blocks into the coarser ones of the analysis: for each pod, cell by
 * cell, into an array indexed by cell, which is handed on whenever a coarse block ends.
 */
struct pool {
    uint64_t *sums;    /* by cell */
    uint32_t *touched; /* cells with a sum */
    size_t touched_count;
};

static void clear_pool(struct pool *pool)
{
    memory_free(pool->sums);
    memory_free(pool->touched);
}

static enum serin_status create_pool(const struct cube *cube, struct pool *out)
{
    size_t cells = cube_cell_count(cube);
    out->sums = memory_allocate(cells, sizeof(*out->sums));
    out->touched = memory_allocate(cells + 1, sizeof(*out->touched));
    return out->sums && out->touched ? SERIN_OK : SERIN_NO_MEMORY;
}

static void pool_block(struct pool *pool, const struct cube_block *block)
{
    size_t touched = pool->touched_count;
    for (size_t i = 0; i < block->count; i++) {
        uint32_t cell = block->cells[i];
        pool->touched[touched] = cell;
        touched += pool->sums[cell] == 0 && block->counts[i] > 0;
        pool->sums[cell] += block->counts[i];
    }
    pool->touched_count = touched;
}

/* ---- the window ------------------------------------------------------------------------------ */

struct window {
    int64_t start_ms;
    int64_t end_ms;
};

/* What of a stream one arm of the query needs. */
struct fetch {
    const struct store_stream *stream;
    const struct table_query *query;
    struct window window;
    uint32_t arms[ARM_COUNT]; /* ids; ID_ABSENT: never seen */
    struct block_tables *tables;
    struct serin_error *err;
};

static bool is_inside(const struct window *window, const struct cube_block *block)
{
    return block->total > 0 && block->last_ms >= window->start_ms &&
           block->start_ms < window->end_ms;
}

/* The blocks of a series that may lie in the window, one before its start included. */
static const struct cube_block *window_blocks(const struct cube *cube, uint32_t series,
                                              const struct window *window, size_t *out_count)
{
    enum { LONGEST_BLOCK_MS = 3600 * 1000 };
    size_t count = 0;
    const struct cube_block *blocks = cube_blocks(cube, series, &count);
    size_t first = cube_blocks_from(blocks, count, window->start_ms - LONGEST_BLOCK_MS);
    size_t end = cube_blocks_from(blocks, count, window->end_ms);
    *out_count = end - first;
    return blocks ? blocks + first : NULL;
}

static bool is_of_arm(const struct fetch *fetch, uint32_t series, enum arm arm)
{
    return series_arm(cube_series_key(fetch->stream->events, series)) == fetch->arms[arm];
}

/* Adds to `coverage` what a series has in the window; whether it has anything. */
static bool cover_series(const struct fetch *fetch, uint32_t series, struct arm_coverage *coverage)
{
    size_t count = 0;
    const struct cube_block *blocks =
        window_blocks(fetch->stream->events, series, &fetch->window, &count);
    bool has_any = false;
    for (size_t i = 0; i < count; i++) {
        if (is_inside(&fetch->window, &blocks[i])) {
            const struct cube_block *block = &blocks[i];
            has_any = true;
            coverage->first_ms =
                block->first_ms < coverage->first_ms ? block->first_ms : coverage->first_ms;
            coverage->last_ms =
                block->last_ms > coverage->last_ms ? block->last_ms : coverage->last_ms;
        }
    }
    return has_any;
}

/* An arm's first and last event in the window, and how many pods had any. */
static size_t cover_arm(const struct fetch *fetch, enum arm arm, struct arm_coverage *out)
{
    struct arm_coverage coverage = {.first_ms = INT64_MAX, .last_ms = INT64_MIN};
    size_t pods = 0;
    for (uint32_t i = 0; i < cube_series_count(fetch->stream->events); i++) {
        if (is_of_arm(fetch, i, arm)) {
            pods += cover_series(fetch, i, &coverage);
        }
    }
    *out = pods > 0 ? coverage : (struct arm_coverage){0};
    return pods;
}

static void find_window(struct fetch *fetch)
{
    const struct table_query *query = fetch->query;
    int64_t longest_ms = query->since_first_canary ? query->stream->lookback_ms : query->window_ms;
    fetch->window = (struct window){query->now_ms - longest_ms, query->now_ms + 1};
    if (query->since_first_canary) {
        struct arm_coverage canary;
        size_t pods = cover_arm(fetch, ARM_CANARY, &canary);
        if (pods > 0 && canary.first_ms > fetch->window.start_ms) {
            fetch->window.start_ms = canary.first_ms;
        }
    }
}

/* ---- one arm's events ------------------------------------------------------------------------ */

static struct text_view label_text(const struct store_stream *stream, enum text_kind kind,
                                   uint32_t id)
{
    static const struct text_view other = TEXT_VIEW(BLOCK_TABLES_OTHER);
    return id == ID_OTHER ? other : dictionary_text(stream->texts[kind], id);
}

/* Labels that the store folded must not pass for labels of their own. */
static void note_folded(const struct fetch *fetch, uint32_t label, uint32_t reference)
{
    if (label == ID_OTHER || reference == ID_OTHER) {
        block_tables_set_capped(fetch->tables);
    }
}

static enum serin_status add_cell(const struct fetch *fetch, struct block_count *count,
                                  struct index_key key)
{
    const struct store_stream *stream = fetch->stream;
    uint32_t tuple = (uint32_t)(key.high >> 32);
    uint32_t reference = (uint32_t)key.high;
    uint32_t label = (uint32_t)(key.low >> 32);
    struct slice_value slices[SLICE_DIMENSIONS_MAX];
    size_t slice_count = 0;
    if (tuple_decode(dictionary_text(stream->texts[TEXT_TUPLE], tuple), slices, &slice_count) !=
        SERIN_OK) {
        return serin_fail(fetch->err, SERIN_BUG, "slices of stream \"%s\" are unreadable",
                          stream->name);
    }
    note_folded(fetch, label, reference);
    count->label = label_text(stream, TEXT_LABEL, label);
    count->has_reference = reference != ID_ABSENT;
    if (count->has_reference) {
        count->reference = label_text(stream, TEXT_REFERENCE, reference);
    }
    count->slices = slices;
    count->slice_count = slice_count;
    enum serin_status status = block_tables_add(fetch->tables, count, fetch->err);
    count->slices = NULL;
    return status;
}

static enum serin_status flush_events(const struct fetch *fetch, struct pool *pool,
                                      struct block_count *block)
{
    for (size_t i = 0; i < pool->touched_count; i++) {
        uint32_t cell = pool->touched[i];
        block->count = pool->sums[cell];
        pool->sums[cell] = 0;
        TRY(add_cell(fetch, block, cube_cell_key(fetch->stream->events, cell)));
    }
    pool->touched_count = 0;
    return SERIN_OK;
}

static enum serin_status pool_series(const struct fetch *fetch, struct pool *pool, uint32_t series,
                                     enum arm arm, int64_t width_ms)
{
    const struct store_stream *stream = fetch->stream;
    uint32_t pod = series_pod(cube_series_key(stream->events, series));
    struct block_count block = {.arm = arm, .pod = dictionary_text(stream->texts[TEXT_POD], pod)};
    size_t count = 0;
    const struct cube_block *blocks = window_blocks(stream->events, series, &fetch->window, &count);
    for (size_t i = 0; i < count; i++) {
        if (!is_inside(&fetch->window, &blocks[i])) {
            continue;
        }
        int64_t start_ms = block_start(blocks[i].start_ms, width_ms);
        if (start_ms != block.block_start_ms) {
            TRY(flush_events(fetch, pool, &block));
            block.block_start_ms = start_ms;
        }
        pool_block(pool, &blocks[i]);
    }
    return flush_events(fetch, pool, &block);
}

static int64_t arm_width_ms(const struct fetch *fetch, size_t pods)
{
    return block_width_ms(fetch->query->stream->block_ms, fetch->window.start_ms,
                          fetch->window.end_ms, pods);
}

static enum serin_status fetch_arm(const struct fetch *fetch, struct pool *pool, enum arm arm)
{
    struct arm_coverage coverage;
    size_t pods = cover_arm(fetch, arm, &coverage);
    int64_t width_ms = arm_width_ms(fetch, pods);
    block_tables_set_coverage(fetch->tables, arm, &coverage);
    for (uint32_t i = 0; i < cube_series_count(fetch->stream->events); i++) {
        if (is_of_arm(fetch, i, arm)) {
            TRY(pool_series(fetch, pool, i, arm, width_ms));
        }
    }
    return SERIN_OK;
}

/* ---- pairs ----------------------------------------------------------------------------------- */

static enum serin_status flush_pairs(const struct fetch *fetch, struct pool *pool,
                                     struct paired_count *block)
{
    const struct store_stream *stream = fetch->stream;
    for (size_t i = 0; i < pool->touched_count; i++) {
        uint32_t cell = pool->touched[i];
        struct index_key key = cube_cell_key(stream->pairs, cell);
        uint32_t canary = (uint32_t)(key.high >> 32);
        uint32_t stable = (uint32_t)key.high;
        uint32_t reference = (uint32_t)(key.low >> 32);
        block->canary_label = label_text(stream, TEXT_LABEL, canary);
        block->stable_label = label_text(stream, TEXT_LABEL, stable);
        block->has_reference = reference != ID_ABSENT;
        if (block->has_reference) {
            block->reference = label_text(stream, TEXT_REFERENCE, reference);
        }
        block->count = pool->sums[cell];
        pool->sums[cell] = 0;
        note_folded(fetch, canary, reference);
        note_folded(fetch, stable, reference);
        TRY(block_tables_add_paired(fetch->tables, block, fetch->err));
    }
    pool->touched_count = 0;
    return SERIN_OK;
}

static bool is_paired(const struct fetch *fetch, uint32_t series)
{
    struct index_key key = cube_series_key(fetch->stream->pairs, series);
    return (uint32_t)(key.high >> 32) == fetch->arms[ARM_CANARY] &&
           (uint32_t)key.high == fetch->arms[ARM_STABLE];
}

/* Whether the pairs of a block fall into the window: they happened when the canary saw them. */
static bool is_pair_inside(const struct window *window, const struct cube_block *block,
                           int64_t block_ms)
{
    return block->total > 0 && block->start_ms + block_ms > window->start_ms &&
           block->start_ms < window->end_ms;
}

static enum serin_status pool_pairs(const struct fetch *fetch, struct pool *pool, uint32_t series,
                                    int64_t width_ms)
{
    const struct store_stream *stream = fetch->stream;
    uint32_t pod = (uint32_t)(cube_series_key(stream->pairs, series).low >> 32);
    struct paired_count block = {.pod = dictionary_text(stream->texts[TEXT_POD], pod)};
    size_t count = 0;
    const struct cube_block *blocks = window_blocks(stream->pairs, series, &fetch->window, &count);
    for (size_t i = 0; i < count; i++) {
        if (!is_pair_inside(&fetch->window, &blocks[i], fetch->query->stream->block_ms)) {
            continue;
        }
        int64_t start_ms = block_start(blocks[i].start_ms, width_ms);
        if (start_ms != block.block_start_ms) {
            TRY(flush_pairs(fetch, pool, &block));
            block.block_start_ms = start_ms;
        }
        pool_block(pool, &blocks[i]);
    }
    return flush_pairs(fetch, pool, &block);
}

static enum serin_status fetch_pairs(const struct fetch *fetch, struct pool *pool)
{
    struct arm_coverage coverage;
    int64_t width_ms = arm_width_ms(fetch, cover_arm(fetch, ARM_CANARY, &coverage));
    for (uint32_t i = 0; i < cube_series_count(fetch->stream->pairs); i++) {
        if (is_paired(fetch, i)) {
            TRY(pool_pairs(fetch, pool, i, width_ms));
        }
    }
    return SERIN_OK;
}

/* ---- the whole ------------------------------------------------------------------------------- */

static enum serin_status no_memory(struct serin_error *err)
{
    return serin_fail(err, SERIN_NO_MEMORY, "no memory left for the tables");
}

static enum serin_status fetch_events(const struct fetch *fetch)
{
    struct pool pool = {0};
    enum serin_status status = create_pool(fetch->stream->events, &pool);
    status = status == SERIN_OK ? SERIN_OK : no_memory(fetch->err);
    for (int arm = 0; arm < ARM_COUNT && status == SERIN_OK; arm++) {
        status = fetch_arm(fetch, &pool, (enum arm)arm);
    }
    clear_pool(&pool);
    return status;
}

static enum serin_status fetch_paired(const struct fetch *fetch)
{
    struct pool pool = {0};
    enum serin_status status = create_pool(fetch->stream->pairs, &pool);
    status = status == SERIN_OK ? fetch_pairs(fetch, &pool) : no_memory(fetch->err);
    clear_pool(&pool);
    return status;
}

static void find_arms(struct fetch *fetch)
{
    for (size_t arm = 0; arm < ARM_COUNT; arm++) {
        struct text_view text = text_view_of(fetch->query->arms[arm]);
        if (!dictionary_find(fetch->stream->texts[TEXT_ARM], text, &fetch->arms[arm])) {
            fetch->arms[arm] = ID_ABSENT;
        }
    }
}

static enum serin_status fetch_stream(struct fetch *fetch)
{
    find_arms(fetch);
    find_window(fetch);
    TRY(fetch_events(fetch));
    return fetch->query->paired ? fetch_paired(fetch) : SERIN_OK;
}

/* A stream without a single event has a window, but nothing in it. */
static enum serin_status fetch_held(struct store *store, struct fetch *fetch)
{
    scoped_rwlock held = rwlock_read(&store->memory);
    fetch->stream = store_find_stream(store, fetch->query->stream->name);
    return fetch->stream ? fetch_stream(fetch) : SERIN_OK;
}

enum serin_status store_fetch(struct store *store, const struct table_query *query,
                              struct block_tables **out, struct serin_error *err)
{
    owned(block_tables) tables = block_tables_create(&query->limits);
    if (!tables) {
        return no_memory(err);
    }
    struct fetch fetch = {
        .query = query,
        .window = {query->now_ms, query->now_ms + 1},
        .tables = tables,
        .err = err,
    };
    TRY(fetch_held(store, &fetch));
    block_tables_set_window(tables, fetch.window.start_ms, fetch.window.end_ms);
    enum serin_status status = block_tables_seal(tables);
    if (status != SERIN_OK) {
        return status == SERIN_NO_MEMORY
                   ? no_memory(err)
                   : serin_fail(err, status, "more occupied cells than an analysis may have");
    }
    *out = give(tables);
    return SERIN_OK;
}
