#include "verdict/ranking_epoch.h"
#include "verdict/tail.h"

#include "support/table_builder.h"
#include "verdict/counts.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <math.h>
#include <stdlib.h>

enum { LABELS = 40, GROUPS = 8 };

/* The first GROUPS − 1 labels and references are themselves, all others rare. */
struct fixture {
    size_t map[LABELS];
    struct grouping grouping;
};

static void fixture_make(struct fixture *fixture)
{
    for (size_t i = 0; i < LABELS; i++) {
        fixture->map[i] = i < GROUPS - 1 ? i : GROUPS - 1;
    }
    struct label_groups groups = {
        .map = fixture->map, .labels = LABELS, .count = GROUPS, .merged = true};
    fixture->grouping = (struct grouping){.rows = groups, .columns = groups};
}

static uint32_t draw(uint64_t *state, uint32_t below)
{
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)((*state >> 33) % below);
}

/* Single events, a share of them (in percent) with any label. */
static void arm_draw(uint64_t *state, uint32_t wrong, struct serin_block_cell *cells, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        uint32_t row = draw(state, LABELS);
        uint32_t column = draw(state, 100) < wrong ? draw(state, LABELS) : row;
        cells[i] = (struct serin_block_cell){.row = row, .column = column, .count = 1};
    }
}

static double missed(const struct tail_arm *arm)
{
    return 1.0 - (double)arm->recovered / (double)arm->events;
}

/* A label decoded by the very events that are asked would flatter the stable arm. */
Test(tail, arms_that_are_alike_are_recovered_alike_however_rare_their_labels)
{
    enum { REPETITIONS = 400, CANARY = 60, STABLE = 120 };
    static struct serin_block_cell canary[CANARY];
    static struct serin_block_cell stable[STABLE];
    struct fixture fixture;
    fixture_make(&fixture);
    uint64_t state = 1;
    double sum = 0.0;
    double squares = 0.0;
    for (size_t i = 0; i < REPETITIONS; i++) {
        struct tail tail;
        arm_draw(&state, 30, canary, CANARY);
        arm_draw(&state, 30, stable, STABLE);
        cr_assert(eq(int,
                     tail_measure(&fixture.grouping, &(struct tail_cells){canary, CANARY},
                                  &(struct tail_cells){stable, STABLE}, &tail),
                     SERIN_OK));
        double difference = missed(&tail.canary) - missed(&tail.stable);
        sum += difference;
        squares += difference * difference;
    }
    double mean = sum / REPETITIONS;
    double error = sqrt((squares / REPETITIONS - mean * mean) / REPETITIONS);
    cr_assert(lt(dbl, fabs(mean), 3.0 * error), "%g ± %g", mean, error);
}

Test(tail, events_outside_the_merged_labels_do_not_count)
{
    struct fixture fixture;
    fixture_make(&fixture);
    const struct serin_block_cell cells[] = {
        {.row = 0,                  .column = 1,  .count = 70},
        {.row = 0,                  .column = 20, .count = 5 },
        {.row = 20,                 .column = 0,  .count = 3 },
        {.row = 21,                 .column = 21, .count = 2 },
        {.row = SERIN_NO_REFERENCE, .column = 21, .count = 90},
    };
    struct tail_cells both = {cells, 5};
    struct tail tail;
    cr_assert(eq(int, tail_measure(&fixture.grouping, &both, &both, &tail), SERIN_OK));
    cr_assert(eq(u64, tail.canary.events, 10));
    cr_assert(eq(u64, tail.canary.recovered, 10));
    cr_assert(eq(u64, tail.stable.recovered, 10));
    double surprise =
        (5.0 * log(80.0 / 75.0) + 3.0 * log(80.0 / 3.0) + 2.0 * log(80.0 / 2.0)) / 10.0;
    cr_assert(epsilon_eq(dbl, tail.surprise, surprise, 1e-12));
}

