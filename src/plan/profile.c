#include "plan/profile.h"

#include <math.h>

enum {
    DRAWS_MOST = 200,
    DRAWS_LEAST = 16,
    PASSED_LEAST = 10,  /* samples beyond the margin that tell what guards do to such */
    DOUBLINGS_MAX = 40, /* of the least size: beyond any traffic */
    PARTS = 8           /* a doubling in which a guard falls silent is looked at more closely */
};

/* Cells drawn for one rehearsal, at most; what bounds a plan's time. */
static const double cells_in_all = 4e6;

/* A guard that answers this much oftener at one size than at the next is worth a closer look. */
static const double abrupt = 0.05;

struct sample {
    bool is_known;
    bool is_defined; /* there was an interval at all */
    double events;
    struct rehearsal rehearsal;
};

struct profile {
    const struct plan_population *population;
    const struct judgement *judgement;
    const struct traffic *traffic;
    const struct rehearsal_watch *watch;
    enum interval_end end;
    double delta;
    double least;
    struct sample samples[DOUBLINGS_MAX * PARTS + 1]; /* at least · 2^(index / PARTS) */
};

struct profile *profile_create(const struct plan_population *population,
                               const struct judgement *judgement, const struct traffic *traffic,
                               const struct rehearsal_watch *watch, enum interval_end end)
{
    struct profile *profile = memory_allocate(1, sizeof(*profile));
    if (profile) {
        double smaller = fmin(1.0, traffic_stable_per_canary(traffic));
        profile->population = population;
        profile->judgement = judgement;
        profile->traffic = traffic;
        profile->watch = watch;
        profile->end = end;
        profile->delta = plan_population_nmi(population, ARM_CANARY) -
                         plan_population_nmi(population, ARM_STABLE);
        profile->least = ceil((double)judgement->min_samples * traffic->design_effect / smaller);
    }
    return profile;
}

void profile_destroy(struct profile *profile)
{
    memory_free(profile);
}

double profile_least_events(const struct profile *profile)
{
    return profile->least;
}

/* Blocks that an arm has filled after so many minutes, cut as the sources cut them. */
static size_t blocks_after(const struct traffic *traffic, enum arm arm, double minutes)
{
    int64_t end_ms = (int64_t)fmin(1e15, ceil(minutes * 60000.0));
    int64_t width = block_width_ms(traffic->block_ms, 0, end_ms, traffic->pods[arm]);
    int64_t buckets = (end_ms + width - 1) / width;
    return (size_t)(buckets > 0 ? buckets : 1) * traffic->pods[arm];
}

/* Dependent events count for fewer: what is drawn are independent ones. */
static struct rehearsal_size size_of(const struct profile *profile, double canary_events)
{
    const struct traffic *traffic = profile->traffic;
    double effective = canary_events / traffic->design_effect;
    double stable = effective * traffic_stable_per_canary(traffic);
    struct rehearsal_size size = {
        .events = {[ARM_CANARY] = (uint64_t)fmin(1e15, round(effective)),
                   [ARM_STABLE] = (uint64_t)fmin(1e15, round(stable))},
    };
    double minutes = traffic_minutes(traffic, canary_events);
    bool has_blocks =
        minutes > 0.0 && traffic->pods[ARM_CANARY] > 0 && traffic->pods[ARM_STABLE] > 0;
    for (size_t arm = 0; arm < ARM_COUNT && has_blocks; arm++) {
        size.blocks[arm] = blocks_after(traffic, (enum arm)arm, minutes);
        size.pods[arm] = traffic->pods[arm];
    }
    return size;
}

static size_t draws_for(const struct plan_population *population, const struct rehearsal_size *size)
{
    double cells =
        (double)plan_population_rows(population) * (double)plan_population_columns(population);
    double tables =
        fmax(1.0, (double)size->blocks[ARM_CANARY]) + fmax(1.0, (double)size->blocks[ARM_STABLE]);
    double draws = cells_in_all / (cells * tables);
    return (size_t)fmin(DRAWS_MOST, fmax(DRAWS_LEAST, draws));
}

