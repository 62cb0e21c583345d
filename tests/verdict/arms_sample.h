/*
 * Arms whose labels agree with their references to a chosen degree, without randomness.
 */
#ifndef SERIN_TESTS_VERDICT_ARMS_SAMPLE_H
#define SERIN_TESTS_VERDICT_ARMS_SAMPLE_H

#include "support/table_builder.h"
#include "verdict/judge.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>

enum { KINDS = 5, KIND_CELLS = KINDS * KINDS };

#define MINUTE_MS INT64_C(60000)

/* `total` events of five references, a share `error` of them labelled evenly at random. */
static inline void arm_counts_fill(uint64_t total, double error, uint64_t out[static KIND_CELLS])
{
    for (size_t cell = 0; cell < KIND_CELLS; cell++) {
        double share =
            error / KIND_CELLS + (cell / KINDS == cell % KINDS ? (1 - error) / KINDS : 0);
        out[cell] = (uint64_t)((double)total * share + 0.5);
    }
}

/* The arms over 4 pods × 5 minutes each, sealed; the canary's last event is at minute 5. */
static inline struct block_tables *arms_of(const uint64_t *canary, const uint64_t *stable,
                                           size_t rows, size_t columns)
{
    struct block_tables *tables = table_begin();
    table_spread(tables, &(struct table_place){.arm = ARM_CANARY}, 4, 5, canary, rows, columns);
    table_spread(tables, &(struct table_place){.arm = ARM_STABLE}, 4, 5, stable, rows, columns);
    return table_end(tables, TABLE_START_MS, TABLE_START_MS + 5 * MINUTE_MS);
}

static inline struct block_tables *arms_with_errors(uint64_t canary_total, double canary_error,
                                                    uint64_t stable_total, double stable_error)
{
    uint64_t canary[KIND_CELLS];
    uint64_t stable[KIND_CELLS];
    arm_counts_fill(canary_total, canary_error, canary);
    arm_counts_fill(stable_total, stable_error, stable);
    return arms_of(canary, stable, KINDS, KINDS);
}

static inline struct spec default_spec(void)
{
    return (struct spec){.judgement = judgement_default};
}

static inline struct verdict judged_at(const struct spec *spec, const struct block_tables *tables,
                                       const struct judge_context *context)
{
    struct verdict verdict;
    struct serin_error err = {0};
    cr_assert(eq(int, judge(spec, tables, context, &verdict, &err), SERIN_OK), "%s", err.detail);
    return verdict;
}

/* Judges right after the last event. */
static inline struct verdict judged(const struct spec *spec, const struct block_tables *tables)
{
    struct judge_context context = {.now_ms = TABLE_START_MS + 5 * MINUTE_MS};
    return judged_at(spec, tables, &context);
}

/* Judges likewise, and explains. */
static inline struct verdict explained(const struct spec *spec, const struct block_tables *tables)
{
    struct verdict verdict = judged(spec, tables);
    struct serin_error err = {0};
    cr_assert(eq(int, verdict_explain(spec, tables, &verdict, &err), SERIN_OK), "%s", err.detail);
    return verdict;
}

static inline bool warns(const struct verdict *verdict, const char *name)
{
    for (size_t i = 0; i < verdict->warning_count; i++) {
        if (strcmp(verdict->warnings[i], name) == 0) {
            return true;
        }
    }
    return false;
}

#define expect_verdict(verdict, wanted_decision, wanted_reason)                                    \
    do {                                                                                           \
        cr_assert(eq(str, (char *)(verdict).reason, (char *)(wanted_reason)));                     \
        cr_assert(eq(int, (verdict).decision, (wanted_decision)), "%s", (verdict).reason);         \
    } while (0)

#endif
