#include "agreement/normal.h"
#include "base/memory.h"
#include "serin/serin.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <math.h>

static struct serin_pending sample_pending(void)
{
    return (struct serin_pending){
        .estimate = 0.0,
        .margin = 0.1,
        .events = 100.0,
        .canary_variance = 0.5,
        .stable_variance = 0.5,
        .canary_deff = 1.0,
        .stable_deff = 1.0,
        .stable_per_canary = 19.0,
        .factor = 1.0,
        .confidence = {SERIN_FIXED, 0.95, SERIN_PLAN_DEFAULT, 0.0},
        .chance = 0.8,
    };
}

static uint64_t needed(const struct serin_pending *pending)
{
    uint64_t samples = 0;
    cr_assert(eq(int, serin_samples_needed(pending, &samples), SERIN_OK));
    return samples;
}

/* The chance written out for the fixed interval of the sample. */
static double chance_at(const struct serin_pending *pending, double n)
{
    double variance = 0.5 + 0.5 / 19.0;
    double half_width =
        1.9599639845400542 * sqrt(variance / n) + pending->excess_below * pending->events / n;
    double moves = sqrt(variance * (n - pending->events)) / n;
    double distance = pending->estimate + pending->margin;
    return normal_cdf((distance - half_width) / moves) +
           normal_cdf((-distance - half_width) / moves);
}

Test(power, is_the_first_size_with_the_chance_asked_for)
{
    static const double estimates[] = {0.0, -0.05, -0.08, -0.15, -0.2};
    for (size_t i = 0; i < ARRAY_LENGTH(estimates); i++) {
        struct serin_pending pending = sample_pending();
        pending.estimate = estimates[i];
        pending.excess_below = pending.excess_above = 0.02;
        double samples = (double)needed(&pending);
        cr_expect(ge(dbl, chance_at(&pending, samples), 0.8), "%g", estimates[i]);
        cr_expect(lt(dbl, chance_at(&pending, samples - 1.0), 0.8), "%g", estimates[i]);
    }
}

Test(power, rollbacks_are_forecast_from_the_other_side)
{
    struct serin_pending promote = sample_pending();
    struct serin_pending rollback = sample_pending();
    rollback.estimate = -0.2;
    promote.excess_below = rollback.excess_above = 0.05;
    promote.excess_above = rollback.excess_below = 0.01;
    cr_expect(eq(u64, needed(&promote), needed(&rollback)));
}

Test(power, what_is_known_moves_no_more)
{
    struct serin_pending early = sample_pending();
    struct serin_pending late = sample_pending();
    late.events = 150.0;
    cr_expect(lt(u64, needed(&late), needed(&early)));
    late.events = 1e6; /* decided long ago */
    cr_expect(eq(u64, needed(&late), 1000000));
}

Test(power, many_looks_dependence_an_uneven_split_and_few_blocks_cost_samples)
{
    struct serin_pending pending = sample_pending();
    uint64_t once = needed(&pending);
    pending.confidence.interval = SERIN_SEQUENTIAL;
    uint64_t sequential = needed(&pending);
    cr_expect(gt(u64, 2 * sequential, 3 * once));
    pending.factor = 1.2;
    cr_expect(gt(u64, needed(&pending), sequential));
    pending.factor = 1.0;
    pending.canary_deff = 3.0;
    cr_expect(gt(u64, needed(&pending), 2 * sequential));
    struct serin_pending even = sample_pending();
    even.stable_per_canary = 1.0;
    cr_expect(gt(u64, needed(&even), once));
    struct serin_pending paired = sample_pending();
    paired.stable_per_canary = 0.0;
    cr_expect(lt(u64, needed(&paired), once));
}

Test(power, an_estimate_at_the_margin_itself_is_never_decided)
{
    struct serin_pending pending = sample_pending();
    uint64_t samples = 7;
    pending.estimate = -0.1;
    cr_expect(eq(int, serin_samples_needed(&pending, &samples), SERIN_UNDEFINED));
    pending.estimate = -0.1 + 1e-9;
    cr_expect(eq(int, serin_samples_needed(&pending, &samples), SERIN_UNDEFINED));
    cr_expect(eq(u64, samples, 7));
}

Test(power, refuses_what_makes_no_sense)
{
    struct serin_pending pending[9];
    for (size_t i = 0; i < ARRAY_LENGTH(pending); i++) {
        pending[i] = sample_pending();
    }
    pending[0].margin = 0.0;
    pending[1].chance = 1.0;
    pending[2].canary_deff = 0.5;
    pending[3].canary_variance = -1.0;
    pending[4].estimate = 1.5;
    pending[5].stable_per_canary = (double)NAN;
    pending[6].confidence.level = 0.0;
    pending[7].events = 0.0;
    pending[8].factor = 0.9;
    uint64_t samples = 7;
    for (size_t i = 0; i < ARRAY_LENGTH(pending); i++) {
        cr_expect(eq(int, serin_samples_needed(&pending[i], &samples), SERIN_INVALID), "%zu", i);
    }
    cr_expect(eq(u64, samples, 7));
}
