#include "serin/sample_ratio.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <math.h>

/* A small generator of its own (splitmix64), so that every run draws the same. */
static uint64_t draw(uint64_t *state)
{
    uint64_t z = (*state += UINT64_C(0x9E3779B97F4A7C15));
    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return z ^ (z >> 31);
}

static bool draw_chance(uint64_t *state, double probability)
{
    return (double)(draw(state) >> 11) * 0x1p-53 < probability;
}

static double log_evidence(uint64_t canary, uint64_t stable, double share)
{
    struct serin_anytime_test test;
    struct serin_traffic all = {canary, stable};
    cr_assert(eq(int, serin_sample_ratio_anytime(&all, 1, share, &test), SERIN_OK));
    return test.log_evidence;
}

/* ---- the canary's share ---------------------------------------------------------------------- */

/* ln[B(a + c, b + s)/B(a, b)] − c ln p − s ln(1 − p), worked out with Γ in another language. */
Test(anytime, evidence_is_the_beta_binomial_likelihood_ratio)
{
    cr_expect(epsilon_eq(dbl, log_evidence(60, 940, 0.05), 0.05594839848986055, 1e-8));
    cr_expect(epsilon_eq(dbl, log_evidence(0, 950, 0.05), 22.21446103339148, 1e-8));
    cr_expect(epsilon_eq(dbl, log_evidence(600, 400, 0.5), 17.790814864662536, 1e-8));
    cr_expect(epsilon_eq(dbl, log_evidence(1, 1, 0.9), -0.004434597067969559, 1e-8));
    cr_expect(epsilon_eq(dbl, log_evidence(3000, 97000, 0.02), 216.75505688418866, 1e-7));
}

/* Over the number of canary events in ten, with their probabilities: E is worth 1 on average. */
Test(anytime, evidence_is_worth_nothing_on_average_when_nothing_is_wrong)
{
    static const double shares[] = {0.05, 0.3, 0.9};
    for (size_t i = 0; i < 3; i++) {
        double mean = 0.0;
        double ways = 1.0;
        for (uint64_t canary = 0; canary <= 10; canary++) {
            double chance =
                ways * pow(shares[i], (double)canary) * pow(1 - shares[i], 10 - (double)canary);
            mean += chance * exp(log_evidence(canary, 10 - canary, shares[i]));
            ways *= (10.0 - (double)canary) / ((double)canary + 1.0);
        }
        cr_expect(epsilon_eq(dbl, mean, 1.0, 1e-8), "share %g", shares[i]);
    }
}

Test(anytime, two_to_the_53_events_as_promised_are_no_evidence)
{
    cr_expect(lt(dbl, log_evidence(UINT64_C(1) << 52, UINT64_C(1) << 52, 0.5), 0.0));
    cr_expect(gt(dbl, log_evidence(UINT64_C(1) << 51, UINT64_C(1) << 52, 0.5), 1e12));
}

/* Bursts: whole buckets go to one arm or the other, so a bucket is worth one event. */
Test(anytime, a_share_that_comes_in_bursts_counts_as_few_events)
{
    struct serin_traffic buckets[40];
    struct serin_anytime_test test;
    for (size_t i = 0; i < 40; i++) {
        buckets[i] = i % 4 == 0 ? (struct serin_traffic){100, 0} : (struct serin_traffic){0, 100};
    }
    cr_assert(eq(int, serin_sample_ratio_anytime(buckets, 40, 0.2, &test), SERIN_OK));
    cr_expect(epsilon_eq(dbl, test.deff, 40.0 / 39.0 * 100.0, 1e-9));
    cr_expect(gt(dbl, test.p_value, 0.5));
    cr_expect(gt(dbl, log_evidence(1000, 3000, 0.2), 7.6));
}

Test(anytime, refuses_what_the_single_look_refuses)
{
    struct serin_anytime_test test = {.deff = -1.0};
    struct serin_traffic none = {0, 0};
    struct serin_traffic many[] = {
        {UINT64_C(1) << 53, 0},
        {1,                 0}
    };
    cr_expect(eq(int, serin_sample_ratio_anytime(&none, 1, 0.5, &test), SERIN_UNDEFINED));
    cr_expect(eq(int, serin_sample_ratio_anytime(&none, 1, 1.0, &test), SERIN_INVALID));
    cr_expect(eq(int, serin_sample_ratio_anytime(many, 2, 0.5, &test), SERIN_RANGE));
    cr_expect(eq(dbl, test.deff, -1.0));
}

/* ---- the mix --------------------------------------------------------------------------------- */

