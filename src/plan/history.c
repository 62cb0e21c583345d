#include "plan/history.h"

#include "serin/arm.h"
#include "serin/jackknife.h"
#include "verdict/counts.h"

#include <math.h>

struct history {
    struct grouping *grouping;
    struct counts *counts;
    double nmi;
    double design_effect;
    double events_per_minute;
    bool has_blocks;
};

void history_destroy(struct history *history)
{
    if (history) {
        counts_destroy(history->counts);
        grouping_destroy(history->grouping);
        memory_free(history);
    }
}

struct serin_table history_table(const struct history *history)
{
    return counts_table(history->counts, ARM_STABLE);
}

double history_nmi(const struct history *history)
{
    return history->nmi;
}

uint64_t history_samples(const struct history *history)
{
    const struct arm_counts *arm = &history->counts->arms[ARM_STABLE];
    return arm->events - arm->unreferenced;
}

double history_design_effect(const struct history *history)
{
    return history->design_effect;
}

bool history_has_blocks(const struct history *history)
{
    return history->has_blocks;
}

double history_events_per_minute(const struct history *history)
{
    return history->events_per_minute;
}

static enum serin_status measure_nmi(const struct judgement *judgement, struct history *history,
                                     struct serin_error *err)
{
    struct serin_table table = history_table(history);
    struct serin_arm arm;
    enum serin_status status = serin_arm(&table, judgement->normalizer, 0, 1.0, &arm);
    if (status == SERIN_UNDEFINED) {
        return serin_fail(err, SERIN_INVALID,
                          "the history has no NMI to plan with: it takes events with at least two "
                          "labels and two references; is the reference column right?");
    }
    if (status != SERIN_OK) {
        return serin_fail(err, status, "the NMI of the history");
    }
    history->nmi = arm.nmi;
    return SERIN_OK;
}

/* With too few blocks to tell, events are taken for independent. */
static enum serin_status measure_effect(const struct judgement *judgement, struct history *history,
                                        struct serin_error *err)
{
    struct serin_design_effect effect = SERIN_INDEPENDENT;
    if (history->has_blocks) {
        struct serin_blocks blocks = counts_blocks(history->counts, ARM_STABLE);
        enum serin_status status = serin_design_effect(&blocks, judgement->normalizer, &effect);
        if (status != SERIN_OK && status != SERIN_UNDEFINED) {
            return serin_fail(err, status, "the design effect of the history");
        }
    }
    history->design_effect = fmax(1.0, effect.deff);
    return SERIN_OK;
}

static double rate_of(const struct block_tables *tables, uint64_t samples)
{
    const struct arm_coverage *coverage = block_tables_coverage(tables, ARM_STABLE);
    double minutes = (double)(coverage->last_ms - coverage->first_ms) / 60000.0;
    return coverage->first_ms > 0 && minutes >= 1.0 ? (double)samples / minutes : 0.0;
}

enum serin_status history_measure(const struct block_tables *tables,
                                  const struct judgement *judgement, struct history **out,
                                  struct serin_error *err)
{
    owned(history) history = memory_allocate(1, sizeof(*history));
    if (!history) {
        return serin_fail(err, SERIN_NO_MEMORY, "no memory for the history");
    }
    TRY(counts_create_ranked(tables, judgement, &history->grouping, &history->counts, err));
    history->has_blocks = block_tables_blocks_known(tables);
    TRY(measure_nmi(judgement, history, err));
    TRY(measure_effect(judgement, history, err));
    history->events_per_minute = rate_of(tables, history_samples(history));
    *out = give(history);
    return SERIN_OK;
}
