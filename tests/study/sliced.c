#include "study/sliced.h"

#include "study/rollout.h"
#include "study/scenario.h"

#include <gsl/gsl_randist.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { BLOCKS = 20, BURST = 10, NAME_SIZE = 24 };
/* Two events of a burst copy the same template with its square: the intra-class correlation. */
static const double copy_chance = 0.4472135954999579;
static const double spread_of_nmi = 0.2;

enum events { EVENTS_INDEPENDENT, EVENTS_WITHIN, EVENTS_ACROSS, EVENTS_PODS };

struct slice {
    char name[NAME_SIZE];
    struct scenario *scenario;
    double *cumulative[ARM_COUNT]; /* of the populations' shares, cell by cell */
    double share[ARM_COUNT];       /* of the arm's traffic */
    uint64_t events[ARM_COUNT];    /* drawn so far */
};

struct sliced {
    struct slice *slices;
    size_t count;
    size_t labels;
    size_t cells; /* of a table */
    size_t blocks;
    enum events events;
    uint64_t *counts; /* arm × slice × block × cell */
};

/* ---- building ------------------------------------------------------------------------------- */

void sliced_destroy(struct sliced *sliced)
{
    if (!sliced) {
        return;
    }
    for (size_t i = 0; sliced->slices && i < sliced->count; i++) {
        scenario_destroy(sliced->slices[i].scenario);
        memory_free(sliced->slices[i].cumulative[ARM_CANARY]);
        memory_free(sliced->slices[i].cumulative[ARM_STABLE]);
    }
    memory_free(sliced->slices);
    memory_free(sliced->counts);
    memory_free(sliced);
}

static enum events events_find(const char *name)
{
    static const char *const names[] = {"independent", "within", "across", "pods"};
    size_t found = 0;
    while (found + 1 < ARRAY_LENGTH(names) && strcmp(names[found], name) != 0) {
        found++;
    }
    return (enum events)found;
}

static double loss_of(const struct cell *cell, size_t slice)
{
    const char *loss = cell_text(cell, "loss");
    double margin = cell_number(cell, "margin");
    if (strcmp(loss, "all") == 0) {
        return margin;
    }
    bool loses_twice =
        (strcmp(loss, "half") == 0 && slice % 2 == 0) || (strcmp(loss, "one") == 0 && slice == 0);
    return loses_twice ? 2.0 * margin : 0.0;
}

/* Shares before they are made to add up to 1. */
static double raw_share(const struct cell *cell, size_t slice, enum arm arm)
{
    double share = strcmp(cell_text(cell, "sizes"), "zipf") == 0 ? 1.0 / (double)(slice + 1) : 1.0;
    if (strcmp(cell_text(cell, "mix"), "reversed") == 0) {
        bool is_good = slice % 2 == 0;
        share *= is_good == (arm == ARM_CANARY) ? 0.2 : 0.8;
    }
    return share;
}

static void shares_settle(struct sliced *sliced)
{
    for (size_t arm = 0; arm < ARM_COUNT; arm++) {
        double total = 0.0;
        for (size_t i = 0; i < sliced->count; i++) {
            total += sliced->slices[i].share[arm];
        }
        for (size_t i = 0; i < sliced->count; i++) {
            sliced->slices[i].share[arm] /= total;
        }
    }
}

static double *cumulate(const struct population *population)
{
    size_t cells = population->rows * population->columns;
    double *sums = memory_allocate(cells, sizeof(*sums));
    double sum = 0.0;
    for (size_t i = 0; sums && i < cells; i++) {
        sum += population->shares[i];
        sums[i] = sum;
    }
    return sums;
}

