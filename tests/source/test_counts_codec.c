#include "source/counts_codec.h"

#include "support/random.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <string.h>

static uint32_t text(struct counts_builder *builder, enum text_kind kind, size_t number)
{
    char bytes[32];
    uint32_t id = 0;
    int length = snprintf(bytes, sizeof(bytes), "text-%zu", number);
    struct text_view view = {bytes, (size_t)length};
    cr_assert(eq(int, counts_builder_text(builder, kind, view, &id), SERIN_OK));
    return id;
}

static uint32_t text_or(struct counts_builder *builder, struct random *random, enum text_kind kind)
{
    static const uint32_t special[] = {ID_OTHER, ID_OTHER};
    return random_below(random, 10) == 0 ? special[0]
                                         : text(builder, kind, random_below(random, 300));
}

static struct counts_builder *build(uint64_t seed)
{
    static const struct hash_key key = {"test"};
    struct random random = {seed};
    struct counts_builder *builder = counts_builder_create(&key);
    for (int i = 0; i < 500; i++) {
        int64_t start_ms = (int64_t)(random_next(&random) >> random_below(&random, 60)) / 2;
        struct counts_block block = {
            .arm = text(builder, TEXT_ARM, random_below(&random, 3)),
            .pod = text(builder, TEXT_POD, random_below(&random, 20)),
            .start_ms = random_below(&random, 2) ? start_ms : -start_ms,
        };
        block.first_ms = block.start_ms + (int64_t)random_below(&random, 1000);
        block.last_ms = block.first_ms + (int64_t)random_below(&random, 1000);
        struct counts_cell cell = {
            .tuple = text(builder, TEXT_TUPLE, random_below(&random, 4)),
            .reference =
                random_below(&random, 3) ? text_or(builder, &random, TEXT_REFERENCE) : ID_ABSENT,
            .label = text_or(builder, &random, TEXT_LABEL),
        };
        struct counts_item item = {
            .key = {random_next(&random), random_next(&random)},
            .count = 1 + (random_next(&random) >> 12),
            .time_ms = block.first_ms
        };
        cr_assert(eq(int, counts_builder_block(builder, &block, &item.block), SERIN_OK));
        cr_assert(eq(int, counts_builder_cell(builder, cell, &item.cell), SERIN_OK));
        cr_assert(eq(
            int,
            counts_builder_add(builder, item.block, item.cell, 1 + random_below(&random, 1000000)),
            SERIN_OK));
        cr_assert(eq(int, counts_builder_item(builder, &item), SERIN_OK));
    }
    return builder;
}

static struct event_counts *view(struct counts_builder *builder)
{
    struct event_counts *counts = NULL;
    cr_assert(eq(int, counts_builder_view(builder, &counts), SERIN_OK));
    return counts;
}

static void check_equal(const struct event_counts *a, const struct event_counts *b)
{
    for (size_t kind = 0; kind < TEXT_KINDS; kind++) {
        cr_assert(eq(sz, a->text_count[kind], b->text_count[kind]));
        for (size_t i = 0; i < a->text_count[kind]; i++) {
            cr_assert(text_equal(a->texts[kind][i], b->texts[kind][i]));
        }
    }
    cr_assert(eq(sz, a->block_count, b->block_count));
    cr_assert(eq(sz, a->cell_count, b->cell_count));
    cr_assert(eq(sz, a->increment_count, b->increment_count));
    cr_assert(eq(sz, a->item_count, b->item_count));
    cr_assert(eq(int, memcmp(a->blocks, b->blocks, a->block_count * sizeof(*a->blocks)), 0));
    cr_assert(eq(int, memcmp(a->cells, b->cells, a->cell_count * sizeof(*a->cells)), 0));
    cr_assert(eq(
        int, memcmp(a->increments, b->increments, a->increment_count * sizeof(*a->increments)), 0));
    cr_assert(eq(int, memcmp(a->items, b->items, a->item_count * sizeof(*a->items)), 0));
}

