#include "source/slice_tuple.h"

#include "base/memory.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>

#define VIEW(literal) ((struct text_view)TEXT_VIEW(literal))

static struct text_view encode(const struct slice_value *slices, size_t count,
                               char out[TUPLE_BYTES_MAX])
{
    return (struct text_view){out, tuple_encode(slices, count, out)};
}

Test(slice_tuple, equal_sets_are_equal_bytes)
{
    char first[TUPLE_BYTES_MAX];
    char second[TUPLE_BYTES_MAX];
    struct slice_value slices[] = {
        {VIEW("region"), VIEW("eu")   },
        {VIEW("device"), VIEW("phone")},
        {VIEW("age"),    VIEW("old")  },
    };
    struct slice_value turned[] = {slices[2], slices[0], slices[1]};
    cr_assert(text_equal(encode(slices, 3, first), encode(turned, 3, second)));
    turned[0].value = VIEW("ol");
    turned[1].dimension = VIEW("dregion");
    cr_assert(eq(int, text_equal(encode(slices, 3, first), encode(turned, 3, second)), 0));
}

Test(slice_tuple, reads_back_what_was_written)
{
    static char longest[256];
    memset(longest, 'x', sizeof(longest));
    char bytes[TUPLE_BYTES_MAX];
    struct slice_value slices[SLICE_DIMENSIONS_MAX];
    static char names[SLICE_DIMENSIONS_MAX][256];
    for (size_t i = 0; i < SLICE_DIMENSIONS_MAX; i++) {
        memset(names[i], 'a' + (int)i, sizeof(names[i]));
        slices[i] = (struct slice_value){
            {names[i], sizeof(names[i])  },
            {longest,  256 - 51 * (i % 6)}
        };
    }
    for (size_t count = 0; count <= SLICE_DIMENSIONS_MAX; count++) {
        struct slice_value read[SLICE_DIMENSIONS_MAX];
        size_t read_count = 77;
        struct text_view tuple = encode(slices, count, bytes);
        cr_assert(eq(int, tuple_decode(tuple, read, &read_count), SERIN_OK));
        cr_assert(eq(sz, read_count, count));
        for (size_t i = 0; i < count; i++) {
            cr_assert(text_equal(read[i].dimension, slices[i].dimension));
            cr_assert(text_equal(read[i].value, slices[i].value));
        }
    }
}

Test(slice_tuple, refuses_bytes_that_are_no_tuple)
{
    static const struct text_view cases[] = {
        TEXT_VIEW("\0"),           /* a length without its text */
        TEXT_VIEW("\1a"),          /* a text that is too short */
        TEXT_VIEW("\0a"),          /* a dimension without value */
        TEXT_VIEW("\0b\0x\0a\0x"), /* out of order */
        TEXT_VIEW("\0a\0x\0a\0y"), /* twice */
        TEXT_VIEW("\0a\0x\0"),     /* something left */
        TEXT_VIEW("\0a\0x\0b\0x\0c\0x\0d\0x\0e\0x\0f\0x\0g\0x\0h\0x\0i\0x"), /* too many */
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        struct slice_value slices[SLICE_DIMENSIONS_MAX];
        size_t count = 77;
        cr_assert(eq(int, tuple_decode(cases[i], slices, &count), SERIN_INVALID), "case %zu", i);
        cr_assert(eq(sz, count, 77));
    }
}
