/*
 * A tap's blocks and sampled keys as the bytes it serves; see source/tap_report.h.
 */
#ifndef SERIN_TAP_REPORT_H
#define SERIN_TAP_REPORT_H

#include "serin/error.h"
#include "tap/tap.h"

#include <stddef.h>
#include <stdint.h>

/* The caller frees `*out` with memory_free. Fails with SERIN_NO_MEMORY. */
SERIN_MUST_CHECK enum serin_status tap_report_bytes(struct tap *tap, uint8_t **out,
                                                    size_t *out_length);

#endif