Test(tail, the_bound_grows_with_what_is_missed_and_shrinks_with_samples)
{
    struct tail_confidence confidence = {3.0, 1.0, 1.0};
    struct tail tail = {
        {1000,  900 },
        {10000, 9000},
        4.0
    };
    double alike = tail_hidden_information(&tail, 0.3, &confidence);
    struct tail worse = {
        {1000,  700 },
        {10000, 9000},
        4.0
    };
    cr_assert(gt(dbl, tail_hidden_information(&worse, 0.3, &confidence), alike));
    struct tail longer = {
        {100000,  90000 },
        {1000000, 900000},
        4.0
    };
    cr_assert(lt(dbl, tail_hidden_information(&longer, 0.3, &confidence), alike));
    struct tail_confidence bursty = {3.0, 4.0, 4.0};
    cr_assert(gt(dbl, tail_hidden_information(&tail, 0.3, &bursty), alike));
    cr_assert(eq(dbl, tail_hidden_information(&tail, 0.0, &confidence), 0.0));
    struct tail unseen = {
        {0,     0   },
        {10000, 9000},
        4.0
    };
    cr_assert(gt(dbl, tail_hidden_information(&unseen, 0.3, &confidence), 1.2));
}

/* Misses of neighbours and misses at random are as many, but the latter tell less. */
Test(tail, misses_that_may_scatter_are_bounded_although_they_are_no_more_than_before)
{
    enum { STABLE_MISSES_PERCENT = 30, EVENTS = 100000 };
    const double tail_share = 0.5;
    const double scattered = log(200.0); /* over 200 equally frequent labels */
    struct tail_confidence confidence = {2.0, 1.0, 1.0};
    struct tail tail = {
        {EVENTS, EVENTS / 100 * (100 - STABLE_MISSES_PERCENT)},
        {EVENTS, EVENTS / 100 * (100 - STABLE_MISSES_PERCENT)},
        scattered + log(2.0)
    };
    double lost = tail_share * STABLE_MISSES_PERCENT / 100.0 * scattered;
    cr_assert(ge(dbl, tail_hidden_information(&tail, tail_share, &confidence), lost));
}

/* ---- the ranking ---------------------------------------------------------------------------- */

/* Both arms' events of the first so many minutes: later ones prefer other labels. */
static struct block_tables *rollout_until(unsigned minutes)
{
    struct block_tables *tables = table_begin();
    for (unsigned minute = 0; minute < minutes; minute++) {
        for (size_t arm = 0; arm < ARM_COUNT; arm++) {
            uint64_t counts[LABELS * LABELS] = {0};
            for (size_t i = 0; i < LABELS; i++) {
                size_t rank = minute < 2 ? i : LABELS - 1 - i;
                counts[i * LABELS + i] = 1 + 60 / (rank + 1);
            }
            struct table_place place = {.arm = (enum arm)arm, .bucket = minute};
            table_put(tables, &place, counts, LABELS, LABELS);
        }
    }
    return table_end(tables, TABLE_START_MS, TABLE_START_MS + minutes * TABLE_BUCKET_MS);
}

static void expect_kept(unsigned minutes, size_t label, bool is_kept)
{
    struct judgement judgement = judgement_default;
    judgement.label_cap = GROUPS;
    judgement.min_samples = 281; /* a minute has so many: the epochs end at 1, 4, 16 minutes */
    owned(block_tables) tables = rollout_until(minutes);
    owned(grouping) grouping = NULL;
    owned(counts) counts = NULL;
    cr_assert(
        eq(int, counts_create_ranked(tables, &judgement, &grouping, &counts, NULL), SERIN_OK));
    cr_assert(eq(sz, grouping->columns.count, GROUPS));
    cr_assert(eq(int, grouping->columns.map[label] + 1 < GROUPS, is_kept), "minute %u", minutes);
}

Test(ranking_epoch, labels_are_ranked_by_the_same_events_until_there_are_four_times_as_many)
{
    static const struct {
        unsigned minutes;
        bool first_is_kept; /* the commonest of the first two minutes */
    } looks[] = {
        {1,  true },
        {2,  true },
        {3,  true },
        {4,  true },
        {15, true },
        {16, false},
        {40, false}
    };
    for (size_t i = 0; i < sizeof(looks) / sizeof(looks[0]); i++) {
        expect_kept(looks[i].minutes, 1, looks[i].first_is_kept);
    }
}
