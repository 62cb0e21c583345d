#include "source/store_fetch.h"

/* ---- the window ------------------------------------------------------------------------------ */

static bool is_inside(const struct window *window, const struct cube_block *block)
{
    return block->total > 0 && block->last_ms >= window->start_ms &&
           block->start_ms < window->end_ms;
}

/* Adds to `coverage` what a series has in the window; whether it has anything. */
static bool cover_series(const struct fetch *fetch, uint32_t series, struct arm_coverage *coverage)
{
    size_t count = 0;
    const struct cube_block *blocks =
        window_blocks(fetch->stream->events, series, &fetch->window, &count);
    bool has_any = false;
    for (size_t i = 0; i < count; i++) {
        const struct cube_block *block = &blocks[i];
        if (is_inside(&fetch->window, block)) {
            has_any = true;
            coverage->first_ms =
                block->first_ms < coverage->first_ms ? block->first_ms : coverage->first_ms;
            coverage->last_ms =
                block->last_ms > coverage->last_ms ? block->last_ms : coverage->last_ms;
        }
    }
    return has_any;
}

/* The plan's part that belongs to an arm. */
struct arm_series {
    const uint32_t *series;
    size_t count;
};

static struct arm_series series_of(const struct fetch *fetch, enum arm arm)
{
    const struct fetch_plan *plan = &fetch->stream->plan;
    size_t first = 0;
    while (first < plan->series_count &&
           series_arm(cube_series_key(fetch->stream->events, plan->series[first])) !=
               fetch->arms[arm]) {
        first++;
    }
    size_t end = first;
    while (end < plan->series_count &&
           series_arm(cube_series_key(fetch->stream->events, plan->series[end])) ==
               fetch->arms[arm]) {
        end++;
    }
    return (struct arm_series){plan->series + first, end - first};
}

size_t fetch_cover(const struct fetch *fetch, enum arm arm, struct arm_coverage *out)
{
    struct arm_coverage coverage = {.first_ms = INT64_MAX, .last_ms = INT64_MIN};
    struct arm_series of_arm = series_of(fetch, arm);
    size_t pods = 0;
    for (size_t i = 0; i < of_arm.count; i++) {
        pods += cover_series(fetch, of_arm.series[i], &coverage);
    }
    *out = pods > 0 ? coverage : (struct arm_coverage){0};
    return pods;
}

static void find_window(struct fetch *fetch)
{
    const struct table_query *query = fetch->query;
    fetch->window = (struct window){query->now_ms - table_query_reach_ms(query), query->now_ms + 1};
    if (query->since_first_canary) {
        struct arm_coverage canary;
        size_t pods = fetch_cover(fetch, ARM_CANARY, &canary);
        if (pods > 0 && canary.first_ms > fetch->window.start_ms) {
            fetch->window.start_ms = canary.first_ms;
        }
    }
}

/* ---- ids of the tables ----------------------------------------------------------------------- */

#define UNRESOLVED UINT32_MAX

/* The tables' ids of the stream's cells, found when a cell first has a count in the window. */
struct cell_ids {
    struct table_cell *cells; /* by cell; label UNRESOLVED: not asked for yet */
    size_t count;
};

static enum serin_status create_ids(size_t count, struct cell_ids *out)
{
    out->cells = memory_allocate(count, sizeof(*out->cells));
    out->count = count;
    for (size_t i = 0; out->cells && i < count; i++) {
        out->cells[i].label = UNRESOLVED;
    }
    return out->cells ? SERIN_OK : SERIN_NO_MEMORY;
}

static enum serin_status slices_id(const struct fetch *fetch, uint32_t tuple, uint32_t *out_id)
{
    struct slice_value slices[SLICE_DIMENSIONS_MAX];
    size_t count = 0;
    struct text_view text = dictionary_text(fetch->stream->texts[TEXT_TUPLE], tuple);
    if (tuple_decode(text, slices, &count) != SERIN_OK) {
        return serin_fail(fetch->err, SERIN_BUG, "slices of stream \"%s\" are unreadable",
                          fetch->stream->name);
    }
    return block_tables_slices_id(fetch->tables, slices, count, out_id, fetch->err);
}