static enum serin_status know(struct profile *profile, size_t index, struct serin_error *err)
{
    struct sample *sample = &profile->samples[index];
    if (sample->is_known) {
        return SERIN_OK;
    }
    sample->events = profile->least * exp2((double)index / (double)PARTS);
    struct rehearsal_size size = size_of(profile, sample->events);
    enum serin_status status =
        rehearse(profile->population, profile->judgement, &size,
                 draws_for(profile->population, &size), profile->watch, &sample->rehearsal, err);
    if (status != SERIN_OK && status != SERIN_UNDEFINED) {
        return status;
    }
    sample->is_known = true;
    sample->is_defined = status == SERIN_OK;
    return SERIN_OK;
}

/*
 * How often a guard stands between a convinced interval and its verdict. Some guards answer mostly
 * where the interval has passed the margin, so these samples tell, unless they are too few to.
 */
static double silent_share(const struct profile *profile, const struct sample *sample)
{
    const struct rehearsal *rehearsal = &sample->rehearsal;
    if (!sample->is_defined) {
        return 1.0;
    }
    size_t passed = rehearsal->passed[profile->end];
    return passed >= PASSED_LEAST ? (double)rehearsal->withheld[profile->end] / (double)passed
                                  : (double)rehearsal->silent / (double)rehearsal->draws;
}

/* Which two samples lie around a size. */
static enum serin_status bracket(struct profile *profile, double events, size_t *out_below,
                                 size_t *out_above, struct serin_error *err)
{
    double doublings = fmin((double)DOUBLINGS_MAX - 1e-9, fmax(0.0, log2(events / profile->least)));
    size_t below = (size_t)doublings * PARTS;
    size_t above = below + PARTS;
    TRY(know(profile, below, err));
    TRY(know(profile, above, err));
    double change = silent_share(profile, &profile->samples[below]) -
                    silent_share(profile, &profile->samples[above]);
    if (fabs(change) > abrupt) {
        below = (size_t)(doublings * (double)PARTS);
        above = below + 1;
        TRY(know(profile, below, err));
        TRY(know(profile, above, err));
    }
    *out_below = below;
    *out_above = above;
    return SERIN_OK;
}

static double between(double below, double above, double fraction)
{
    return below + (above - below) * fraction;
}

/* Distances from the truth shrink as 1/√n: what is read between two sizes is their √n-fold. */
static void interpolate(const struct profile *profile, const struct sample *below,
                        const struct sample *above, double events, struct profile_point *out)
{
    const struct sample *low = below->is_defined ? below : above;
    const struct sample *high = above->is_defined ? above : below;
    double fraction = log(events / below->events) / log(above->events / below->events);
    double from = sqrt(low->events / events);
    double to = sqrt(high->events / events);
    double low_mean = low->rehearsal.mean[profile->end] - profile->delta;
    double high_mean = high->rehearsal.mean[profile->end] - profile->delta;
    out->mean = profile->delta + between(from * low_mean, to * high_mean, fraction);
    out->deviation = between(from * low->rehearsal.deviation[profile->end],
                             to * high->rehearsal.deviation[profile->end], fraction);
    out->silent = between(silent_share(profile, below), silent_share(profile, above), fraction);
    out->silent_reason = above->rehearsal.silent_reason ? above->rehearsal.silent_reason
                                                        : below->rehearsal.silent_reason;
}

enum serin_status profile_at(struct profile *profile, double canary_events,
                             struct profile_point *out, struct serin_error *err)
{
    size_t below = 0;
    size_t above = 0;
    double events = fmax(profile->least, canary_events);
    TRY(bracket(profile, events, &below, &above, err));
    interpolate(profile, &profile->samples[below], &profile->samples[above], events, out);
    return SERIN_OK;
}
