/*
 * Event counts ↔ bytes: the form in which the store keeps them in its file.
 *
 * Numbers are variable-length, most of them small because they are indexes or differences; a
 * checksum at the end tells damage. Same counts, same bytes.
 */
#ifndef SERIN_SOURCE_COUNTS_CODEC_H
#define SERIN_SOURCE_COUNTS_CODEC_H

#include "serin/error.h"
#include "source/event_counts.h"

#include <stddef.h>
#include <stdint.h>

/*
 * The bytes of `counts`, which the caller frees with memory_free. Fails with SERIN_NO_MEMORY.
 */
SERIN_MUST_CHECK enum serin_status counts_encode(const struct event_counts *counts, uint8_t **out,
                                                 size_t *out_length);

/*
 * Reads them back. The texts borrow from `bytes`; the caller frees the rest with
 * event_counts_clear. Fails with SERIN_INVALID when the bytes are damaged, whatever they are, and
 * SERIN_NO_MEMORY.
 */
SERIN_MUST_CHECK enum serin_status counts_decode(const uint8_t *bytes, size_t length,
                                                 struct event_counts *out);

/* The checksum that ends the bytes; for tests that want damage to get past it. */
enum { COUNTS_CHECKSUM_BYTES = 8 };
uint64_t counts_checksum(const uint8_t *bytes, size_t length);

#endif
