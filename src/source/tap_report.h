/*
 * What one tap has counted ↔ bytes: what `serin tap` serves at /v1/tap/blocks and the source `pods`
 * reads.
 *
 * A name and a version in front, then words of 8 bytes, then the counts as counts_codec.h writes
 * them, then a checksum. Same report, same bytes. A reader refuses versions it does not know; every
 * change of the form is a new version.
 */
#ifndef SERIN_SOURCE_TAP_REPORT_H
#define SERIN_SOURCE_TAP_REPORT_H

#include "serin/error.h"
#include "source/event_counts.h"

#include <stddef.h>
#include <stdint.h>

#define TAP_REPORT_PATH         "/v1/tap/blocks"
#define TAP_REPORT_CONTENT_TYPE "application/vnd.serin.tap-report"

struct tap_report {
    uint64_t start_id; /* another one: the tap was restarted and all counts began anew */
    int64_t start_ms;  /* of the tap, Unix milliseconds */
    int64_t now_ms;    /* of the report */
    int64_t since_ms;  /* blocks before this were forgotten; 0: none were */
    int64_t block_ms;  /* width of the blocks by now */
    double block_rate; /* share of the events that blocks count, above 0; 1: all of them */
    double key_rate;   /* share of the keys among the items; 0: none are sampled */
    uint64_t
        folded_events; /* events under "(other)" because there was no room to tell them apart */

    /*
     * One arm and one pod. Increments are all events of the blocks; the items, which have the keys
     * of some of them, are among the increments as well, save those of BLOCK_NONE: references that
     * came without their labels.
     */
    struct event_counts counts;
};

/*
 * The bytes of `report`, which the caller frees with memory_free. Fails with SERIN_NO_MEMORY.
 */
SERIN_MUST_CHECK enum serin_status tap_report_encode(const struct tap_report *report, uint8_t **out,
                                                     size_t *out_length);

/*
 * Reads them back. The texts borrow from `bytes`; the caller frees the rest with event_counts_clear
 * (&out->counts). Fails with SERIN_INVALID when the bytes are no report of a known version, damaged
 * or not of one arm and one pod, and with SERIN_NO_MEMORY.
 */
SERIN_MUST_CHECK enum serin_status tap_report_decode(const uint8_t *bytes, size_t length,
                                                     struct tap_report *out,
                                                     struct serin_error *err);

/* Bytes of the checksum at the end; see counts_checksum. */
enum { TAP_REPORT_CHECKSUM_BYTES = 8 };

#endif
