#include "source/store_fetch.h"

enum serin_status pool_create(size_t cells, struct pool *out)
{
    out->sums = memory_allocate(cells, sizeof(*out->sums));
    /* One place more, since pool_touch writes before it knows whether to keep. */
    out->touched = memory_allocate(cells + 1, sizeof(*out->touched));
    return out->sums && out->touched ? SERIN_OK : SERIN_NO_MEMORY;
}

void pool_clear(struct pool *pool)
{
    memory_free(pool->sums);
    memory_free(pool->touched);
}

void pool_add(struct pool *pool, const struct cube_block *block)
{
    const uint32_t *cells = block->cells;
    const uint64_t *counts = block->counts;
    uint64_t *sums = pool->sums;
    for (size_t i = 0; i < block->count; i++) {
        sums[cells[i]] += counts[i];
    }
}

void pool_touch(struct pool *pool, const struct cube_block *block)
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

/* ---- what both kinds of counts need ---------------------------------------------------------- */

enum serin_status fetch_no_memory(struct serin_error *err)
{
    return serin_fail(err, SERIN_NO_MEMORY, "no memory left for the tables");
}

const struct cube_block *window_blocks(const struct cube *cube, uint32_t series,
                                       const struct window *window, size_t *out_count)
{
    enum { LONGEST_BLOCK_MS = 3600 * 1000 };
    size_t count = 0;
    const struct cube_block *blocks = cube_blocks(cube, CUBE_FINE, series, &count);
    size_t first = cube_blocks_from(blocks, count, window->start_ms - LONGEST_BLOCK_MS);
    size_t end = cube_blocks_from(blocks, count, window->end_ms);
    *out_count = end - first;
    return blocks ? blocks + first : NULL;
}

int64_t fetch_width_ms(const struct fetch *fetch, size_t pods)
{
    return block_width_ms(fetch->query->stream->block_ms, fetch->window.start_ms,
                          fetch->window.end_ms, pods);
}

struct text_view fetch_text(const struct store_stream *stream, enum text_kind kind, uint32_t id)
{
    static const struct text_view other = TEXT_VIEW(BLOCK_TABLES_OTHER);
    return id == ID_OTHER ? other : dictionary_text(stream->texts[kind], id);
}

void fetch_note_folded(const struct fetch *fetch, uint32_t id)
{
    if (id == ID_OTHER) {
        block_tables_set_capped(fetch->tables);
    }
}
