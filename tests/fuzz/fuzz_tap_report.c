/*
 * A tap's report as if somebody had damaged it with the right checksums: it is refused, or read as
 * a report that is written as it was read.
 */
#include "source/counts_codec.h"
#include "source/tap_report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { HEAD_BYTES = 8 * 8 };
static const char start[] = "serintap\1\0\0\0\0\0\0\0";
enum { START_BYTES = sizeof(start) - 1 };

static void fail(const char *why)
{
    (void)fprintf(stderr, "%s\n", why);
    abort();
}

static void check_stable(const struct tap_report *report)
{
    owned_memory uint8_t *once = NULL;
    owned_memory uint8_t *twice = NULL;
    size_t once_length = 0;
    size_t twice_length = 0;
    struct tap_report read = {0};
    if (tap_report_encode(report, &once, &once_length) != SERIN_OK ||
        tap_report_decode(once, once_length, &read, NULL) != SERIN_OK ||
        tap_report_encode(&read, &twice, &twice_length) != SERIN_OK) {
        fail("cannot read what was written");
    }
    if (once_length != twice_length || memcmp(once, twice, once_length) != 0) {
        fail("reads as something else");
    }
    event_counts_clear(&read.counts);
}

static void put_checksum(uint8_t *bytes, size_t length)
{
    uint64_t checksum = counts_checksum(bytes, length);
    memcpy(bytes + length, &checksum, sizeof(checksum));
}

/* The words of the head, then the counts without their checksum. */
static void try_report(const uint8_t *data, size_t size)
{
    size_t length = START_BYTES + size;
    owned_memory uint8_t *bytes =
        malloc(length + COUNTS_CHECKSUM_BYTES + TAP_REPORT_CHECKSUM_BYTES);
    struct tap_report report = {0};
    if (!bytes) {
        return;
    }
    memcpy(bytes, start, START_BYTES);
    memcpy(bytes + START_BYTES, data, size);
    uint8_t *counts = bytes + START_BYTES + HEAD_BYTES;
    put_checksum(counts, size - HEAD_BYTES);
    length += COUNTS_CHECKSUM_BYTES;
    put_checksum(bytes, length);
    if (tap_report_decode(bytes, length + TAP_REPORT_CHECKSUM_BYTES, &report, NULL) == SERIN_OK) {
        check_stable(&report);
    }
    event_counts_clear(&report.counts);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct tap_report report = {0};
    if (size >= HEAD_BYTES) {
        try_report(data, size);
    }
    if (tap_report_decode(data, size, &report, NULL) == SERIN_OK) {
        check_stable(&report);
    }
    event_counts_clear(&report.counts);
    return 0;
}
