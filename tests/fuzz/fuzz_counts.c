/*
 * The counts in the store's file, as if somebody had damaged them with a right checksum: they are
 * refused, or read as counts that are written as they were read.
 */
#include "source/counts_codec.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void fail(const char *why)
{
    (void)fprintf(stderr, "%s\n", why);
    abort();
}

/* Written again, the counts must read as the same: their bytes, written once more, do not change.
 */
static void check_stable(const struct event_counts *counts)
{
    owned_memory uint8_t *once = NULL;
    owned_memory uint8_t *twice = NULL;
    size_t once_length = 0;
    size_t twice_length = 0;
    struct event_counts read = {0};
    if (counts_encode(counts, &once, &once_length) != SERIN_OK ||
        counts_decode(once, once_length, &read) != SERIN_OK ||
        counts_encode(&read, &twice, &twice_length) != SERIN_OK) {
        fail("cannot read what was written");
    }
    if (once_length != twice_length || memcmp(once, twice, once_length) != 0) {
        fail("reads as something else");
    }
    event_counts_clear(&read);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    owned_memory uint8_t *bytes = malloc(size + COUNTS_CHECKSUM_BYTES);
    if (!bytes) {
        return 0;
    }
    if (size > 0) {
        memcpy(bytes, data, size);
    }
    uint64_t checksum = counts_checksum(bytes, size);
    memcpy(bytes + size, &checksum, sizeof(checksum));
    struct event_counts counts = {0};
    if (counts_decode(bytes, size + COUNTS_CHECKSUM_BYTES, &counts) == SERIN_OK) {
        check_stable(&counts);
    }
    event_counts_clear(&counts);
    return 0;
}
