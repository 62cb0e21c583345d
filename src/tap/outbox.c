#include "tap/outbox.h"

#include "base/json_writer.h"
#include "platform/thread.h"
#include "source/slice_tuple.h"
#include "tap/tap_state.h"

struct outbox {
    struct tap *tap;
    const char *stream;
    struct block_log *leaving; /* taken from the tap and on its way; NULL: nothing is */
    struct block_cursor taken; /* what is before it is in batches that were taken */
    struct block_cursor read;  /* and before this in the one at hand */
};

/* Half of the share for what is being filled, half for what is leaving. */
static struct block_log *new_log(const struct tap *tap)
{
    return tap_block_log_create(tap, tap->budgets[TAP_PART_OUTBOX] / 2);
}

enum serin_status outbox_create(struct tap *tap, const char *stream, struct outbox **out,
                                struct serin_error *err)
{
    struct outbox *outbox = memory_allocate(1, sizeof(*outbox));
    struct block_log *log = new_log(tap);
    if (!outbox || !log) {
        memory_free(outbox);
        block_log_destroy(log);
        return serin_fail(err, SERIN_NO_MEMORY, "no memory for events to be sent");
    }
    outbox->tap = tap;
    outbox->stream = stream;
    scoped_lock held = mutex_hold(&tap->mutex);
    tap->outbox = log;
    *out = outbox;
    return SERIN_OK;
}

void outbox_destroy(struct outbox *outbox)
{
    if (outbox) {
        block_log_destroy(outbox->leaving);
        memory_free(outbox);
    }
}

/* ---- one line -------------------------------------------------------------------------------- */

static void write_slices(const struct tap *tap, uint32_t tuple, struct json_writer *writer)
{
    struct slice_value slices[SLICE_DIMENSIONS_MAX];
    size_t count = 0;
    if (tuple_decode(cell_book_text(tap->book, CELL_TUPLE, tuple), slices, &count) != SERIN_OK ||
        count == 0) {
        return;
    }
    json_write_key(writer, "slices");
    json_write_object_begin(writer);
    for (size_t i = 0; i < count; i++) {
        json_write_key_view(writer, slices[i].dimension);
        json_write_view(writer, slices[i].value);
    }
    json_write_object_end(writer);
}

static enum serin_status write_line(const struct outbox *outbox, const struct block_entry *entry,
                                    struct buffer *out)
{
    const struct tap *tap = outbox->tap;
    struct cell cell = cell_book_cell(tap->book, entry->cell);
    struct json_writer writer;
    json_writer_init(&writer, out);
    json_write_object_begin(&writer);
    json_field_text(&writer, "stream", outbox->stream);
    json_field_int64(&writer, "time", block_log_block(outbox->leaving, entry->block).last_ms);
    json_field_text(&writer, "arm", tap->options->arm);
    json_field_text(&writer, "pod", tap->pod);
    json_field_view(&writer, "label", cell_book_text(tap->book, CELL_LABEL, cell.label));
    if (cell.reference != CELL_NO_REFERENCE) {
        json_field_view(&writer, "reference",
                        cell_book_text(tap->book, CELL_REFERENCE, cell.reference));
    }
    write_slices(tap, cell.tuple, &writer);
    json_field_uint64(&writer, "count", entry->count);
    json_write_object_end(&writer);
    TRY(json_writer_finish(&writer));
    buffer_append_char(out, '\n');
    return buffer_status(out);
}

static void forget_leaving(struct outbox *outbox)
{
    block_log_destroy(outbox->leaving);
    outbox->leaving = NULL;
}

/* ---- batches --------------------------------------------------------------------------------- */

static enum serin_status take_from_tap(struct outbox *outbox)
{
    struct block_log *fresh = new_log(outbox->tap);
    if (!fresh) {
        return SERIN_NO_MEMORY;
    }
    outbox->leaving = outbox->tap->outbox;
    outbox->tap->outbox = fresh;
    outbox->taken = outbox->read = (struct block_cursor){0};
    return SERIN_OK;
}

enum serin_status outbox_next(struct outbox *outbox, size_t bytes_max, struct buffer *out,
                              uint64_t *out_events)
{
    scoped_lock held = mutex_hold(&outbox->tap->mutex);
    struct block_entry entry;
    uint64_t events = 0;
    if (!outbox->leaving) {
        TRY(take_from_tap(outbox));
    }
    outbox->read = outbox->taken;
    while (buffer_view(out).length < bytes_max &&
           block_log_next(outbox->leaving, &outbox->read, &entry)) {
        TRY(write_line(outbox, &entry, out));
        events += entry.count;
    }
    if (events == 0) {
        forget_leaving(outbox);
    }
    *out_events = events;
    return SERIN_OK;
}

void outbox_taken(struct outbox *outbox)
{
    struct block_cursor at = outbox->read;
    struct block_entry entry;
    outbox->taken = outbox->read;
    if (!block_log_next(outbox->leaving, &at, &entry)) {
        forget_leaving(outbox);
    }
}
