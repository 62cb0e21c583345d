#include "platform/gzip.h"

#include "base/buffer.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdlib.h>
#include <string.h>

static const struct gzip_limits roomy = {.output = 64 << 20, .ratio = 0};

struct packed {
    char *bytes;
    size_t length;
};

static struct packed pack(const void *bytes, size_t length)
{
    struct packed packed = {NULL, 0};
    cr_assert(eq(int, gzip_deflate(bytes, length, &packed.bytes, &packed.length, NULL), SERIN_OK));
    return packed;
}

static enum serin_status unpack(struct packed packed, struct gzip_limits limits,
                                struct serin_error *err)
{
    char *bytes = NULL;
    size_t length = 0;
    enum serin_status status =
        gzip_inflate(packed.bytes, packed.length, limits, &bytes, &length, err);
    memory_free(bytes);
    return status;
}

static char *random_text(size_t length)
{
    char *text = memory_allocate(length + 1, 1);
    for (size_t i = 0; i < length; i++) {
        text[i] = (char)('a' + lrand48() % 26);
    }
    return text;
}

Test(gzip, what_is_packed_unpacks_to_the_same_bytes)
{
    static const size_t lengths[] = {0, 1, 1000, 65535, 65536, 65537, 3000000};
    srand48(7);
    for (size_t i = 0; i < ARRAY_LENGTH(lengths); i++) {
        char *text = random_text(lengths[i]);
        struct packed packed = pack(text, lengths[i]);
        cr_assert(gzip_is_compressed(packed.bytes, packed.length));
        char *back = NULL;
        size_t length = 1;
        cr_assert(eq(int, gzip_inflate(packed.bytes, packed.length, roomy, &back, &length, NULL),
                     SERIN_OK));
        cr_assert(eq(sz, length, lengths[i]));
        cr_assert(eq(int, memcmp(back, text, length + 1), 0));
        memory_free(back);
        memory_free(packed.bytes);
        memory_free(text);
    }
}

Test(gzip, packing_twice_gives_the_same_bytes)
{
    struct packed first = pack("same", 4);
    struct packed second = pack("same", 4);
    cr_assert(eq(sz, first.length, second.length));
    cr_assert(eq(int, memcmp(first.bytes, second.bytes, first.length), 0));
    memory_free(first.bytes);
    memory_free(second.bytes);
}

static enum serin_status append(void *context, const char *bytes, size_t length,
                                struct serin_error *err)
{
    (void)err;
    buffer_append(context, bytes, length);
    return buffer_status(context);
}

Test(gzip, the_pieces_of_the_input_may_be_cut_anywhere)
{
    char *text = random_text(20000);
    struct packed packed = pack(text, 20000);
    for (size_t step = 1; step < 50; step += 7) {
        owned(buffer) out = buffer_create(1 << 20);
        owned(gzip_inflater) inflater = NULL;
        cr_assert(eq(int, gzip_inflater_create(roomy, append, out, &inflater, NULL), SERIN_OK));
        for (size_t at = 0; at < packed.length; at += step) {
            size_t length = packed.length - at < step ? packed.length - at : step;
            cr_assert(
                eq(int, gzip_inflater_push(inflater, packed.bytes + at, length, NULL), SERIN_OK));
        }
        cr_assert(eq(int, gzip_inflater_finish(inflater, NULL), SERIN_OK));
        cr_assert(eq(str, (char *)buffer_text(out), text));
    }
    memory_free(packed.bytes);
    memory_free(text);
}

static struct packed join(struct packed a, const char *bytes, size_t length)
{
    struct packed joined = {memory_allocate(a.length + length, 1), a.length + length};
    memcpy(joined.bytes, a.bytes, a.length);
    memcpy(joined.bytes + a.length, bytes, length);
    return joined;
}

Test(gzip, members_that_follow_each_other_are_one_text)
{
    struct packed first = pack("one ", 4);
    struct packed second = pack("two", 3);
    struct packed both = join(first, second.bytes, second.length);
    char *text = NULL;
    size_t length = 0;
    cr_assert(
        eq(int, gzip_inflate(both.bytes, both.length, roomy, &text, &length, NULL), SERIN_OK));
    cr_assert(eq(str, text, "one two"));
    memory_free(text);
    memory_free(first.bytes);
    memory_free(second.bytes);
    memory_free(both.bytes);
}

