#include "source/tap_report.h"

#include "source/counts_codec.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static struct text_view arms[] = {TEXT_VIEW("7d9f")};
static struct text_view pods[] = {TEXT_VIEW("shop-1")};
static struct text_view labels[] = {TEXT_VIEW("(other)"), TEXT_VIEW("s1")};
static struct text_view tuples[] = {TEXT_VIEW("")};
static struct counts_block blocks[] = {
    {.start_ms = 60000, .first_ms = 60001, .last_ms = 60002}
};
static struct counts_cell cells[] = {
    {.tuple = 0, .reference = ID_ABSENT, .label = 1}
};
static struct counts_increment increments[] = {
    {.block = 0, .cell = 0, .count = 7}
};

static struct tap_report some_report(void)
{
    return (struct tap_report){
        .start_id = UINT64_MAX - 1,
        .start_ms = 50000,
        .now_ms = 70000,
        .since_ms = 60000,
        .block_ms = 60000,
        .block_rate = 0.25,
        .key_rate = 0.1,
        .folded_events = 3,
        .counts = {.texts = {arms, pods, labels, NULL, tuples},
                   .text_count = {1, 1, 2, 0, 1},
                   .blocks = blocks,
                   .block_count = 1,
                   .cells = cells,
                   .cell_count = 1,
                   .increments = increments,
                   .increment_count = 1},
    };
}

static uint8_t *encode(const struct tap_report *report, size_t *out_length)
{
    uint8_t *bytes = NULL;
    cr_assert(eq(int, tap_report_encode(report, &bytes, out_length), SERIN_OK));
    return bytes;
}

static enum serin_status decode(const uint8_t *bytes, size_t length)
{
    struct tap_report report = {0};
    enum serin_status status = tap_report_decode(bytes, length, &report, NULL);
    event_counts_clear(&report.counts);
    return status;
}

Test(tap_report, what_is_written_is_read)
{
    struct tap_report written = some_report();
    struct tap_report read;
    size_t length = 0;
    owned_memory uint8_t *bytes = encode(&written, &length);
    cr_assert(eq(int, tap_report_decode(bytes, length, &read, NULL), SERIN_OK));
    cr_assert(eq(u64, read.start_id, written.start_id));
    cr_assert(eq(i64, read.start_ms, written.start_ms));
    cr_assert(eq(i64, read.now_ms, written.now_ms));
    cr_assert(eq(i64, read.since_ms, written.since_ms));
    cr_assert(eq(i64, read.block_ms, written.block_ms));
    cr_assert(eq(dbl, read.block_rate, written.block_rate));
    cr_assert(eq(dbl, read.key_rate, written.key_rate));
    cr_assert(eq(u64, read.folded_events, written.folded_events));
    cr_assert(text_equals(read.counts.texts[TEXT_POD][0], "shop-1"));
    cr_assert(eq(u64, read.counts.increments[0].count, 7));
    size_t again_length = 0;
    owned_memory uint8_t *again = encode(&read, &again_length);
    cr_assert(eq(sz, again_length, length));
    cr_assert(eq(int, memcmp(again, bytes, length), 0));
    event_counts_clear(&read.counts);
}

Test(tap_report, its_first_version_stays_readable)
{
    /* What some_report gave when the version was made. A change here needs a new version. */
    static const char start[] = "serintap\1\0\0\0\0\0\0\0";
    struct tap_report report = some_report();
    size_t length = 0;
    owned_memory uint8_t *bytes = encode(&report, &length);
    cr_assert(eq(sz, length, 143));
    cr_assert(eq(int, memcmp(bytes, start, sizeof(start) - 1), 0));
    cr_assert(eq(u64, counts_checksum(bytes, length), UINT64_C(14619477870646089342)));
}

Test(tap_report, any_byte_changed_or_cut_is_damage)
{
    struct tap_report report = some_report();
    size_t length = 0;
    owned_memory uint8_t *bytes = encode(&report, &length);
    for (size_t i = 0; i < length; i++) {
        bytes[i] ^= 0x10;
        cr_assert(eq(int, decode(bytes, length), SERIN_INVALID), "byte %zu", i);
        bytes[i] ^= 0x10;
        owned_memory uint8_t *cut = malloc(i + 1);
        memcpy(cut, bytes, i);
        cr_assert(eq(int, decode(cut, i), SERIN_INVALID), "%zu bytes", i);
    }
    cr_assert(eq(int, decode(bytes, length), SERIN_OK));
}

Test(tap_report, numbers_that_cannot_be_are_refused)
{
    struct tap_report bad[8];
    for (size_t i = 0; i < ARRAY_LENGTH(bad); i++) {
        bad[i] = some_report();
    }
    bad[0].block_rate = 0.0;
    bad[1].block_rate = 1.5;
    bad[2].key_rate = NAN;
    bad[3].key_rate = -0.1;
    bad[4].block_ms = 0;
    bad[5].now_ms = -1;
    bad[6].counts.text_count[TEXT_ARM] = 0;
    bad[6].counts.block_count = bad[6].counts.increment_count = 0;
    bad[7].since_ms = INT64_MIN;
    for (size_t i = 0; i < ARRAY_LENGTH(bad); i++) {
        size_t length = 0;
        owned_memory uint8_t *bytes = encode(&bad[i], &length);
        cr_assert(eq(int, decode(bytes, length), SERIN_INVALID), "case %zu", i);
    }
}

Test(tap_report, every_allocation_of_reading_and_writing_may_fail)
{
    struct tap_report report = some_report();
    size_t length = 0;
    owned_memory uint8_t *bytes = encode(&report, &length);
    enum serin_status status = SERIN_NO_MEMORY;
    for (uint64_t i = 1; status == SERIN_NO_MEMORY; i++) {
        memory_fail_after(i);
        status = decode(bytes, length);
        memory_fail_after(0);
    }
    cr_assert(eq(int, status, SERIN_OK));
    status = SERIN_NO_MEMORY;
    for (uint64_t i = 1; status == SERIN_NO_MEMORY; i++) {
        owned_memory uint8_t *again = NULL;
        memory_fail_after(i);
        status = tap_report_encode(&report, &again, &length);
        memory_fail_after(0);
    }
    cr_assert(eq(int, status, SERIN_OK));
}
