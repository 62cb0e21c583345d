#include "source/cube.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* The blocks of a series on one level. */
struct block_list {
    struct cube_block *blocks;
    size_t count;
    size_t room;
};

struct series {
    struct block_list levels[CUBE_LEVELS];
};

/* What there is on one level. */
struct level_sums {
    size_t blocks;
    size_t occupied;
    size_t room; /* cells that there is memory for */
    uint64_t total;
};

struct cube {
    struct index_map *series_keys;
    struct series *series;
    size_t series_room;
    struct index_map *cell_keys;
    struct level_sums sums[CUBE_LEVELS];
};

struct cube *cube_create(uint64_t seed)
{
    owned(cube) cube = memory_allocate(1, sizeof(*cube));
    if (!cube) {
        return NULL;
    }
    cube->series_keys = index_map_create(seed);
    cube->cell_keys = index_map_create(seed);
    return cube->series_keys && cube->cell_keys ? give(cube) : NULL;
}

static void clear_block(struct level_sums *sums, struct cube_block *block)
{
    sums->blocks--;
    sums->occupied -= block->count;
    sums->room -= block->cell_room;
    sums->total -= block->total;
    memory_free(block->cells);
    memory_free(block->counts);
}

static void clear_list(struct level_sums *sums, struct block_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        clear_block(sums, &list->blocks[i]);
    }
    memory_free(list->blocks);
}

void cube_destroy(struct cube *cube)
{
    if (!cube) {
        return;
    }
    size_t series_count = cube->series_keys ? index_map_size(cube->series_keys) : 0;
    for (size_t i = 0; i < series_count; i++) {
        for (size_t level = 0; level < CUBE_LEVELS; level++) {
            clear_list(&cube->sums[level], &cube->series[i].levels[level]);
        }
    }
    memory_free(cube->series);
    index_map_destroy(cube->series_keys);
    index_map_destroy(cube->cell_keys);
    memory_free(cube);
}

/* ---- series and cells ------------------------------------------------------------------------ */

enum serin_status cube_series(struct cube *cube, struct index_key key, uint32_t *out_series)
{
    TRY(memory_grow((void **)&cube->series, &cube->series_room,
                    index_map_size(cube->series_keys) + 1, sizeof(*cube->series), SIZE_MAX));
    return index_map_intern(cube->series_keys, key, out_series);
}

enum serin_status cube_cell(struct cube *cube, struct index_key key, uint32_t *out_cell)
{
    return index_map_intern(cube->cell_keys, key, out_cell);
}

size_t cube_series_count(const struct cube *cube)
{
    return index_map_size(cube->series_keys);
}

struct index_key cube_series_key(const struct cube *cube, uint32_t series)
{
    return index_map_key(cube->series_keys, series);
}

size_t cube_cell_count(const struct cube *cube)
{
    return index_map_size(cube->cell_keys);
}

struct index_key cube_cell_key(const struct cube *cube, uint32_t cell)
{
    return index_map_key(cube->cell_keys, cell);
}

/* ---- blocks ---------------------------------------------------------------------------------- */

const struct cube_block *cube_blocks(const struct cube *cube, enum cube_level level,
                                     uint32_t series, size_t *out_count)
{
    assert(series < cube_series_count(cube));
    const struct block_list *list = &cube->series[series].levels[level];
    *out_count = list->count;
    return list->blocks;
}