static enum serin_status slice_build(const struct cell *cell, size_t index, struct slice *out,
                                     struct serin_error *err)
{
    double nmi = cell_number(cell, "nmi") + (index % 2 == 0 ? spread_of_nmi : -spread_of_nmi);
    struct scenario_wish wish = {
        .stable = {.references = cell_size(cell, "labels"),
                   .labels = cell_size(cell, "labels"),
                   .marginal = MARGINAL_ZIPF,
                   .errors = FAULT_SPREAD,
                   .nmi = nmi,
                   .normalizer = SERIN_GEOMETRIC},
        .fault = FAULT_SPREAD,
        .delta = -loss_of(cell, index),
    };
    (void)snprintf(out->name, sizeof(out->name), "s%02zu", index);
    TRY(scenario_create(&wish, &out->scenario, err));
    out->cumulative[ARM_CANARY] = cumulate(out->scenario->canary);
    out->cumulative[ARM_STABLE] = cumulate(out->scenario->stable);
    for (size_t arm = 0; arm < ARM_COUNT; arm++) {
        out->share[arm] = raw_share(cell, index, (enum arm)arm);
        if (!out->cumulative[arm]) {
            return serin_fail(err, SERIN_NO_MEMORY, "the slices of a cell");
        }
    }
    return SERIN_OK;
}

enum serin_status sliced_create(const struct cell *cell, struct sliced **out,
                                struct serin_error *err)
{
    owned(sliced) sliced = memory_allocate(1, sizeof(*sliced));
    if (!sliced) {
        return serin_fail(err, SERIN_NO_MEMORY, "the slices of a cell");
    }
    sliced->count = cell_size(cell, "slices");
    sliced->labels = cell_size(cell, "labels");
    sliced->cells = sliced->labels * sliced->labels;
    sliced->events = events_find(cell_text(cell, "events"));
    sliced->blocks = sliced->events == EVENTS_INDEPENDENT ? 1 : BLOCKS;
    sliced->slices = memory_allocate(sliced->count, sizeof(*sliced->slices));
    sliced->counts = memory_allocate(ARM_COUNT * sliced->count * sliced->blocks * sliced->cells,
                                     sizeof(*sliced->counts));
    if (!sliced->slices || !sliced->counts) {
        return serin_fail(err, SERIN_NO_MEMORY, "the slices of a cell");
    }
    for (size_t i = 0; i < sliced->count; i++) {
        TRY(slice_build(cell, i, &sliced->slices[i], err));
    }
    shares_settle(sliced);
    *out = give(sliced);
    return SERIN_OK;
}

/* ---- drawing -------------------------------------------------------------------------------- */

static uint64_t *counts_of(const struct sliced *sliced, enum arm arm, size_t slice, size_t block)
{
    size_t table = ((size_t)arm * sliced->count + slice) * sliced->blocks + block;
    return &sliced->counts[table * sliced->cells];
}

void sliced_begin(struct sliced *sliced)
{
    size_t tables = ARM_COUNT * sliced->count * sliced->blocks;
    memset(sliced->counts, 0, tables * sliced->cells * sizeof(*sliced->counts));
    for (size_t i = 0; i < sliced->count; i++) {
        sliced->slices[i].events[ARM_CANARY] = 0;
        sliced->slices[i].events[ARM_STABLE] = 0;
    }
}

static size_t slice_draw(const struct sliced *sliced, enum arm arm, gsl_rng *generator)
{
    double at = gsl_rng_uniform(generator);
    size_t slice = 0;
    while (slice + 1 < sliced->count && at >= sliced->slices[slice].share[arm]) {
        at -= sliced->slices[slice].share[arm];
        slice++;
    }
    return slice;
}

/* The cell at a quantile: alike in all slices, for their tables are of one kind. */
static size_t cell_at(const double *cumulative, size_t cells, double quantile)
{
    size_t low = 0;
    size_t high = cells - 1;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (cumulative[middle] > quantile) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    return low;
}

