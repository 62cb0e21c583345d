#include "labels/block_tables.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

enum { MINUTE = 60000 };

struct width_case {
    const char *name;
    int64_t base_ms;
    int64_t start_ms;
    int64_t end_ms;
    size_t pods;
    int64_t width_ms;
};

Test(block_width, is_the_smallest_doubling_that_gives_few_enough_blocks)
{
    static const struct width_case cases[] = {
        {"one pod, an hour",            MINUTE, 0,             60 * MINUTE,      1,    MINUTE                     },
        {"256 buckets are enough",      MINUTE, 0,             256 * MINUTE,     1,    MINUTE                     },
        {"257 are not",                 MINUTE, 0,             256 * MINUTE + 1, 1,    2 * MINUTE                 },
        {"an odd start needs one more", MINUTE, 1,             256 * MINUTE + 1, 1,    2 * MINUTE                 },
        {"100 pods, an hour",           MINUTE, 0,             60 * MINUTE,      100,  32 * MINUTE                },
        {"128 pods have two buckets",   MINUTE, 0,             60 * MINUTE,      128,  32 * MINUTE                },
        {"129 pods have one",           MINUTE, 0,             60 * MINUTE,      129,  64 * MINUTE                },
        {"more pods than blocks",       MINUTE, 0,             60 * MINUTE,      5000, 64 * MINUTE                },
        {"no pod is as one",            MINUTE, 0,             257 * MINUTE,     0,    2 * MINUTE                 },
        {"an empty window",             MINUTE, 5,             5,                10,   MINUTE                     },
        {"a window turned round",       MINUTE, 10,            5,                10,   MINUTE                     },
        {"before 1970",                 MINUTE, -257 * MINUTE, 0,                1,    2 * MINUTE                 },
        {"around 1970, never one",      MINUTE, -1,            1,                500,  MINUTE * (INT64_C(1) << 47)},
        {"all of time",                 1,      INT64_MIN,     INT64_MAX,        1,    INT64_C(1) << 56           },
        {"a base of nothing",           0,      0,             256,              1,    1                          },
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        const struct width_case *c = &cases[i];
        cr_expect(eq(i64, block_width_ms(c->base_ms, c->start_ms, c->end_ms, c->pods), c->width_ms),
                  "%s", c->name);
    }
}

Test(block_width, buckets_start_at_multiples_since_the_epoch)
{
    cr_assert(eq(i64, block_start(0, MINUTE), 0));
    cr_assert(eq(i64, block_start(59999, MINUTE), 0));
    cr_assert(eq(i64, block_start(60000, MINUTE), 60000));
    cr_assert(eq(i64, block_start(-1, MINUTE), -60000));
    cr_assert(eq(i64, block_start(-60000, MINUTE), -60000));
    cr_assert(eq(i64, block_start(INT64_MIN, MINUTE), INT64_MIN));
    cr_assert(eq(i64, block_start(INT64_MAX, 1), INT64_MAX));
}
