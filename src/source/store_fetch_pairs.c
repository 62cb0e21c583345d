#include "source/store_fetch.h"

/* Pairs of both arms, or of the stable arm with itself. */
struct pairing {
    enum arm canary; /* whose label stands for the canary's, and whose pod and time it is */
    enum serin_status (*add)(struct block_tables *tables, const struct paired_count *count,
                             struct serin_error *err);
};

static enum serin_status add_pairs(const struct fetch *fetch, const struct pairing *pairing,
                                   struct index_key cell, struct paired_count *block)
{
    const struct store_stream *stream = fetch->stream;
    uint32_t canary = (uint32_t)(cell.high >> 32);
    uint32_t stable = (uint32_t)cell.high;
    uint32_t reference = (uint32_t)(cell.low >> 32);
    block->canary_label = fetch_text(stream, TEXT_LABEL, canary);
    block->stable_label = fetch_text(stream, TEXT_LABEL, stable);
    block->has_reference = reference != ID_ABSENT;
    if (block->has_reference) {
        block->reference = fetch_text(stream, TEXT_REFERENCE, reference);
    }
    fetch_note_folded(fetch, canary);
    fetch_note_folded(fetch, stable);
    fetch_note_folded(fetch, reference);
    return pairing->add(fetch->tables, block, fetch->err);
}

static enum serin_status flush(const struct fetch *fetch, const struct pairing *pairing,
                               struct pool *pool, struct paired_count *block)
{
    for (size_t i = 0; i < pool->touched_count; i++) {
        uint32_t cell = pool->touched[i];
        block->count = pool->sums[cell];
        pool->sums[cell] = 0;
        TRY(add_pairs(fetch, pairing, cube_cell_key(fetch->stream->pairs, cell), block));
    }
    pool->touched_count = 0;
    return SERIN_OK;
}

static bool is_paired(const struct fetch *fetch, const struct pairing *pairing, uint32_t series)
{
    struct index_key key = cube_series_key(fetch->stream->pairs, series);
    return (uint32_t)(key.high >> 32) == fetch->arms[pairing->canary] &&
           (uint32_t)key.high == fetch->arms[ARM_STABLE];
}

/* Whether the pairs of a block fall into the window: they happened when the canary saw them. */
static bool is_inside(const struct fetch *fetch, const struct cube_block *block)
{
    return block->total > 0 &&
           block->start_ms + fetch->query->stream->block_ms > fetch->window.start_ms &&
           block->start_ms < fetch->window.end_ms;
}

static enum serin_status pool_series(const struct fetch *fetch, const struct pairing *pairing,
                                     struct pool *pool, uint32_t series, int64_t width_ms)
{
    const struct store_stream *stream = fetch->stream;
    uint32_t pod = (uint32_t)(cube_series_key(stream->pairs, series).low >> 32);
    struct paired_count coarse = {.pod = dictionary_text(stream->texts[TEXT_POD], pod)};
    size_t count = 0;
    const struct cube_block *blocks = window_blocks(stream->pairs, series, &fetch->window, &count);
    for (size_t i = 0; i < count; i++) {
        if (!is_inside(fetch, &blocks[i])) {
            continue;
        }
        int64_t start_ms = block_start(blocks[i].start_ms, width_ms);
        if (start_ms != coarse.block_start_ms) {
            TRY(flush(fetch, pairing, pool, &coarse));
            coarse.block_start_ms = start_ms;
        }
        pool_touch(pool, &blocks[i]);
    }
    return flush(fetch, pairing, pool, &coarse);
}

static enum serin_status pool_all(const struct fetch *fetch, const struct pairing *pairing,
                                  struct pool *pool)
{
    struct arm_coverage coverage;
    int64_t width_ms = fetch_width_ms(fetch, fetch_cover(fetch, pairing->canary, &coverage));
    for (uint32_t i = 0; i < cube_series_count(fetch->stream->pairs); i++) {
        if (is_paired(fetch, pairing, i)) {
            TRY(pool_series(fetch, pairing, pool, i, width_ms));
        }
    }
    return SERIN_OK;
}

enum serin_status fetch_pairs(const struct fetch *fetch)
{
    static const struct pairing both = {ARM_CANARY, block_tables_add_paired};
    static const struct pairing self = {ARM_STABLE, block_tables_add_self_paired};
    struct pool pool = {0};
    enum serin_status status = pool_create(cube_cell_count(fetch->stream->pairs), &pool);
    status = status == SERIN_OK ? pool_all(fetch, &both, &pool) : fetch_no_memory(fetch->err);
    status = status == SERIN_OK ? pool_all(fetch, &self, &pool) : status;
    pool_clear(&pool);
    return status;
}
