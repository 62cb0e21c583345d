#include "plan/rehearsal.h"

#include "plan/draw.h"
#include "verdict/judge.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { NAME_SIZE = 24, BLOCK_MS = 60000 };

static const uint64_t seed = UINT64_C(0x5E121A);

/* Random events on their way into tables. */
struct sampler {
    const struct plan_population *population;
    struct draw draw;
    uint64_t *counts;
    struct table_cell *cells;
};

static struct text_view name_of(const char *kind, size_t index, char out[static NAME_SIZE])
{
    (void)snprintf(out, NAME_SIZE, "%s-%05zu", kind, index);
    return text_view_of(out);
}

/* Labels and references under their ids, which are their indices. */
static enum serin_status name_labels(const struct plan_population *population,
                                     struct block_tables *tables, struct serin_error *err)
{
    char name[NAME_SIZE];
    uint32_t id = 0;
    for (size_t i = 0; i < plan_population_rows(population); i++) {
        TRY(block_tables_reference_id(tables, name_of("r", i, name), &id, err));
    }
    for (size_t i = 0; i < plan_population_columns(population); i++) {
        TRY(block_tables_label_id(tables, name_of("l", i, name), &id, err));
    }
    return SERIN_OK;
}

static size_t cells_drawn(struct sampler *sampler, enum arm arm, uint64_t events, uint32_t slices)
{
    const struct plan_population *population = sampler->population;
    size_t columns = plan_population_columns(population);
    size_t count = plan_population_rows(population) * columns;
    size_t found = 0;
    draw_counts(&sampler->draw, events, plan_population_shares(population, arm), count,
                sampler->counts);
    for (size_t k = 0; k < count; k++) {
        if (sampler->counts[k] > 0) {
            sampler->cells[found++] = (struct table_cell){.reference = (uint32_t)(k / columns),
                                                          .label = (uint32_t)(k % columns),
                                                          .slices = slices,
                                                          .count = sampler->counts[k]};
        }
    }
    return found;
}

/* One arm's events, spread over its blocks as evenly as whole numbers allow. */
static enum serin_status draw_arm(struct sampler *sampler, enum arm arm,
                                  const struct rehearsal_size *size, uint32_t slices,
                                  struct block_tables *tables, struct serin_error *err)
{
    uint64_t blocks = size->blocks[arm] > 0 ? size->blocks[arm] : 1;
    uint64_t pods = size->pods[arm] > 0 ? size->pods[arm] : 1;
    for (uint64_t b = 0; b < blocks; b++) {
        char pod[NAME_SIZE];
        uint64_t events = size->events[arm] / blocks + (b < size->events[arm] % blocks ? 1 : 0);
        size_t cells = cells_drawn(sampler, arm, events, slices);
        TRY(block_tables_add_block(tables, arm, name_of(arm_name(arm), b % pods, pod),
                                   (int64_t)(b / pods + 1) * BLOCK_MS, sampler->cells, cells, err));
    }
    return SERIN_OK;
}

static enum serin_status draw_tables(struct sampler *sampler, const struct rehearsal_size *size,
                                     struct block_tables **out, struct serin_error *err)
{
    owned(block_tables) tables = block_tables_create(&table_limits_default);
    if (!tables) {
        return serin_fail(err, SERIN_NO_MEMORY, "no memory for a rehearsal");
    }
    uint32_t slices = 0;
    TRY(name_labels(sampler->population, tables, err));
    TRY(block_tables_slices_id(tables, NULL, 0, &slices, err));
    TRY(draw_arm(sampler, ARM_CANARY, size, slices, tables, err));
    TRY(draw_arm(sampler, ARM_STABLE, size, slices, tables, err));
    if (size->blocks[ARM_CANARY] == 0 || size->blocks[ARM_STABLE] == 0) {
        block_tables_set_blocks_unknown(tables);
    }
    TRY(block_tables_seal(tables));
    *out = give(tables);
    return SERIN_OK;
}

static bool is_silent(const struct verdict *verdict)
{
    return verdict->decision == DECISION_INCONCLUSIVE &&
           strcmp(verdict->reason, "straddles_margin") != 0;
}

/* Welford's sums. */
struct moments {
    size_t count;
    double mean;
    double squares;
};

static void moments_add(struct moments *moments, double value)
{
    double before = value - moments->mean;
    moments->count++;
    moments->mean += before / (double)moments->count;
    moments->squares += before * (value - moments->mean);
}

static enum serin_status judge_draw(struct sampler *sampler, const struct spec *spec,
                                    const struct rehearsal_size *size, struct rehearsal *rehearsal,
                                    struct moments ends[static END_COUNT], struct serin_error *err)
{
    owned(block_tables) tables = NULL;
    struct judge_context context = {0};
    struct verdict verdict;
    TRY(draw_tables(sampler, size, &tables, err));
    TRY(judge(spec, tables, &context, &verdict, err));
    rehearsal->draws++;
    if (is_silent(&verdict)) {
        rehearsal->silent++;
        rehearsal->silent_reason = verdict.reason;
    }
    if (verdict.delta.defined) {
        moments_add(&ends[END_LOWER], verdict.delta.lower);
        moments_add(&ends[END_UPPER], verdict.delta.upper);
    }
    return SERIN_OK;
}

static enum serin_status judge_draws(struct sampler *sampler, const struct judgement *judgement,
                                     const struct rehearsal_size *size, size_t draws,
                                     struct rehearsal *out, struct serin_error *err)
{
    struct spec spec = {.window = {.is_rollout = true}, .judgement = *judgement};
    struct rehearsal rehearsal = {0};
    struct moments ends[END_COUNT] = {0};
    for (size_t i = 0; i < draws; i++) {
        TRY(judge_draw(sampler, &spec, size, &rehearsal, ends, err));
    }
    if (ends[END_LOWER].count < 2) {
        return SERIN_UNDEFINED;
    }
    for (size_t end = 0; end < END_COUNT; end++) {
        rehearsal.mean[end] = ends[end].mean;
        rehearsal.deviation[end] = sqrt(ends[end].squares / (double)(ends[end].count - 1));
    }
    *out = rehearsal;
    return SERIN_OK;
}

enum serin_status rehearse(const struct plan_population *population,
                           const struct judgement *judgement, const struct rehearsal_size *size,
                           size_t draws, struct rehearsal *out, struct serin_error *err)
{
    size_t count = plan_population_rows(population) * plan_population_columns(population);
    owned_memory uint64_t *counts = memory_allocate(count, sizeof(*counts));
    owned_memory struct table_cell *cells = memory_allocate(count, sizeof(*cells));
    if (!counts || !cells) {
        return serin_fail(err, SERIN_NO_MEMORY, "no memory for a rehearsal");
    }
    struct sampler sampler = {population, draw_seeded(seed), counts, cells};
    return judge_draws(&sampler, judgement, size, draws, out, err);
}