Test(counts_codec, reads_back_what_it_wrote)
{
    for (uint64_t seed = 1; seed <= 20; seed++) {
        owned(counts_builder) builder = build(seed);
        owned_memory uint8_t *bytes = NULL;
        size_t length = 0;
        struct event_counts read = {0};
        cr_assert(eq(int, counts_encode(view(builder), &bytes, &length), SERIN_OK));
        cr_assert(eq(int, counts_decode(bytes, length, &read), SERIN_OK));
        check_equal(&read, view(builder));
        event_counts_clear(&read);
    }
}

Test(counts_codec, empty_counts_are_counts)
{
    struct event_counts none = {0};
    struct event_counts read = {0};
    owned_memory uint8_t *bytes = NULL;
    size_t length = 0;
    cr_assert(eq(int, counts_encode(&none, &bytes, &length), SERIN_OK));
    cr_assert(eq(int, counts_decode(bytes, length, &read), SERIN_OK));
    cr_assert(eq(sz, read.block_count, 0));
    event_counts_clear(&read);
}

Test(counts_codec, notices_any_damage)
{
    owned(counts_builder) builder = build(3);
    owned_memory uint8_t *bytes = NULL;
    size_t length = 0;
    struct event_counts read = {0};
    cr_assert(eq(int, counts_encode(view(builder), &bytes, &length), SERIN_OK));
    for (size_t at = 0; at < length; at += 7) {
        bytes[at] ^= 1;
        cr_assert(eq(int, counts_decode(bytes, length, &read), SERIN_INVALID), "byte %zu", at);
        bytes[at] ^= 1;
    }
    for (size_t cut = 0; cut < length; cut += 11) {
        cr_assert(eq(int, counts_decode(bytes, cut, &read), SERIN_INVALID), "cut at %zu", cut);
    }
}

Test(counts_codec, refuses_damage_that_has_a_right_checksum)
{
    owned(counts_builder) builder = build(4);
    owned_memory uint8_t *bytes = NULL;
    size_t length = 0;
    cr_assert(eq(int, counts_encode(view(builder), &bytes, &length), SERIN_OK));
    struct random random = {77};
    size_t refused = 0;
    for (int i = 0; i < 3000; i++) {
        size_t at = random_below(&random, length - COUNTS_CHECKSUM_BYTES);
        uint8_t before = bytes[at];
        bytes[at] = (uint8_t)random_next(&random);
        uint64_t checksum = counts_checksum(bytes, length - COUNTS_CHECKSUM_BYTES);
        memcpy(bytes + length - COUNTS_CHECKSUM_BYTES, &checksum, sizeof(checksum));
        struct event_counts read = {0};
        enum serin_status status = counts_decode(bytes, length, &read);
        refused += status != SERIN_OK;
        event_counts_clear(&read);
        bytes[at] = before;
    }
    cr_assert(gt(sz, refused, 100));
}

Test(counts_codec, survives_the_failure_of_any_allocation)
{
    owned(counts_builder) builder = build(5);
    struct event_counts *counts = view(builder);
    owned_memory uint8_t *bytes = NULL;
    size_t length = 0;
    uint64_t attempts = 0;
    enum serin_status status = SERIN_NO_MEMORY;
    while (status == SERIN_NO_MEMORY) {
        memory_fail_after(++attempts);
        status = counts_encode(counts, &bytes, &length);
        memory_fail_after(0);
    }
    cr_assert(eq(int, status, SERIN_OK));
    struct event_counts read = {0};
    attempts = 0;
    do {
        memory_fail_after(++attempts);
        status = counts_decode(bytes, length, &read);
        memory_fail_after(0);
    } while (status == SERIN_NO_MEMORY);
    cr_assert(eq(int, status, SERIN_OK));
    cr_assert(gt(u64, attempts, 8));
    event_counts_clear(&read);
}
