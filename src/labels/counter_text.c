#include "labels/cell_log.h"
#include "labels/counter.h"
#include "labels/dictionary_recall.h"

/*
 * The first labels to appear, usually all there are, are counted in a square grid that doubles as
 * they come; pairs with a later label, and counts that pass 32 bits, are counted in a log.
 */
enum { SIDE_MIN = 16, SIDE_MAX = 1024 };

struct pair_counter {
    struct table_limits limits;
    struct dictionary *references;
    struct dictionary *labels;
    uint32_t *grid; /* side * side; row 0: no reference */
    size_t side;
    struct cell_log beyond; /* what the grid cannot hold */
    uint64_t total;
};

struct pair_counter *pair_counter_create(const struct table_limits *limits)
{
    owned(pair_counter) counter = memory_allocate(1, sizeof(*counter));
    if (!counter) {
        return NULL;
    }
    counter->limits = *limits;
    counter->references = dictionary_create(limits->labels, &limits->key);
    counter->labels = dictionary_create(limits->labels, &limits->key);
    return counter->references && counter->labels ? give(counter) : NULL;
}

void pair_counter_destroy(struct pair_counter *counter)
{
    if (counter) {
        dictionary_destroy(counter->references);
        dictionary_destroy(counter->labels);
        memory_free(counter->grid);
        cell_log_clear(&counter->beyond);
        memory_free(counter);
    }
}

/* Texts beyond the limit share the id after the last one. */
static enum serin_status intern(struct dictionary *texts, struct text_view text, size_t *out_id)
{
    uint32_t id = 0;
    TRY(dictionary_recall(texts, text, &id));
    *out_id = id == DICTIONARY_OTHER ? dictionary_size(texts) : id;
    return SERIN_OK;
}

static size_t side_for(size_t side, size_t place)
{
    size_t wanted = side < SIDE_MIN ? SIDE_MIN : side;
    while (wanted <= place && wanted < SIDE_MAX) {
        wanted *= 2;
    }
    return wanted;
}

static enum serin_status widen(struct pair_counter *counter, size_t place)
{
    size_t side = side_for(counter->side, place);
    if (side == counter->side) {
        return SERIN_OK;
    }
    uint32_t *grid = memory_allocate(side * side, sizeof(*grid));
    if (!grid) {
        return SERIN_NO_MEMORY;
    }
    for (size_t row = 0; row < counter->side; row++) {
        for (size_t column = 0; column < counter->side; column++) {
            grid[row * side + column] = counter->grid[row * counter->side + column];
        }
    }
    memory_free(counter->grid);
    counter->grid = grid;
    counter->side = side;
    return SERIN_OK;
}

static enum serin_status add_beyond(struct pair_counter *counter, size_t row, size_t column,
                                    uint64_t count)
{
    struct cell_log *log = &counter->beyond;
    struct cell cell = {.count = count};
    cell.keys[CELL_ROW] = (uint32_t)row;
    cell.keys[CELL_COLUMN] = (uint32_t)column;
    if (cell_log_add(log, &cell) == SERIN_OK) {
        return SERIN_OK;
    }
    if (!cell_log_is_small(log)) {
        TRY(cell_log_compact(log));
    }
    if (log->count > counter->limits.cells) {
        return SERIN_TOO_LARGE;
    }
    TRY(cell_log_reserve(log));
    return cell_log_add(log, &cell);
}

static enum serin_status add_at(struct pair_counter *counter, size_t row, size_t column,
                                uint64_t count)
{
    size_t place = row > column ? row : column;
    if (place >= counter->side) {
        TRY(widen(counter, place));
    }
    if (place >= counter->side) {
        return add_beyond(counter, row, column, count);
    }
    uint32_t *cell = &counter->grid[row * counter->side + column];
    if (count > UINT32_MAX - *cell) {
        return add_beyond(counter, row, column, count);
    }
    *cell += (uint32_t)count;
    return SERIN_OK;
}

enum serin_status pair_counter_add(struct pair_counter *counter, const struct text_view *reference,
                                   struct text_view label, uint64_t count)
{
    size_t row = 0;
    size_t column = 0;
    if (count > SERIN_TOTAL_MAX - counter->total) {
        return SERIN_RANGE;
    }
    if (reference) {
        TRY(intern(counter->references, *reference, &row));
        row++;
    }
    TRY(intern(counter->labels, label, &column));
    TRY(add_at(counter, row, column, count));
    counter->total += count;
    return SERIN_OK;
}

/* ---- handing over ---------------------------------------------------------------------------- */

/* Gets each cell that was counted into; a cell may come in two parts. */
typedef enum serin_status visit_cell(void *context, size_t row, size_t column, uint64_t count);

static enum serin_status for_each_cell(const struct pair_counter *counter, visit_cell *visit,
                                       void *context)
{
    const uint32_t *grid = counter->grid;
    for (size_t row = 0; row < counter->side; row++) {
        for (size_t column = 0; column < counter->side; column++, grid++) {
            if (*grid > 0) {
                TRY(visit(context, row, column, *grid));
            }
        }
    }
    for (size_t i = 0; i < counter->beyond.count; i++) {
        const struct cell *cell = &counter->beyond.cells[i];
        TRY(visit(context, cell->keys[CELL_ROW], cell->keys[CELL_COLUMN], cell->count));
    }
    return SERIN_OK;
}

static enum serin_status add_to_table(void *context, size_t row, size_t column, uint64_t count)
{
    struct contingency *table = context;
    return row == 0 ? SERIN_OK : contingency_add(table, row - 1, column, count);
}

/* Texts told apart, and one more where there are others. */
static size_t place_count(const struct dictionary *texts)
{
    return dictionary_size(texts) + (dictionary_capped(texts) ? 1 : 0);
}

enum serin_status pair_counter_table(const struct pair_counter *counter, struct contingency **out)
{
    owned(contingency) table =
        contingency_create(place_count(counter->references), place_count(counter->labels));
    if (!table) {
        return SERIN_NO_MEMORY;
    }
    TRY(for_each_cell(counter, add_to_table, table));
    *out = give(table);
    return SERIN_OK;
}

struct pour {
    const struct pair_counter *counter;
    struct block_count count; /* of the block poured into */
    struct block_tables *tables;
    struct serin_error *err;
};

static struct text_view text_of(const struct dictionary *texts, size_t id)
{
    static const struct text_view other = TEXT_VIEW(BLOCK_TABLES_OTHER);
    return id < dictionary_size(texts) ? dictionary_text(texts, (uint32_t)id) : other;
}

static enum serin_status pour_cell(void *context, size_t row, size_t column, uint64_t count)
{
    struct pour *pour = context;
    pour->count.has_reference = row > 0;
    pour->count.label = text_of(pour->counter->labels, column);
    pour->count.count = count;
    if (row > 0) {
        pour->count.reference = text_of(pour->counter->references, row - 1);
    }
    return block_tables_add(pour->tables, &pour->count, pour->err);
}

enum serin_status pair_counter_pour(const struct pair_counter *counter,
                                    const struct block_count *block, struct block_tables *tables,
                                    struct serin_error *err)
{
    struct pour pour = {.counter = counter, .count = *block, .tables = tables, .err = err};
    TRY(for_each_cell(counter, pour_cell, &pour));
    if (dictionary_capped(counter->references) || dictionary_capped(counter->labels)) {
        block_tables_set_capped(tables);
    }
    return SERIN_OK;
}
