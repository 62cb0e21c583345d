#include "tap/exposition.h"

#include "base/number.h"
#include "platform/metrics.h"
#include "platform/thread.h"
#include "source/slice_tuple.h"
#include "tap/tap_state.h"

enum { PIECE_WANTED = 16 * 1024 };

static void write_head(const struct tap *tap, struct buffer *out)
{
    buffer_printf(out, "# HELP %s Label events by reference and label.\n# TYPE %s counter\n",
                  tap->options->metric, tap->options->metric);
}

static void write_slices(const struct tap *tap, uint32_t tuple, struct buffer *out)
{
    struct slice_value slices[SLICE_DIMENSIONS_MAX];
    size_t count = 0;
    if (tuple_decode(cell_book_text(tap->book, CELL_TUPLE, tuple), slices, &count) != SERIN_OK) {
        return;
    }
    for (size_t i = 0; i < count; i++) {
        metrics_render_label(",", slices[i].dimension, slices[i].value, out);
    }
}

static void write_cell(const struct tap *tap, uint32_t index, struct buffer *out)
{
    struct cell cell = cell_book_cell(tap->book, index);
    buffer_append_text(out, tap->options->metric);
    metrics_render_label("{", (struct text_view)TEXT_VIEW("arm"), text_view_of(tap->options->arm),
                         out);
    metrics_render_label(",", (struct text_view)TEXT_VIEW("pod"), text_view_of(tap->pod), out);
    if (cell.reference != CELL_NO_REFERENCE) {
        metrics_render_label(",", (struct text_view)TEXT_VIEW("reference"),
                             cell_book_text(tap->book, CELL_REFERENCE, cell.reference), out);
    }
    metrics_render_label(",", (struct text_view)TEXT_VIEW("label"),
                         cell_book_text(tap->book, CELL_LABEL, cell.label), out);
    write_slices(tap, cell.tuple, out);
    buffer_append_text(out, "} ");
    buffer_append_text(out, number_write_uint64(cell_book_total(tap->book, index), NUMBER_TEXT));
    buffer_append_char(out, '\n');
}

enum serin_status exposition_next(struct tap *tap, struct exposition *at, struct buffer *out)
{
    scoped_lock held = mutex_hold(&tap->mutex);
    if (!at->has_head) {
        write_head(tap, out);
        at->has_head = true;
    }
    while (at->next < cell_book_size(tap->book) && buffer_view(out).length < PIECE_WANTED) {
        if (cell_book_total(tap->book, at->next) > 0) {
            write_cell(tap, at->next, out);
        }
        at->next++;
    }
    return buffer_status(out);
}