Test(gzip, anything_after_a_member_is_refused)
{
    struct packed packed = pack("text", 4);
    static const char *const tails[] = {"x", "\x1f", "\x1f\x8b", "\n", "trailing"};
    for (size_t i = 0; i < ARRAY_LENGTH(tails); i++) {
        struct packed longer = join(packed, tails[i], strlen(tails[i]));
        cr_assert(eq(int, unpack(longer, roomy, NULL), SERIN_INVALID), "%s", tails[i]);
        memory_free(longer.bytes);
    }
    struct packed padded = join(packed, "\0\0\0", 3);
    cr_assert(eq(int, unpack(padded, roomy, NULL), SERIN_INVALID));
    memory_free(padded.bytes);
    memory_free(packed.bytes);
}

Test(gzip, a_body_cut_at_any_byte_is_refused)
{
    struct packed packed = pack("a text that is long enough to be worth packing", 46);
    for (size_t length = 0; length < packed.length; length++) {
        struct packed cut = {packed.bytes, length};
        struct serin_error err = {.status = SERIN_OK};
        cr_assert(eq(int, unpack(cut, roomy, &err), SERIN_INVALID), "%zu bytes", length);
        cr_assert(ne(str, err.detail, ""));
    }
    memory_free(packed.bytes);
}

Test(gzip, a_flipped_bit_anywhere_is_never_taken_for_the_original)
{
    static const char text[] = "a text that is long enough to be worth packing";
    struct packed packed = pack(text, sizeof(text) - 1);
    for (size_t bit = 0; bit < packed.length * 8; bit++) {
        packed.bytes[bit / 8] = (char)(packed.bytes[bit / 8] ^ (1 << (bit % 8)));
        char *back = NULL;
        size_t length = 0;
        if (gzip_inflate(packed.bytes, packed.length, roomy, &back, &length, NULL) == SERIN_OK) {
            /* Only fields that say nothing about the content (time, operating system) may differ.
             */
            cr_assert(eq(str, back, (char *)text), "bit %zu", bit);
            memory_free(back);
        }
        packed.bytes[bit / 8] = (char)(packed.bytes[bit / 8] ^ (1 << (bit % 8)));
    }
    memory_free(packed.bytes);
}

Test(gzip, zlib_and_raw_deflate_are_not_gzip)
{
    struct packed zlib = {"\x78\x9c\x03\x00\x00\x00\x00\x01", 8};
    struct packed text = {"{\"stream\":\"x\"}", 14};
    cr_assert(eq(int, unpack(zlib, roomy, NULL), SERIN_INVALID));
    cr_assert(eq(int, unpack(text, roomy, NULL), SERIN_INVALID));
    cr_assert(not(gzip_is_compressed(text.bytes, text.length)));
    cr_assert(not(gzip_is_compressed("\x1f", 1)));
}

static struct packed pack_zeroes(size_t length)
{
    char *zeroes = memory_allocate(length, 1);
    struct packed packed = pack(zeroes, length);
    memory_free(zeroes);
    return packed;
}

Test(gzip, output_beyond_the_limit_is_refused)
{
    struct packed packed = pack_zeroes(100000);
    struct serin_error err = {.status = SERIN_OK};
    cr_assert(eq(int, unpack(packed, (struct gzip_limits){.output = 100000}, NULL), SERIN_OK));
    cr_assert(
        eq(int, unpack(packed, (struct gzip_limits){.output = 99999}, &err), SERIN_TOO_LARGE));
    cr_assert(ne(ptr, strstr(err.detail, "99999"), NULL));
    memory_free(packed.bytes);
}