size_t cube_blocks_from(const struct cube_block *blocks, size_t count, int64_t start_ms)
{
    size_t low = 0;
    size_t high = count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (blocks[middle].start_ms < start_ms) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static struct cube_block *find_block(const struct block_list *of, int64_t start_ms)
{
    size_t at = cube_blocks_from(of->blocks, of->count, start_ms);
    return at < of->count && of->blocks[at].start_ms == start_ms ? &of->blocks[at] : NULL;
}

static enum serin_status ensure_block(struct level_sums *sums, struct block_list *of,
                                      int64_t start_ms, struct cube_block **out)
{
    size_t at = cube_blocks_from(of->blocks, of->count, start_ms);
    if (at == of->count || of->blocks[at].start_ms != start_ms) {
        TRY(memory_grow((void **)&of->blocks, &of->room, of->count + 1, sizeof(*of->blocks),
                        SIZE_MAX));
        memmove(&of->blocks[at + 1], &of->blocks[at], (of->count - at) * sizeof(*of->blocks));
        of->blocks[at] =
            (struct cube_block){.start_ms = start_ms, .first_ms = INT64_MAX, .last_ms = INT64_MIN};
        of->count++;
        sums->blocks++;
    }
    *out = &of->blocks[at];
    return SERIN_OK;
}

/* The place of a cell in a block, or where it belongs. */
static size_t find_cell(const struct cube_block *block, uint32_t cell)
{
    size_t low = 0;
    size_t high = block->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (block->cells[middle] < cell) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static bool has_cell(const struct cube_block *block, size_t place, uint32_t cell)
{
    return place < block->count && block->cells[place] == cell;
}

/* ---- changes --------------------------------------------------------------------------------- */

static int compare_deltas(const void *left, const void *right)
{
    const struct cube_delta *a = left;
    const struct cube_delta *b = right;
    if (a->series != b->series) {
        return a->series < b->series ? -1 : 1;
    }
    if (a->start_ms != b->start_ms) {
        return a->start_ms < b->start_ms ? -1 : 1;
    }
    return (a->cell > b->cell) - (a->cell < b->cell);
}

static bool is_sorted(const struct cube_delta *deltas, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        if (compare_deltas(&deltas[i - 1], &deltas[i]) > 0) {
            return false;
        }
    }
    return true;
}

void cube_sort_deltas(struct cube_delta *deltas, size_t *count)
{
    size_t kept = 0;
    if (!is_sorted(deltas, *count)) {
        qsort(deltas, *count, sizeof(*deltas), compare_deltas);
    }
    for (size_t i = 0; i < *count;) {
        struct cube_delta merged = deltas[i++];
        while (i < *count && compare_deltas(&merged, &deltas[i]) == 0) {
            merged.count += deltas[i++].count;
        }
        if (merged.count != 0) {
            deltas[kept++] = merged;
        }
    }
    *count = kept;
}

static bool same_block(const struct cube_delta *a, const struct cube_delta *b)
{
    return a->series == b->series && a->start_ms == b->start_ms;
}

/* How many changes from `deltas` on are of the same block. */
static size_t run_length(const struct cube_delta *deltas, size_t count)
{
    size_t length = 1;
    while (length < count && same_block(&deltas[0], &deltas[length])) {
        length++;
    }
    return length;
}

/* How many of a run's cells the block does not have yet; SERIN_BUG when one would fall below 0. */
static enum serin_status count_missing(const struct cube_block *block,
                                       const struct cube_delta *deltas, size_t count, size_t *out)
{
    size_t missing = 0;
    for (size_t i = 0; i < count; i++) {
        size_t place = find_cell(block, deltas[i].cell);
        bool is_known = has_cell(block, place, deltas[i].cell);
        int64_t known = is_known ? (int64_t)block->counts[place] : 0;
        if (known + deltas[i].count < 0) {
            return SERIN_BUG;
        }
        missing += !is_known;
    }
    *out = missing;
    return SERIN_OK;
}

static enum serin_status reserve_run(struct cube *cube, enum cube_level level,
                                     const struct cube_delta *deltas, size_t count)
{
    struct level_sums *sums = &cube->sums[level];
    struct block_list *list = &cube->series[deltas->series].levels[level];
    struct cube_block *block = NULL;
    size_t missing = 0;
    TRY(ensure_block(sums, list, deltas->start_ms, &block));
    TRY(count_missing(block, deltas, count, &missing));
    size_t before = block->cell_room;
    size_t wanted = block->count + missing;
    TRY(memory_grow((void **)&block->cells, &block->cell_room, wanted, sizeof(*block->cells),
                    UINT32_MAX));
    sums->room += block->cell_room - before;
    return memory_grow((void **)&block->counts, &block->count_room, wanted, sizeof(*block->counts),
                       UINT32_MAX);
}

enum serin_status cube_reserve(struct cube *cube, enum cube_level level,
                               const struct cube_delta *deltas, size_t count)
{
    for (size_t at = 0; at < count;) {
        size_t length = run_length(deltas + at, count - at);
        TRY(reserve_run(cube, level, deltas + at, length));
        at += length;
    }
    return SERIN_OK;
}

/* Merges a run from the back, where the room is, moving each cell at most once. */
static void merge_run(struct cube_block *block, const struct cube_delta *deltas, size_t count,
                      size_t missing)
{
    size_t old = block->count;
    size_t at = block->count + missing;
    block->count = at;
    while (count > 0) {
        uint32_t cell = deltas[count - 1].cell;
        uint64_t change = 0;
        uint64_t known = 0;
        if (old > 0 && block->cells[old - 1] > cell) {
            cell = block->cells[old - 1];
        } else {
            change = (uint64_t)deltas[--count].count;
        }
        if (old > 0 && block->cells[old - 1] == cell) {
            known = block->counts[--old];
        }
        at--;
        block->cells[at] = cell;
        block->counts[at] = known + change;
    }
}

static void apply_run(struct cube *cube, enum cube_level level, const struct cube_delta *deltas,
                      size_t count)
{
    struct level_sums *sums = &cube->sums[level];
    struct block_list *list = &cube->series[deltas->series].levels[level];
    struct cube_block *block = find_block(list, deltas->start_ms);
    size_t missing = 0;
    uint64_t change = 0;
    assert(block);
    for (size_t i = 0; i < count; i++) {
        size_t place = find_cell(block, deltas[i].cell);
        missing += !has_cell(block, place, deltas[i].cell);
        change += (uint64_t)deltas[i].count;
    }
    block->total += change;
    sums->total += change;
    sums->occupied += missing;
    if (missing > 0) {
        merge_run(block, deltas, count, missing);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        block->counts[find_cell(block, deltas[i].cell)] += (uint64_t)deltas[i].count;
    }
}

void cube_apply(struct cube *cube, enum cube_level level, const struct cube_delta *deltas,
                size_t count)
{
    for (size_t at = 0; at < count;) {
        size_t length = run_length(deltas + at, count - at);
        apply_run(cube, level, deltas + at, length);
        at += length;
    }
}

void cube_note_times(struct cube *cube, enum cube_level level, const struct cube_times *times)
{
    struct block_list *list = &cube->series[times->series].levels[level];
    struct cube_block *block = find_block(list, times->start_ms);
    if (block) {
        block->first_ms = times->first_ms < block->first_ms ? times->first_ms : block->first_ms;
        block->last_ms = times->last_ms > block->last_ms ? times->last_ms : block->last_ms;
    }
}

static void prune_list(struct level_sums *sums, struct block_list *list, int64_t before_ms)
{
    size_t dropped = cube_blocks_from(list->blocks, list->count, before_ms);
    if (dropped == 0) {
        return;
    }
    for (size_t i = 0; i < dropped; i++) {
        clear_block(sums, &list->blocks[i]);
    }
    list->count -= dropped;
    memmove(list->blocks, list->blocks + dropped, list->count * sizeof(*list->blocks));
}

void cube_prune(struct cube *cube, int64_t before_ms)
{
    for (size_t i = 0; i < cube_series_count(cube); i++) {
        for (size_t level = 0; level < CUBE_LEVELS; level++) {
            prune_list(&cube->sums[level], &cube->series[i].levels[level], before_ms);
        }
    }
}

/* ---- sizes ----------------------------------------------------------------------------------- */

size_t cube_block_count(const struct cube *cube)
{
    return cube->sums[CUBE_FINE].blocks;
}

size_t cube_occupied(const struct cube *cube)
{
    return cube->sums[CUBE_FINE].occupied;
}

uint64_t cube_total(const struct cube *cube)
{
    return cube->sums[CUBE_FINE].total;
}

size_t cube_bytes(const struct cube *cube)
{
    size_t bytes = index_map_bytes(cube->series_keys) + index_map_bytes(cube->cell_keys);
    for (size_t level = 0; level < CUBE_LEVELS; level++) {
        const struct level_sums *sums = &cube->sums[level];
        bytes += sums->room * (sizeof(uint32_t) + sizeof(uint64_t));
        bytes += sums->blocks * sizeof(struct cube_block);
    }
    return bytes;
}
