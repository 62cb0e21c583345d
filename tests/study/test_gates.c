#include "study/gates.h"

#include "base/memory.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <math.h>

Test(location_shift, finds_the_median_of_the_differences_and_ranks_around_it)
{
    /* Of the 100 differences 3.5 + (i - j) the 24th from either end counts: 50 - 1.96 * 13.23. */
    double a[10];
    double b[10];
    struct location_shift shift;
    for (int i = 0; i < 10; i++) {
        a[i] = i + 1.0;
        b[i] = i - 2.5;
    }
    cr_assert(eq(int, location_shift(a, 10, b, 10, 0.95, &shift), SERIN_OK));
    cr_assert(epsilon_eq(dbl, shift.estimate, 3.5, 1e-12));
    cr_assert(epsilon_eq(dbl, shift.estimate - shift.lower, shift.upper - shift.estimate, 1e-12));
    cr_assert(epsilon_eq(dbl, shift.lower, 0.5, 1e-12));
}

Test(label_distance, is_zero_between_equal_shares_and_the_root_of_ln_2_between_disjoint_ones)
{
    static const uint64_t once[] = {3, 1, 3, 1};
    static const uint64_t twice[] = {6, 2, 6, 2};
    static const uint64_t left[] = {5, 0, 5, 0};
    static const uint64_t right[] = {0, 1, 0, 2};
    struct serin_table a = {once, 2, 2};
    struct serin_table b = {twice, 2, 2};
    struct serin_table c = {left, 2, 2};
    struct serin_table d = {right, 2, 2};
    cr_assert(epsilon_eq(dbl, label_distance(&a, &b), 0.0, 1e-12));
    cr_assert(epsilon_eq(dbl, label_distance(&c, &d), sqrt(log(2.0)), 1e-12));
}

/* Asks a gate minute after minute with the same tables until it decides; 0: it never does. */
static enum gate_answer ask_until(size_t gate, const struct gate_minute *tables, size_t minutes,
                                  size_t *out_minute)
{
    struct random_place place = {"test", gate, 0, 0};
    owned(random) random = random_create(&place);
    owned_memory struct gate_memory *memory = memory_allocate(1, sizeof(*memory));
    struct serin_error err = {.status = SERIN_OK};
    for (size_t number = 1; number <= minutes; number++) {
        struct gate_minute minute = *tables;
        enum gate_answer answer = GATE_WAITS;
        minute.number = number;
        struct gate_question question = {&minute, 0.1, random};
        cr_assert(eq(int, gates[gate].ask(&question, memory, &answer, &err), SERIN_OK), "%s",
                  gates[gate].name);
        if (answer != GATE_WAITS) {
            *out_minute = number;
            return answer;
        }
    }
    *out_minute = 0;
    return GATE_WAITS;
}

static struct gate_minute of_tables(const uint64_t *canary, const uint64_t *stable)
{
    struct serin_table c = {canary, 2, 2};
    struct serin_table s = {stable, 2, 2};
    return (struct gate_minute){
        .canary = c, .stable = s, .canary_minute = c, .stable_minute = s, .baseline_minute = s};
}

static const uint64_t good[] = {4900, 100, 120, 4880};
static const uint64_t bad[] = {3500, 1500, 1400, 3600};

Test(gates, promote_a_canary_as_good_as_the_stable_version)
{
    struct gate_minute tables = of_tables(good, good);
    size_t minute = 0;
    for (size_t g = 0; g < GATE_COUNT; g++) {
        cr_assert(eq(int, ask_until(g, &tables, 60, &minute), GATE_PROMOTES), "%s", gates[g].name);
    }
}

Test(gates, roll_back_a_collapsed_canary_unless_blind_to_references)
{
    struct gate_minute tables = of_tables(bad, good);
    size_t minute = 0;
    for (size_t g = 0; g < GATE_DIVERGENCE; g++) {
        cr_assert(eq(int, ask_until(g, &tables, 60, &minute), GATE_ROLLS_BACK), "%s",
                  gates[g].name);
    }
    cr_assert(eq(int, ask_until(GATE_DIVERGENCE, &tables, 60, &minute), GATE_PROMOTES));
}

Test(gates, with_a_threshold_allow_three_failed_checks_of_ten)
{
    struct gate_minute passing = of_tables(good, good);
    struct gate_minute failing = of_tables(bad, good);
    size_t minute = 0;
    cr_assert(eq(int, ask_until(GATE_THRESHOLD_ALL, &passing, 60, &minute), GATE_PROMOTES));
    cr_assert(eq(sz, minute, 10));
    cr_assert(eq(int, ask_until(GATE_THRESHOLD_ALL, &failing, 60, &minute), GATE_ROLLS_BACK));
    cr_assert(eq(sz, minute, 4));
}