static void add_independent(struct sliced *sliced, enum arm arm, uint64_t events,
                            struct random *random)
{
    double left = 1.0;
    for (size_t i = 0; i < sliced->count && events > 0; i++) {
        struct slice *slice = &sliced->slices[i];
        double share = i + 1 == sliced->count ? 1.0 : slice->share[arm] / left;
        unsigned drawn =
            gsl_ran_binomial(random_gsl(random), share < 1.0 ? share : 1.0, (unsigned)events);
        sampler_draw(arm == ARM_CANARY ? slice->scenario->canary_sampler
                                       : slice->scenario->stable_sampler,
                     random, drawn, counts_of(sliced, arm, i, 0));
        slice->events[arm] += drawn;
        left -= slice->share[arm];
        events -= drawn;
    }
}

/* The slice that a block's pod serves: slices take turns, so that each has some blocks. */
static size_t slice_of_block(const struct sliced *sliced, size_t block)
{
    return block % sliced->count;
}

static void add_burst(struct sliced *sliced, enum arm arm, gsl_rng *generator)
{
    size_t block = gsl_rng_uniform_int(generator, BLOCKS);
    size_t slice = sliced->events == EVENTS_PODS ? slice_of_block(sliced, block)
                                                 : slice_draw(sliced, arm, generator);
    double template = gsl_rng_uniform(generator);
    for (size_t i = 0; i < BURST; i++) {
        if (sliced->events == EVENTS_ACROSS) {
            slice = slice_draw(sliced, arm, generator);
        }
        bool copies = gsl_ran_bernoulli(generator, copy_chance);
        double quantile = copies ? template : gsl_rng_uniform(generator);
        struct slice *of = &sliced->slices[slice];
        counts_of(sliced, arm, slice,
                  block)[cell_at(of->cumulative[arm], sliced->cells, quantile)]++;
        of->events[arm]++;
    }
}

void sliced_draw(struct sliced *sliced, struct random *random, uint64_t canary, uint64_t stable)
{
    const uint64_t events[ARM_COUNT] = {[ARM_CANARY] = canary, [ARM_STABLE] = stable};
    for (size_t arm = 0; arm < ARM_COUNT; arm++) {
        if (sliced->events == EVENTS_INDEPENDENT) {
            add_independent(sliced, (enum arm)arm, events[arm], random);
            continue;
        }
        for (uint64_t drawn = 0; drawn < events[arm]; drawn += BURST) {
            add_burst(sliced, (enum arm)arm, random_gsl(random));
        }
    }
}

/* ---- reading -------------------------------------------------------------------------------- */

enum serin_status sliced_tables(const struct sliced *sliced, struct block_tables **out,
                                struct serin_error *err)
{
    owned(rollout) rollout = rollout_create(sliced->labels, sliced->labels);
    if (!rollout) {
        return serin_fail(err, SERIN_NO_MEMORY, "simulated tables");
    }
    if (sliced->events == EVENTS_INDEPENDENT) {
        block_tables_set_blocks_unknown(rollout_tables(rollout));
    }
    for (size_t arm = 0; arm < ARM_COUNT; arm++) {
        for (size_t block = 0; block < sliced->blocks; block++) {
            for (size_t i = 0; i < sliced->count; i++) {
                struct rollout_block add = {
                    .arm = (enum arm)arm,
                    .pod = block,
                    .slice = sliced->slices[i].name,
                    .counts = counts_of(sliced, (enum arm)arm, i, block),
                };
                TRY(rollout_add(rollout, &add, err));
            }
        }
    }
    return rollout_seal(rollout, out, err);
}

double sliced_delta(const struct sliced *sliced)
{
    double weighted = 0.0;
    double total = 0.0;
    for (size_t i = 0; i < sliced->count; i++) {
        const struct slice *slice = &sliced->slices[i];
        double weight = (double)slice->events[ARM_CANARY] + (double)slice->events[ARM_STABLE];
        weighted += weight * slice->scenario->delta;
        total += weight;
    }
    return weighted / total;
}

/* ---- the truth about what was measured ------------------------------------------------------ */

static bool is_stratum(const struct slice_verdict *slice)
{
    return slice->delta.defined && !slice->is_pooled &&
           (slice->decision != DECISION_INCONCLUSIVE ||
            strcmp(slice->reason, "straddles_margin") == 0);
}

