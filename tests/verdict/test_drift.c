#include "support/table_builder.h"
#include "verdict/judge.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>

enum { KINDS = 4, CELLS = KINDS * KINDS, MINUTES = 30 };

/* The first bucket that starts at a multiple of sixteen minutes, as wide ones do. */
enum { FIRST = 10 };

/* Events of one minute, a share of them spread over all labels. */
static void minute_fill(uint64_t events, double wrong, uint64_t out[static CELLS])
{
    for (size_t i = 0; i < CELLS; i++) {
        double share = (i / KINDS == i % KINDS ? 1.0 - wrong : 0.0) + wrong / KINDS;
        out[i] = (uint64_t)((double)events * share / KINDS + 0.5);
    }
}

/* How the share of wrong labels and the canary's share of the traffic go from the start to the end.
 */
struct course {
    double wrong_first;
    double wrong_last;
    double share_first;
    double share_last;
    double canary_extra;   /* wrong labels that only the canary has */
    unsigned stable_width; /* minutes to a bucket of the stable arm; 0: one */
};

static struct block_tables *tables_of(const struct course *course)
{
    struct block_tables *tables = table_begin();
    for (unsigned minute = 0; minute < MINUTES; minute++) {
        uint64_t counts[CELLS];
        double progress = (double)(minute / 6) / 4.0;
        double wrong = course->wrong_first + progress * (course->wrong_last - course->wrong_first);
        double share = course->share_first + progress * (course->share_last - course->share_first);
        struct table_place place = {.arm = ARM_CANARY, .bucket = FIRST + minute};
        minute_fill((uint64_t)(2000.0 * share), wrong + course->canary_extra, counts);
        table_put(tables, &place, counts, KINDS, KINDS);
        place.arm = ARM_STABLE;
        place.bucket -= course->stable_width > 0 ? minute % course->stable_width : 0;
        minute_fill((uint64_t)(2000.0 * (1.0 - share)), wrong, counts);
        table_put(tables, &place, counts, KINDS, KINDS);
    }
    return table_end(tables, TABLE_START_MS, TABLE_START_MS + MINUTES * TABLE_BUCKET_MS);
}

static struct verdict judged(const struct course *course)
{
    struct spec spec = {.judgement = judgement_default, .window = {.is_rollout = true}};
    struct judge_context context = {.now_ms = 0};
    struct verdict verdict;
    owned(block_tables) tables = tables_of(course);
    cr_assert(eq(int, judge(&spec, tables, &context, &verdict, NULL), SERIN_OK));
    return verdict;
}

static bool drifts(const struct course *course)
{
    return strcmp(judged(course).reason, "traffic_drifts") == 0;
}

Test(drift, a_rising_share_of_traffic_that_gets_easier_or_harder_is_no_ground_for_a_verdict)
{
    cr_assert(drifts(&(struct course){0.4, 0.1, 0.05, 0.5, 0.0, 0}));
    cr_assert(drifts(&(struct course){0.1, 0.4, 0.05, 0.5, 0.0, 0}));
    cr_assert(drifts(&(struct course){0.4, 0.1, 0.05, 0.5, 0.08, 0}));
}

Test(drift, whatever_drifts_cancels_while_the_share_is_constant)
{
    cr_assert(not(drifts(&(struct course){0.4, 0.1, 0.1, 0.1, 0.0, 0})));
    cr_assert(not(drifts(&(struct course){0.1, 0.4, 0.3, 0.3, 0.0, 0})));
    cr_assert(
        eq(int, judged(&(struct course){0.4, 0.1, 0.2, 0.2, 0.3, 0}).decision, DECISION_ROLLBACK));
}

Test(drift, buckets_of_unlike_width_feign_no_drift)
{
    cr_assert(eq(i64, (TABLE_START_MS / TABLE_BUCKET_MS + FIRST) % 16, 0));
    for (unsigned width = 2; width <= 16; width *= 2) {
        cr_assert(not(drifts(&(struct course){0.5, 0.0, 0.1, 0.1, 0.0, width})));
    }
}

Test(drift, a_share_may_rise_while_the_traffic_is_alike)
{
    cr_assert(not(drifts(&(struct course){0.2, 0.2, 0.05, 0.5, 0.0, 0})));
    cr_assert(
        eq(int, judged(&(struct course){0.2, 0.2, 0.05, 0.5, 0.0, 0}).decision, DECISION_PROMOTE));
    cr_assert(
        eq(int, judged(&(struct course){0.2, 0.2, 0.05, 0.5, 0.3, 0}).decision, DECISION_ROLLBACK));
}