static enum serin_status find_ids(const struct fetch *fetch, uint32_t cell, struct table_cell *out)
{
    struct index_key key = cube_cell_key(fetch->stream->events, cell);
    uint32_t reference = (uint32_t)key.high;
    uint32_t label = (uint32_t)(key.low >> 32);
    struct table_cell ids = {.reference = SERIN_NO_REFERENCE};
    fetch_note_folded(fetch, label);
    fetch_note_folded(fetch, reference);
    if (reference != ID_ABSENT) {
        TRY(block_tables_reference_id(fetch->tables,
                                      fetch_text(fetch->stream, TEXT_REFERENCE, reference),
                                      &ids.reference, fetch->err));
    }
    TRY(block_tables_label_id(fetch->tables, fetch_text(fetch->stream, TEXT_LABEL, label),
                              &ids.label, fetch->err));
    TRY(slices_id(fetch, (uint32_t)(key.high >> 32), &ids.slices));
    *out = ids;
    return SERIN_OK;
}

/* ---- pooling --------------------------------------------------------------------------------- */

/*
 * Blocks of a pod are pooled, cell by cell, into an array indexed by cell, and handed on whenever a
 * coarse block ends: walking all cells in the plan's order where there are few, else those touched.
 */
struct event_pool {
    struct pool pool;
    struct cell_ids ids;
    struct table_cell *row; /* cells of one coarse block */
};

static void clear_events(struct event_pool *events)
{
    pool_clear(&events->pool);
    memory_free(events->ids.cells);
    memory_free(events->row);
}

static enum serin_status create_events(const struct fetch *fetch, struct event_pool *out)
{
    size_t cells = cube_cell_count(fetch->stream->events);
    TRY(pool_create(cells, &out->pool));
    TRY(create_ids(cells, &out->ids));
    out->row = memory_allocate(cells, sizeof(*out->row));
    return out->row ? SERIN_OK : SERIN_NO_MEMORY;
}

/* Moves a cell's sum to the row. */
static enum serin_status take_sum(const struct fetch *fetch, struct event_pool *events,
                                  uint32_t cell, size_t *row_count)
{
    struct table_cell *ids = &events->ids.cells[cell];
    if (ids->label == UNRESOLVED) {
        TRY(find_ids(fetch, cell, ids));
    }
    events->row[*row_count] = *ids;
    events->row[*row_count].count = events->pool.sums[cell];
    events->pool.sums[cell] = 0;
    ++*row_count;
    return SERIN_OK;
}

/* One pod's coarse block. */
struct coarse_block {
    enum arm arm;
    struct text_view pod;
    int64_t start_ms;
};

static enum serin_status flush(const struct fetch *fetch, struct event_pool *events,
                               const struct coarse_block *block)
{
    const struct fetch_plan *plan = &fetch->stream->plan;
    struct pool *pool = &events->pool;
    const uint32_t *cells = plan->cells ? plan->cells : pool->touched;
    size_t count = plan->cells ? plan->cell_count : pool->touched_count;
    size_t row_count = 0;
    for (size_t i = 0; i < count; i++) {
        if (pool->sums[cells[i]] > 0) {
            TRY(take_sum(fetch, events, cells[i], &row_count));
        }
    }
    pool->touched_count = 0;
    return block_tables_add_block(fetch->tables, block->arm, block->pod, block->start_ms,
                                  events->row, row_count, fetch->err);
}

/* How the blocks of one arm are walked. */
struct walk {
    enum arm arm;
    int64_t width_ms;
    bool is_wide; /* wide blocks fit into the coarse ones */
};

/*
 * The wide block that stands for `fine` and those around it; NULL when part of it may lie outside
 * of the window, so that only the fine blocks tell.
 */
static const struct cube_block *find_wide(const struct fetch *fetch, const struct walk *walk,
                                          uint32_t series, const struct cube_block *fine)
{
    int64_t start_ms = block_start(fine->start_ms, fetch->stream->wide_ms);
    if (!walk->is_wide || start_ms < fetch->window.start_ms) {
        return NULL;
    }
    size_t count = 0;
    const struct cube_block *wide = cube_blocks(fetch->stream->events, CUBE_WIDE, series, &count);
    size_t at = cube_blocks_from(wide, count, start_ms);
    bool is_found = at < count && wide[at].start_ms == start_ms;
    return is_found && wide[at].last_ms < fetch->window.end_ms ? &wide[at] : NULL;
}

static void pool_block(const struct fetch *fetch, struct pool *pool, const struct cube_block *block)
{
    if (fetch->stream->plan.cells) {
        pool_add(pool, block);
    } else {
        pool_touch(pool, block);
    }
}