enum { KINDS = 3, BLOCKS = 20 };

/* Every block of an arm holds `counts`. */
static struct serin_blocks blocks_of(const uint64_t counts[static KINDS], size_t blocks,
                                     struct serin_block_cell *cells)
{
    for (size_t i = 0; i < blocks * KINDS; i++) {
        cells[i] = (struct serin_block_cell){(uint32_t)(i / KINDS), SERIN_NO_REFERENCE,
                                             (uint32_t)(i % KINDS), counts[i % KINDS]};
    }
    return (struct serin_blocks){.cells = cells, .count = blocks * KINDS, .columns = KINDS};
}

static struct serin_anytime_test mix_of(const uint64_t canary[static KINDS],
                                        const uint64_t stable[static KINDS], size_t blocks)
{
    struct serin_block_cell cells[2][BLOCKS * KINDS];
    struct serin_anytime_test test;
    struct serin_blocks of_canary = blocks_of(canary, blocks, cells[0]);
    struct serin_blocks of_stable = blocks_of(stable, blocks, cells[1]);
    cr_assert(eq(int, serin_mix_anytime(&of_canary, &of_stable, &test), SERIN_OK));
    return test;
}

Test(anytime, equal_mixes_are_no_evidence_however_many_the_events)
{
    cr_expect(lt(dbl,
                 mix_of((uint64_t[]){50, 30, 20}, (uint64_t[]){500, 300, 200}, BLOCKS).log_evidence,
                 0.0));
    cr_expect(lt(dbl, mix_of((uint64_t[]){1, 1, 0}, (uint64_t[]){1, 1, 0}, 1).log_evidence, 0.0));
}

Test(anytime, a_kind_that_one_arm_gets_half_as_often_is_heard)
{
    struct serin_anytime_test test =
        mix_of((uint64_t[]){50, 30, 10}, (uint64_t[]){500, 300, 200}, BLOCKS);
    cr_expect(lt(dbl, test.p_value, 0.0005));
    cr_expect(eq(dbl, test.deff, 1.0));
}

/* By hand: shares 40/100 and 60/100, pooled ½, one block each, so independent events. */
Test(anytime, evidence_of_two_kinds_is_the_normal_mixture)
{
    double variance = 0.25 * (1.0 / 100.0 + 1.0 / 100.0);
    double weight = 0.1 * 0.1 / variance;
    double want = 0.5 * (0.04 / variance * weight / (1.0 + weight) - log(1.0 + weight));
    struct serin_anytime_test test = mix_of((uint64_t[]){40, 60, 0}, (uint64_t[]){60, 40, 0}, 1);
    cr_expect(epsilon_eq(dbl, test.log_evidence, want, 1e-12));
}

Test(anytime, refuses_arms_that_cannot_be_compared)
{
    struct serin_block_cell cells[KINDS];
    struct serin_anytime_test test;
    struct serin_blocks some = blocks_of((uint64_t[]){1, 2, 3}, 1, cells);
    struct serin_blocks none = {.columns = KINDS};
    struct serin_blocks other = {.columns = KINDS + 1};
    struct serin_blocks narrow = some;
    narrow.columns = 2;
    cr_expect(eq(int, serin_mix_anytime(&some, &none, &test), SERIN_UNDEFINED));
    cr_expect(eq(int, serin_mix_anytime(&some, &other, &test), SERIN_INVALID));
    cr_expect(eq(int, serin_mix_anytime(&narrow, &narrow, &test), SERIN_INVALID));
}

/* A rollout that splits bursts of eight by the promised share, looked at after every bucket. */
static bool ever_alarms(uint64_t *state)
{
    struct serin_traffic buckets[60] = {0};
    struct serin_anytime_test test;
    bool alarmed = false;
    for (size_t look = 0; look < 60; look++) {
        for (size_t burst = 0; burst < 40; burst++) {
            *(draw_chance(state, 0.1) ? &buckets[look].canary : &buckets[look].stable) += 8;
        }
        cr_assert(eq(int, serin_sample_ratio_anytime(buckets, look + 1, 0.1, &test), SERIN_OK));
        alarmed = alarmed || (look >= 5 && test.p_value < SERIN_SAMPLE_RATIO_ALPHA);
    }
    return alarmed;
}

Test(anytime, bursts_hardly_ever_alarm_however_often_one_looks)
{
    uint64_t state = 20;
    size_t alarms = 0;
    for (size_t i = 0; i < 500; i++) {
        alarms += ever_alarms(&state);
    }
    cr_expect(le(sz, alarms, 1));
}