Test(gzip, a_bomb_is_refused_by_its_ratio_and_small_repetition_is_not)
{
    struct packed bomb = pack_zeroes(8 << 20);
    struct packed small = pack_zeroes(1 << 20);
    struct gzip_limits limits = {.output = 64 << 20, .ratio = 100};
    struct serin_error err = {.status = SERIN_OK};
    cr_assert(eq(int, unpack(bomb, limits, &err), SERIN_TOO_LARGE));
    cr_assert(ne(ptr, strstr(err.detail, "100-fold"), NULL));
    cr_assert(eq(int, unpack(small, limits, NULL), SERIN_OK));
    memory_free(bomb.bytes);
    memory_free(small.bytes);
}

struct tally {
    size_t produced;
    size_t stop_after;
};

static enum serin_status count(void *context, const char *bytes, size_t length,
                               struct serin_error *err)
{
    (void)bytes;
    struct tally *tally = context;
    tally->produced += length;
    return tally->produced > tally->stop_after
               ? serin_fail(err, SERIN_CONFLICT, "enough after %zu", tally->produced)
               : SERIN_OK;
}

Test(gzip, a_bomb_is_stopped_before_it_has_unpacked)
{
    struct packed bomb = pack_zeroes(32 << 20);
    struct tally tally = {.stop_after = SIZE_MAX};
    owned(gzip_inflater) inflater = NULL;
    struct gzip_limits limits = {.output = 1 << 20};
    cr_assert(eq(int, gzip_inflater_create(limits, count, &tally, &inflater, NULL), SERIN_OK));
    cr_assert(
        eq(int, gzip_inflater_push(inflater, bomb.bytes, bomb.length, NULL), SERIN_TOO_LARGE));
    cr_assert(le(sz, tally.produced, 1 << 20));
    memory_free(bomb.bytes);
}

Test(gzip, the_sinks_failure_is_handed_on)
{
    struct packed packed = pack_zeroes(1 << 20);
    struct tally tally = {.stop_after = 1000};
    struct serin_error err = {.status = SERIN_OK};
    owned(gzip_inflater) inflater = NULL;
    cr_assert(eq(int, gzip_inflater_create(roomy, count, &tally, &inflater, NULL), SERIN_OK));
    cr_assert(
        eq(int, gzip_inflater_push(inflater, packed.bytes, packed.length, &err), SERIN_CONFLICT));
    cr_assert(ne(ptr, strstr(err.detail, "enough"), NULL));
    memory_free(packed.bytes);
}

Test(gzip, a_deflater_hands_on_its_sinks_failure_and_is_spent_after_its_end)
{
    struct tally tally = {.stop_after = 0};
    struct serin_error err = {.status = SERIN_OK};
    owned(gzip_deflater) failing = NULL;
    cr_assert(eq(int, gzip_deflater_create(count, &tally, &failing, NULL), SERIN_OK));
    cr_assert(eq(int, gzip_deflater_finish(failing, &err), SERIN_CONFLICT));

    tally.stop_after = SIZE_MAX;
    owned(gzip_deflater) spent = NULL;
    cr_assert(eq(int, gzip_deflater_create(count, &tally, &spent, NULL), SERIN_OK));
    cr_assert(eq(int, gzip_deflater_finish(spent, NULL), SERIN_OK));
    cr_assert(eq(int, gzip_deflater_push(spent, "more", 4, &err), SERIN_BUG));
}

Test(gzip, running_out_of_memory_anywhere_is_reported)
{
    struct packed packed = pack("some text", 9);
    int failures = 0;
    for (uint64_t n = 1; n < 50; n++) {
        char *bytes = NULL;
        size_t length = 0;
        memory_fail_after(n);
        enum serin_status inflated =
            gzip_inflate(packed.bytes, packed.length, roomy, &bytes, &length, NULL);
        memory_fail_after(0);
        memory_free(bytes);
        bytes = NULL;
        memory_fail_after(n);
        enum serin_status deflated = gzip_deflate("text", 4, &bytes, &length, NULL);
        memory_fail_after(0);
        memory_free(bytes);
        cr_assert(inflated == SERIN_OK || inflated == SERIN_NO_MEMORY);
        cr_assert(deflated == SERIN_OK || deflated == SERIN_NO_MEMORY);
        failures += (inflated != SERIN_OK) + (deflated != SERIN_OK);
    }
    cr_assert(ge(int, failures, 8));
    memory_free(packed.bytes);
}
