#include "source/slice_tuple.h"

#include <assert.h>
#include <string.h>

/* The slices' places, ordered by dimension. */
static void sort_slices(const struct slice_value *slices, size_t count,
                        size_t order[SLICE_DIMENSIONS_MAX])
{
    for (size_t i = 0; i < count; i++) {
        size_t at = i;
        for (; at > 0 && text_compare(slices[order[at - 1]].dimension, slices[i].dimension) > 0;
             at--) {
            order[at] = order[at - 1];
        }
        order[at] = i;
    }
}

/* A length from 1 to 256 fits a byte when one less is written. */
static size_t put_text(struct text_view text, char *out)
{
    assert(text.length >= 1 && text.length <= 256);
    out[0] = (char)(unsigned char)(text.length - 1);
    memcpy(out + 1, text.start, text.length);
    return text.length + 1;
}

size_t tuple_encode(const struct slice_value *slices, size_t count, char out[TUPLE_BYTES_MAX])
{
    assert(count <= SLICE_DIMENSIONS_MAX);
    size_t order[SLICE_DIMENSIONS_MAX];
    size_t used = 0;
    sort_slices(slices, count, order);
    for (size_t i = 0; i < count; i++) {
        used += put_text(slices[order[i]].dimension, out + used);
        used += put_text(slices[order[i]].value, out + used);
    }
    return used;
}

static bool take_text(struct text_view *tuple, struct text_view *out)
{
    if (tuple->length < 2) {
        return false;
    }
    size_t length = (size_t)(unsigned char)tuple->start[0] + 1;
    if (length > tuple->length - 1) {
        return false;
    }
    *out = (struct text_view){tuple->start + 1, length};
    *tuple = (struct text_view){tuple->start + 1 + length, tuple->length - 1 - length};
    return true;
}

enum serin_status tuple_decode(struct text_view tuple, struct slice_value out[SLICE_DIMENSIONS_MAX],
                               size_t *out_count)
{
    struct slice_value slices[SLICE_DIMENSIONS_MAX] = {0};
    size_t count = 0;
    while (tuple.length > 0) {
        struct slice_value slice = {0};
        if (count == SLICE_DIMENSIONS_MAX || !take_text(&tuple, &slice.dimension) ||
            !take_text(&tuple, &slice.value)) {
            return SERIN_INVALID;
        }
        bool is_in_order =
            count == 0 || text_compare(slices[count - 1].dimension, slice.dimension) < 0;
        if (!is_in_order) {
            return SERIN_INVALID;
        }
        slices[count++] = slice;
    }
    memcpy(out, slices, count * sizeof(slices[0]));
    *out_count = count;
    return SERIN_OK;
}