static enum serin_status pool_series(const struct fetch *fetch, struct event_pool *events,
                                     uint32_t series, const struct walk *walk)
{
    const struct store_stream *stream = fetch->stream;
    uint32_t pod = series_pod(cube_series_key(stream->events, series));
    struct coarse_block coarse = {.arm = walk->arm,
                                  .pod = dictionary_text(stream->texts[TEXT_POD], pod)};
    size_t count = 0;
    const struct cube_block *blocks = window_blocks(stream->events, series, &fetch->window, &count);
    for (size_t i = 0; i < count;) {
        const struct cube_block *fine = &blocks[i++];
        if (!is_inside(&fetch->window, fine)) {
            continue;
        }
        int64_t start_ms = block_start(fine->start_ms, walk->width_ms);
        if (start_ms != coarse.start_ms) {
            TRY(flush(fetch, events, &coarse));
            coarse.start_ms = start_ms;
        }
        const struct cube_block *wide = find_wide(fetch, walk, series, fine);
        pool_block(fetch, &events->pool, wide ? wide : fine);
        while (wide && i < count && blocks[i].start_ms < wide->start_ms + stream->wide_ms) {
            i++;
        }
    }
    return flush(fetch, events, &coarse);
}

static enum serin_status fetch_arm(const struct fetch *fetch, struct event_pool *events,
                                   enum arm arm)
{
    struct arm_coverage coverage;
    int64_t width_ms = fetch_width_ms(fetch, fetch_cover(fetch, arm, &coverage));
    struct walk walk = {arm, width_ms, width_ms % fetch->stream->wide_ms == 0};
    struct arm_series of_arm = series_of(fetch, arm);
    block_tables_set_coverage(fetch->tables, arm, &coverage);
    for (size_t i = 0; i < of_arm.count; i++) {
        TRY(pool_series(fetch, events, of_arm.series[i], &walk));
    }
    return SERIN_OK;
}

static enum serin_status fetch_events(const struct fetch *fetch)
{
    struct event_pool events = {0};
    enum serin_status status = create_events(fetch, &events);
    status = status == SERIN_OK ? SERIN_OK : fetch_no_memory(fetch->err);
    for (int arm = 0; arm < ARM_COUNT && status == SERIN_OK; arm++) {
        status = fetch_arm(fetch, &events, (enum arm)arm);
    }
    clear_events(&events);
    return status;
}

/* ---- the whole ------------------------------------------------------------------------------- */

static void find_arms(struct fetch *fetch)
{
    for (size_t arm = 0; arm < ARM_COUNT; arm++) {
        struct text_view text = text_view_of(fetch->query->arms[arm]);
        if (!dictionary_find(fetch->stream->texts[TEXT_ARM], text, &fetch->arms[arm])) {
            fetch->arms[arm] = ID_ABSENT;
        }
    }
}

/* Readers share the plan: nobody changes what it depends on while they hold the memory's lock. */
static enum serin_status ensure_plan(struct store_stream *stream)
{
    scoped_lock held = mutex_hold(&stream->planning);
    if (fetch_plan_holds(&stream->plan, stream->events)) {
        return SERIN_OK;
    }
    return fetch_plan_make(&stream->plan, stream->events, stream->texts[TEXT_POD],
                           stream->texts[TEXT_REFERENCE], stream->texts[TEXT_LABEL]);
}

/* A stream without a single event has a window, but nothing in it. */
static enum serin_status fetch_held(struct store *store, struct fetch *fetch)
{
    scoped_rwlock held = rwlock_read(&store->memory);
    struct store_stream *stream = store_find_stream(store, fetch->query->stream->name);
    if (!stream) {
        return SERIN_OK;
    }
    if (ensure_plan(stream) != SERIN_OK) {
        return fetch_no_memory(fetch->err);
    }
    fetch->stream = stream;
    find_arms(fetch);
    find_window(fetch);
    TRY(fetch_events(fetch));
    return fetch->query->paired ? fetch_pairs(fetch) : SERIN_OK;
}

enum serin_status store_fetch(struct store *store, const struct table_query *query,
                              struct block_tables **out, struct serin_error *err)
{
    owned(block_tables) tables = block_tables_create(&query->limits);
    if (!tables) {
        return fetch_no_memory(err);
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
                   ? fetch_no_memory(err)
                   : serin_fail(err, status, "more occupied cells than an analysis may have");
    }
    *out = give(tables);
    return SERIN_OK;
}
