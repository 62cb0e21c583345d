#include "verdict/forecast.h"

#include "evidence_sample.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

static const struct outcome straddles = {DECISION_INCONCLUSIVE, "straddles_margin"};

/* 5,000 canary samples, variance 0.4 each, an interval with the margin in it. */
static struct evidence undecided(const struct judgement *judgement, double estimate)
{
    struct evidence evidence = sound_evidence(judgement);
    evidence.delta = (struct estimate){true, estimate, estimate - 0.03, estimate + 0.03};
    return evidence;
}

static uint64_t samples_of(const struct evidence *evidence, const struct outcome *outcome)
{
    struct forecast forecast = {0};
    cr_assert(forecast_make(evidence, outcome, &forecast));
    cr_assert(gt(u64, forecast.samples, 0));
    return forecast.samples;
}

Test(forecast, grows_as_the_estimate_nears_the_margin_on_either_side)
{
    struct judgement judgement = judgement_default;
    uint64_t before = 0;
    for (int i = 0; i < 5; i++) {
        struct evidence above = undecided(&judgement, -0.075 - 0.003 * i);
        struct evidence below = undecided(&judgement, -0.125 + 0.003 * i);
        uint64_t samples = samples_of(&above, &straddles);
        cr_assert(gt(u64, samples, before));
        double ratio = (double)samples_of(&below, &straddles) / (double)samples;
        cr_assert(ratio > 0.99 && ratio < 1.01);
        before = samples;
    }
}

Test(forecast, the_side_towards_the_margin_is_the_one_that_counts)
{
    struct judgement judgement = judgement_default;
    struct evidence evidence = undecided(&judgement, -0.08);
    uint64_t narrow = samples_of(&evidence, &straddles);
    evidence.delta.upper += 0.2; /* away from the margin */
    cr_assert(eq(u64, samples_of(&evidence, &straddles), narrow));
    evidence.delta.lower -= 0.2;
    cr_assert(gt(u64, samples_of(&evidence, &straddles), narrow));
    evidence = undecided(&judgement, -0.12);
    narrow = samples_of(&evidence, &straddles);
    evidence.delta.lower -= 0.2;
    cr_assert(eq(u64, samples_of(&evidence, &straddles), narrow));
    evidence.delta.upper += 0.2;
    cr_assert(gt(u64, samples_of(&evidence, &straddles), narrow));
}

Test(forecast, is_given_only_where_samples_help)
{
    struct judgement judgement = judgement_default;
    static const char *const hopeless[] = {
        "stale_data", "incomplete_data", "maintenance",    "sample_ratio_mismatch",
        "few_blocks", "slice_veto",      "no_canary_data", "single_label"};
    struct evidence evidence = undecided(&judgement, -0.08);
    struct forecast forecast;
    for (size_t i = 0; i < sizeof(hopeless) / sizeof(hopeless[0]); i++) {
        struct outcome outcome = {DECISION_INCONCLUSIVE, hopeless[i]};
        cr_assert(not(forecast_make(&evidence, &outcome, &forecast)), "%s", hopeless[i]);
    }
    struct outcome promote = {DECISION_PROMOTE, "within_margin"};
    cr_assert(not(forecast_make(&evidence, &promote, &forecast)));
}

Test(forecast, is_absent_where_it_would_take_for_ever)
{
    struct judgement judgement = judgement_default;
    struct evidence evidence = undecided(&judgement, -0.1);
    struct forecast forecast;
    cr_assert(not(forecast_make(&evidence, &straddles, &forecast)));
    evidence = undecided(&judgement, -0.100001);
    cr_assert(not(forecast_make(&evidence, &straddles, &forecast)));
    evidence.arms[ARM_CANARY].effective = 0.0;
    cr_assert(not(forecast_make(&evidence, &straddles, &forecast)));
}

Test(forecast, satisfies_the_guards_too)
{
    struct judgement judgement = judgement_default;
    struct evidence evidence = sound_evidence(&judgement);
    struct outcome few = {DECISION_INCONCLUSIVE, "too_few_samples"};
    struct outcome sparse = {DECISION_INCONCLUSIVE, "sparse_table"};
    struct outcome unseen = {DECISION_INCONCLUSIVE, "unseen_cells"};
    evidence.arms[ARM_STABLE].effective = 250.0; /* half of what each arm needs */
    cr_assert(eq(u64, samples_of(&evidence, &few), 5000));
    evidence = sound_evidence(&judgement);
    evidence.arms[ARM_CANARY].gap =
        0.1; /* three times what is allowed: it may fall as slowly as 1/√n */
    cr_assert(epsilon_eq(dbl, (double)samples_of(&evidence, &sparse), 40000.0, 1.5));
    evidence = sound_evidence(&judgement);
    evidence.unseen = 0.1; /* four times */
    cr_assert(epsilon_eq(dbl, (double)samples_of(&evidence, &unseen), 75000.0, 1.5));
}

Test(forecast, without_an_estimate_the_guards_alone_are_forecast)
{
    struct judgement judgement = judgement_default;
    struct evidence evidence = sound_evidence(&judgement);
    struct outcome few = {DECISION_INCONCLUSIVE, "too_few_samples"};
    evidence.delta = (struct estimate){0};
    evidence.arms[ARM_CANARY].result.samples = 100;
    evidence.arms[ARM_CANARY].effective = 100.0;
    cr_assert(eq(u64, samples_of(&evidence, &few), 400));
}

Test(forecast, minutes_follow_the_canarys_rate_and_are_0_when_it_is_unknown)
{
    struct judgement judgement = judgement_default;
    struct evidence evidence = undecided(&judgement, -0.08);
    struct forecast forecast;
    cr_assert(forecast_make(&evidence, &straddles, &forecast)); /* 5,000 in an hour */
    cr_assert(epsilon_eq(dbl, forecast.minutes, (double)forecast.samples / 5000.0 * 60.0, 1e-9));
    evidence.arms[ARM_CANARY].first_ms = 0;
    cr_assert(forecast_make(&evidence, &straddles, &forecast));
    cr_assert(eq(dbl, forecast.minutes, 0.0));
}

Test(forecast, a_shift_is_forecast_against_its_own_margin)
{
    struct judgement judgement = judgement_default;
    judgement.design = DESIGN_SHIFT;
    struct evidence evidence = sound_evidence(&judgement);
    evidence.delta = (struct estimate){true, 0.012, 0.004, 0.023};
    evidence.arms[ARM_CANARY].variance = 0.05;
    evidence.arms[ARM_STABLE].variance = 0.0;
    uint64_t towards_promote = samples_of(&evidence, &straddles);
    evidence.delta = (struct estimate){true, 0.019, 0.004, 0.03};
    cr_assert(gt(u64, samples_of(&evidence, &straddles), towards_promote));
}
