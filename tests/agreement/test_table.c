#include "agreement/sample_tables.h"

#include "base/memory.h"
#include "serin/serin.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

static const uint64_t most = SERIN_TOTAL_MAX;

struct state_case {
    const char *state;
    uint64_t counts[6]; /* 2 × 3 */
};

static const struct state_case states[] = {
    {"empty",            {0, 0, 0, 0, 0, 0}},
    {"single_both",      {0, 7, 0, 0, 0, 0}},
    {"single_reference", {0, 7, 1, 0, 0, 0}},
    {"single_label",     {0, 7, 0, 0, 1, 0}},
    {"ok",               {0, 7, 0, 1, 0, 0}},
};

Test(table, degenerate_tables_have_named_states)
{
    for (size_t i = 0; i < ARRAY_LENGTH(states); i++) {
        struct serin_table table = {states[i].counts, 2, 3};
        struct serin_table_summary summary;
        cr_assert(eq(int, serin_table_inspect(&table, &summary), SERIN_OK));
        cr_expect_str_eq(serin_table_state_name(summary.state), states[i].state);
    }
    cr_expect_str_eq(serin_table_state_name((enum serin_table_state)99), "unknown");
}

Test(table, only_what_occurs_is_counted)
{
    const uint64_t counts[] = {1, 0, 3, 0, 0, 0, 1, 0, 5};
    struct serin_table table = {counts, 3, 3};
    struct serin_table_summary summary;
    cr_assert(eq(int, serin_table_inspect(&table, &summary), SERIN_OK));
    cr_expect(eq(u64, summary.total, 10));
    cr_expect(eq(sz, summary.rows, 2));
    cr_expect(eq(sz, summary.columns, 2));
    cr_expect(eq(sz, summary.cells, 4));
    cr_expect(eq(sz, summary.singletons, 2));
}

Test(table, a_table_without_cells_is_empty)
{
    struct serin_table table = {NULL, 0, 5};
    struct serin_table_summary summary;
    cr_assert(eq(int, serin_table_inspect(&table, &summary), SERIN_OK));
    cr_expect(eq(int, summary.state, SERIN_TABLE_EMPTY));
}

Test(table, totals_up_to_2_to_the_53_are_accepted_and_no_more)
{
    uint64_t counts[] = {most / 2, 0, 0, most / 2};
    struct serin_table table = {counts, 2, 2};
    double nmi = -1.0;
    cr_assert(eq(int, serin_nmi(&table, SERIN_GEOMETRIC, &nmi), SERIN_OK));
    cr_assert(epsilon_eq(dbl, nmi, 1.0, 1e-15));
    counts[1] = 1;
    nmi = -1.0;
    cr_assert(eq(int, serin_nmi(&table, SERIN_GEOMETRIC, &nmi), SERIN_RANGE));
    cr_assert(eq(dbl, nmi, -1.0));
}

Test(table, totals_that_wrap_around_are_out_of_range)
{
    const uint64_t counts[] = {UINT64_MAX, 1, 1, UINT64_MAX, 2, 1};
    struct serin_table table = {counts, 3, 2};
    struct serin_table_summary summary;
    cr_assert(eq(int, serin_table_inspect(&table, &summary), SERIN_RANGE));
}

Test(table, shapes_that_overflow_or_lack_counts_are_refused)
{
    const uint64_t count = 1;
    struct serin_table_summary summary;
    struct serin_table huge = {&count, SIZE_MAX, 2};
    struct serin_table missing = {NULL, 1, 1};
    cr_assert(eq(int, serin_table_inspect(&huge, &summary), SERIN_INVALID));
    cr_assert(eq(int, serin_table_inspect(&missing, &summary), SERIN_INVALID));
}

Test(table, normalizers_are_found_by_the_name_they_have)
{
    for (int i = 0; i < SERIN_NORMALIZER_COUNT; i++) {
        enum serin_normalizer found = SERIN_MAX;
        const char *name = serin_normalizer_name((enum serin_normalizer)i);
        cr_assert(eq(int, serin_normalizer_find(name, &found), SERIN_OK));
        cr_assert(eq(int, found, i));
    }
    enum serin_normalizer found = SERIN_MAX;
    cr_assert(eq(int, serin_normalizer_find("median", &found), SERIN_INVALID));
    cr_assert(eq(int, found, SERIN_MAX));
    cr_assert_str_eq(serin_normalizer_name((enum serin_normalizer)99), "unknown");
}

Test(table, the_library_tells_its_version)
{
    cr_assert_str_eq(serin_version(), SERIN_VERSION);
}
