/*
 * Slice values as one text, so that equal combinations are equal bytes and can be interned.
 */
#ifndef SERIN_SOURCE_SLICE_TUPLE_H
#define SERIN_SOURCE_SLICE_TUPLE_H

#include "base/text.h"
#include "labels/event.h"
#include "serin/error.h"

#include <stddef.h>

enum { TUPLE_BYTES_MAX = SLICE_DIMENSIONS_MAX * 2 * 257 };

/*
 * Writes slices (texts of 1 to 256 bytes) in an order of their own, so that equal sets of slices
 * are equal bytes. Returns the length.
 */
size_t tuple_encode(const struct slice_value *slices, size_t count, char out[TUPLE_BYTES_MAX]);

/* Reads them back, borrowed from `tuple`. SERIN_INVALID when the bytes are not a tuple. */
SERIN_MUST_CHECK enum serin_status tuple_decode(struct text_view tuple,
                                                struct slice_value out[SLICE_DIMENSIONS_MAX],
                                                size_t *out_count);

#endif
