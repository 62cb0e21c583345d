#include "tap/report.h"

#include "platform/thread.h"
#include "source/tap_report.h"
#include "tap/tap_state.h"

#include <string.h>

/* ---- texts and cells ------------------------------------------------------------------------- */

static enum serin_status one_text(struct event_counts *counts, enum text_kind kind,
                                  const char *text)
{
    counts->texts[kind] = memory_allocate(1, sizeof(*counts->texts[kind]));
    if (!counts->texts[kind]) {
        return SERIN_NO_MEMORY;
    }
    counts->texts[kind][0] = text_view_of(text);
    counts->text_count[kind] = 1;
    return SERIN_OK;
}

static enum serin_status texts_of(const struct cell_book *book, enum cell_text from,
                                  enum text_kind kind, struct event_counts *counts)
{
    size_t count = cell_book_text_count(book, from);
    counts->texts[kind] = memory_allocate(count, sizeof(*counts->texts[kind]));
    if (!counts->texts[kind]) {
        return SERIN_NO_MEMORY;
    }
    for (size_t i = 0; i < count; i++) {
        counts->texts[kind][i] = cell_book_text(book, from, (uint32_t)i);
    }
    counts->text_count[kind] = count;
    return SERIN_OK;
}

static enum serin_status add_texts(const struct tap *tap, struct event_counts *counts)
{
    TRY(one_text(counts, TEXT_ARM, tap->options->arm));
    TRY(one_text(counts, TEXT_POD, tap->pod));
    TRY(texts_of(tap->book, CELL_LABEL, TEXT_LABEL, counts));
    TRY(texts_of(tap->book, CELL_REFERENCE, TEXT_REFERENCE, counts));
    return texts_of(tap->book, CELL_TUPLE, TEXT_TUPLE, counts);
}

static struct counts_cell report_cell(struct cell cell)
{
    bool has_label = cell.label != CELL_NO_LABEL;
    return (struct counts_cell){
        .tuple = has_label ? cell.tuple : ID_ABSENT,
        .reference = cell.reference == CELL_NO_REFERENCE ? ID_ABSENT : cell.reference,
        .label = has_label ? cell.label : ID_ABSENT,
    };
}

static enum serin_status add_cells(const struct tap *tap, struct event_counts *counts)
{
    size_t count = cell_book_size(tap->book);
    counts->cells = memory_allocate(count, sizeof(*counts->cells));
    if (!counts->cells) {
        return SERIN_NO_MEMORY;
    }
    for (size_t i = 0; i < count; i++) {
        counts->cells[i] = report_cell(cell_book_cell(tap->book, (uint32_t)i));
    }
    counts->cell_count = count;
    return SERIN_OK;
}

/* ---- blocks ---------------------------------------------------------------------------------- */

static void add_increments(const struct tap *tap, struct event_counts *counts)
{
    struct block_cursor at = {0};
    struct block_entry entry;
    while (block_log_next(tap->blocks, &at, &entry)) {
        counts->increments[counts->increment_count++] =
            (struct counts_increment){(uint32_t)entry.block, entry.cell, entry.count};
    }
}

static enum serin_status add_blocks(const struct tap *tap, struct event_counts *counts)
{
    size_t blocks = block_log_size(tap->blocks);
    counts->blocks = memory_allocate(blocks, sizeof(*counts->blocks));
    counts->increments =
        memory_allocate(block_log_entries(tap->blocks), sizeof(*counts->increments));
    if (!counts->blocks || !counts->increments) {
        return SERIN_NO_MEMORY;
    }
    for (size_t i = 0; i < blocks; i++) {
        struct block_view block = block_log_block(tap->blocks, i);
        counts->blocks[counts->block_count++] = (struct counts_block){
            .start_ms = block.start_ms, .first_ms = block.first_ms, .last_ms = block.last_ms};
    }
    add_increments(tap, counts);
    return SERIN_OK;
}

/* ---- sampled keys ---------------------------------------------------------------------------- */

/* The block an item's time is in; BLOCK_NONE when that was forgotten. */
static uint32_t block_of(const struct event_counts *counts, int64_t time_ms, int64_t width_ms)
{
    size_t low = 0;
    size_t high = counts->block_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (counts->blocks[middle].start_ms <= time_ms) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    bool is_in = low > 0 && time_ms - counts->blocks[low - 1].start_ms < width_ms;
    return is_in ? (uint32_t)(low - 1) : BLOCK_NONE;
}

static enum serin_status add_items(const struct tap *tap, struct event_counts *counts)
{
    size_t count = key_log_size(tap->keys);
    int64_t width_ms = block_log_width_ms(tap->blocks);
    counts->items = memory_allocate(count, sizeof(*counts->items));
    if (!counts->items) {
        return SERIN_NO_MEMORY;
    }
    for (size_t i = 0; i < count; i++) {
        const struct kept_key *kept = key_log_item(tap->keys, i);
        bool is_reference = counts->cells[kept->cell].label == ID_ABSENT;
        uint32_t block = is_reference ? BLOCK_NONE : block_of(counts, kept->time_ms, width_ms);
        if (is_reference || block != BLOCK_NONE) {
            counts->items[counts->item_count++] =
                (struct counts_item){kept->key, block, kept->cell, kept->count, kept->time_ms};
        }
    }
    return SERIN_OK;
}

/* ---- the report ------------------------------------------------------------------------------ */

static enum serin_status fill(const struct tap *tap, struct tap_report *report)
{
    report->start_id = tap->start_id;
    report->start_ms = tap->start_ms;
    report->now_ms = clock_wall(tap->clock).unix_ms;
    report->since_ms = block_log_since_ms(tap->blocks);
    report->block_ms = block_log_width_ms(tap->blocks);
    report->block_rate = block_log_rate(tap->blocks);
    report->key_rate = key_log_rate(tap->keys);
    report->folded_events = cell_book_folded(tap->book);
    TRY(add_texts(tap, &report->counts));
    TRY(add_cells(tap, &report->counts));
    TRY(add_blocks(tap, &report->counts));
    return add_items(tap, &report->counts);
}

enum serin_status tap_report_bytes(struct tap *tap, uint8_t **out, size_t *out_length)
{
    scoped_lock held = mutex_hold(&tap->mutex);
    struct tap_report report = {0};
    enum serin_status status = fill(tap, &report);
    if (status == SERIN_OK) {
        status = tap_report_encode(&report, out, out_length);
    }
    event_counts_clear(&report.counts);
    return status;
}