static double traffic_of(const struct slice *slice)
{
    return (double)slice->events[ARM_CANARY] + (double)slice->events[ARM_STABLE];
}

/* Whether the slice is a stratum by itself; slices without events are in none. */
static bool stands_alone(const struct verdict *verdict, const struct slice *slice)
{
    for (size_t i = 0; i < verdict->slice_count; i++) {
        if (text_equals(verdict->slices[i].slice.value, slice->name)) {
            return is_stratum(&verdict->slices[i]);
        }
    }
    return false;
}

static bool rest_stands_alone(const struct verdict *verdict)
{
    for (size_t i = 0; i < verdict->slice_count; i++) {
        if (verdict->slices[i].is_rest) {
            return is_stratum(&verdict->slices[i]);
        }
    }
    return false;
}

/* Marks what was measured together: all of an unstratified whole, or what is left of the slices. */
static void together_find(const struct sliced *sliced, const struct verdict *verdict,
                          bool *together)
{
    size_t smallest = sliced->count;
    bool any = false;
    for (size_t i = 0; i < sliced->count; i++) {
        together[i] =
            verdict->stratified_by.length == 0 || !stands_alone(verdict, &sliced->slices[i]);
        any = any || (together[i] && traffic_of(&sliced->slices[i]) > 0.0);
        if (!together[i] &&
            (smallest == sliced->count ||
             traffic_of(&sliced->slices[i]) < traffic_of(&sliced->slices[smallest]))) {
            smallest = i;
        }
    }
    if (any && smallest < sliced->count && !rest_stands_alone(verdict)) {
        together[smallest] = true;
    }
}

/* NMI of the mixture of an arm's slices at their traffic so far. */
static double mixture_nmi(const struct sliced *sliced, enum arm arm, const bool *together,
                          double *shares)
{
    double total = 0.0;
    memset(shares, 0, sliced->cells * sizeof(*shares));
    for (size_t i = 0; i < sliced->count; i++) {
        const struct scenario *of = sliced->slices[i].scenario;
        const struct population *from = arm == ARM_CANARY ? of->canary : of->stable;
        double weight = together[i] ? (double)sliced->slices[i].events[arm] : 0.0;
        total += weight;
        for (size_t cell = 0; cell < sliced->cells; cell++) {
            shares[cell] += weight * from->shares[cell];
        }
    }
    for (size_t cell = 0; cell < sliced->cells && total > 0.0; cell++) {
        shares[cell] /= total;
    }
    struct population mixture = {sliced->labels, sliced->labels, shares};
    return population_nmi(&mixture, SERIN_GEOMETRIC);
}

double sliced_delta_judged(const struct sliced *sliced, const struct verdict *verdict)
{
    owned_memory bool *together = memory_allocate(sliced->count, sizeof(*together));
    owned_memory double *shares = memory_allocate(sliced->cells, sizeof(*shares));
    if (!together || !shares) {
        return (double)NAN;
    }
    together_find(sliced, verdict, together);
    double mixed = 0.0;
    double weighted = 0.0;
    double total = 0.0;
    for (size_t i = 0; i < sliced->count; i++) {
        double weight = traffic_of(&sliced->slices[i]);
        mixed += together[i] ? weight : 0.0;
        weighted += together[i] ? 0.0 : weight * sliced->slices[i].scenario->delta;
        total += weight;
    }
    if (mixed > 0.0) {
        weighted += mixed * (mixture_nmi(sliced, ARM_CANARY, together, shares) -
                             mixture_nmi(sliced, ARM_STABLE, together, shares));
    }
    return weighted / total;
}

double sliced_delta_of(const struct sliced *sliced, struct text_view name)
{
    for (size_t i = 0; i < sliced->count; i++) {
        if (text_equals(name, sliced->slices[i].name)) {
            return sliced->slices[i].scenario->delta;
        }
    }
    return sliced_delta(sliced); /* the rest: told by no name */
}
