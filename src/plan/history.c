#include "plan/history.h"

#include "serin/jackknife.h"
#include "verdict/counts.h"

#include <math.h>

struct history {
    struct grouping *grouping;
    struct counts *counts;
    double design_effect;
    double events_per_minute;
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

static uint64_t samples_of(const struct history *history)
{
    const struct arm_counts *arm = &history->counts->arms[ARM_STABLE];
    return arm->events - arm->unreferenced;
}

double history_design_effect(const struct history *history)
{
    return history->design_effect;
}

double history_events_per_minute(const struct history *history)
{
    return history->events_per_minute;
}

static enum serin_status require_nmi(const struct history *history, struct serin_error *err)
{
    struct serin_table table = history_table(history);
    struct serin_table_summary summary;
    enum serin_status status = serin_table_inspect(&table, &summary);
    if (status != SERIN_OK) {
        return serin_fail(err, status, "the NMI of the history");
    }
    if (summary.state != SERIN_TABLE_OK) {
        return serin_fail(err, SERIN_INVALID,
                          "the history has no NMI to plan with: it takes events with at least two "
                          "labels and two references; is the reference column right?");
    }
    return SERIN_OK;
}

/* With too few blocks to tell, events are taken for independent. */
static enum serin_status measure_effect(const struct block_tables *tables,
                                        const struct judgement *judgement, struct history *history,
                                        struct serin_error *err)
{
    struct serin_design_effect effect = SERIN_INDEPENDENT;
    if (block_tables_blocks_known(tables)) {
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
                                  const struct judgement *judgement, double share,
                                  struct history **out, struct serin_error *err)
{
    owned(history) history = memory_allocate(1, sizeof(*history));
    if (!history) {
        return serin_fail(err, SERIN_NO_MEMORY, "no memory for the history");
    }
    TRY(counts_create_ranked(tables, judgement, &history->grouping, &history->counts, err));
    TRY(require_nmi(history, err));
    TRY(measure_effect(tables, judgement, history, err));
    history->events_per_minute = rate_of(tables, samples_of(history)) / share;
    *out = give(history);
    return SERIN_OK;
}
