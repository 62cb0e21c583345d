#include "verdict/strata.h"

struct strata {
    const struct slice_result **items;
    size_t count;
    double weight;              /* of all of them */
    struct slice_result joined; /* the rest with the smallest slice, where one was needed */
};

void strata_destroy(struct strata *strata)
{
    if (strata) {
        slice_result_clear(&strata->joined);
        memory_free(strata->items);
        memory_free(strata);
    }
}

static uint64_t events_of(const struct slice_result *result)
{
    return result->evidence.arms[ARM_CANARY].events + result->evidence.arms[ARM_STABLE].events;
}

static bool covers_all(const struct strata *strata, const struct evidence *evidence)
{
    uint64_t events = 0;
    for (size_t i = 0; i < strata->count; i++) {
        events += events_of(strata->items[i]);
    }
    return events == evidence->arms[ARM_CANARY].events + evidence->arms[ARM_STABLE].events;
}

static size_t smallest_find(const struct strata *strata)
{
    size_t smallest = 0;
    for (size_t i = 1; i < strata->count; i++) {
        if (events_of(strata->items[i]) < events_of(strata->items[smallest])) {
            smallest = i;
        }
    }
    return smallest;
}

/*
 * Takes the smallest slice out and in again together with all that is in no stratum. Where even
 * that tells nothing there are no strata: their delta would leave these events out.
 */
static enum serin_status rest_join(const struct slice_question *question, struct strata *strata,
                                   struct serin_error *err)
{
    size_t smallest = smallest_find(strata);
    for (size_t i = smallest; i + 1 < strata->count; i++) {
        strata->items[i] = strata->items[i + 1];
    }
    strata->count--;
    TRY(slice_rest_measure(question, strata->items, strata->count, &strata->joined, err));
    strata->items[strata->count] = &strata->joined;
    strata->count = strata->joined.is_stratum ? strata->count + 1 : 0;
    return SERIN_OK;
}

static double weight_of(const struct slice_result *stratum)
{
    const struct serin_comparison *comparison = &stratum->evidence.comparison;
    return (double)comparison->canary.samples + (double)comparison->stable.samples;
}

static enum serin_status strata_choose(const struct slice_question *question,
                                       const struct slice_result *results, size_t count,
                                       const struct evidence *evidence, struct strata *out,
                                       struct serin_error *err)
{
    for (size_t i = 0; i < count; i++) {
        if (results[i].is_stratum) {
            out->items[out->count++] = &results[i];
        }
    }
    if (out->count >= 2 && !covers_all(out, evidence)) {
        TRY(rest_join(question, out, err));
    }
    out->count = out->count >= 2 ? out->count : 0;
    for (size_t i = 0; i < out->count; i++) {
        out->weight += weight_of(out->items[i]);
    }
    return SERIN_OK;
}

enum serin_status strata_create(const struct slice_question *question,
                                const struct slice_result *results, size_t count,
                                const struct evidence *evidence, struct strata **out,
                                struct serin_error *err)
{
    owned(strata) strata = memory_allocate(1, sizeof(*strata));
    if (!strata) {
        return serin_fail(err, SERIN_NO_MEMORY, "the strata");
    }
    strata->items = memory_allocate(count + 1, sizeof(*strata->items));
    if (!strata->items) {
        return serin_fail(err, SERIN_NO_MEMORY, "the strata");
    }
    if (evidence->judgement->design == DESIGN_REFERENCE) {
        TRY(strata_choose(question, results, count, evidence, strata, err));
    }
    *out = give(strata);
    return SERIN_OK;
}

size_t strata_count(const struct strata *strata)
{
    return strata->count;
}

const struct slice_result *strata_at(const struct strata *strata, size_t i)
{
    return strata->items[i];
}

double strata_share(const struct strata *strata, size_t i)
{
    return weight_of(strata->items[i]) / strata->weight;
}
