#include "plan/rehearsal.h"

#include "plan/draw.h"
#include "verdict/judge.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { NAME_SIZE = 24, BLOCK_MS = 60000 };

/* A guard that answers so many samples in a row answers nearly all. */
enum { SILENT_ENOUGH = 32 };

static const uint64_t seed = UINT64_C(0x5E121A);

/* Random events on their way into tables. */
struct sampler {
    const struct plan_population *population;
    struct draw draw;
    size_t count; /* of cells in the population */
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

static struct table_cell empty_cell(const struct sampler *sampler, size_t index, uint32_t slices)
{
    size_t columns = plan_population_columns(sampler->population);
    return (struct table_cell){.reference = (uint32_t)(index / columns),
                               .label = (uint32_t)(index % columns),
                               .slices = slices};
}

/* Each event by itself, into counts that are 0; returns how many cells it hit. */
static size_t cells_of_few(struct sampler *sampler, enum arm arm, uint64_t events, uint32_t slices)
{
    const struct urn *urn = plan_population_urn(sampler->population, arm);
    size_t columns = plan_population_columns(sampler->population);
    size_t found = 0;
    for (uint64_t event = 0; event < events; event++) {
        size_t index = urn_draw(urn, &sampler->draw);
        if (sampler->counts[index]++ == 0) {
            sampler->cells[found++] = empty_cell(sampler, index, slices);
        }
    }
    for (size_t i = 0; i < found; i++) {
        struct table_cell *cell = &sampler->cells[i];
        uint64_t *count = &sampler->counts[cell->reference * columns + cell->label];
        cell->count = *count;
        *count = 0;
    }
    return found;
}

/* The same cell by cell. */
static size_t cells_of_many(struct sampler *sampler, enum arm arm, uint64_t events, uint32_t slices)
{
    const double *shares = plan_population_shares(sampler->population, arm);
    size_t found = 0;
    draw_counts(&sampler->draw, events, shares, sampler->count, sampler->counts);
    for (size_t index = 0; index < sampler->count; index++) {
        if (sampler->counts[index] > 0) {
            sampler->cells[found] = empty_cell(sampler, index, slices);
            sampler->cells[found++].count = sampler->counts[index];
            sampler->counts[index] = 0;
        }
    }
    return found;
}

/* A block mostly has fewer events than the table has cells. */
static size_t cells_drawn(struct sampler *sampler, enum arm arm, uint64_t events, uint32_t slices)
{
    return events < 2 * (uint64_t)sampler->count ? cells_of_few(sampler, arm, events, slices)
                                                 : cells_of_many(sampler, arm, events, slices);
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

static void note_passing(const struct judgement *judgement, const struct verdict *verdict,
                         struct rehearsal *rehearsal)
{
    double margin = judgement_margin(judgement);
    bool has_passed[END_COUNT] = {
        [END_LOWER] = verdict->delta.lower > -margin, [END_UPPER] = verdict->delta.upper < -margin};
    for (size_t end = 0; end < END_COUNT; end++) {
        rehearsal->passed[end] += has_passed[end] ? 1 : 0;
        rehearsal->withheld[end] += has_passed[end] && is_silent(verdict) ? 1 : 0;
    }
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
        note_passing(&spec->judgement, &verdict, rehearsal);
    }
    return SERIN_OK;
}

static bool is_hopeless(const struct rehearsal *rehearsal)
{
    return rehearsal->draws == SILENT_ENOUGH && rehearsal->silent == SILENT_ENOUGH;
}

static enum serin_status judge_draws(struct sampler *sampler, const struct judgement *judgement,
                                     const struct rehearsal_size *size, size_t draws,
                                     const struct rehearsal_watch *watch, struct rehearsal *out,
                                     struct serin_error *err)
{
    struct spec spec = {.window = {.is_rollout = true}, .judgement = *judgement};
    struct rehearsal rehearsal = {0};
    struct moments ends[END_COUNT] = {0};
    for (size_t i = 0; i < draws && !is_hopeless(&rehearsal); i++) {
        TRY(judge_draw(sampler, &spec, size, &rehearsal, ends, err));
        if (watch) {
            watch->rehearsed(watch->watcher);
        }
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
                           size_t draws, const struct rehearsal_watch *watch, struct rehearsal *out,
                           struct serin_error *err)
{
    size_t count = plan_population_rows(population) * plan_population_columns(population);
    owned_memory uint64_t *counts = memory_allocate(count, sizeof(*counts));
    owned_memory struct table_cell *cells = memory_allocate(count, sizeof(*cells));
    if (!counts || !cells) {
        return serin_fail(err, SERIN_NO_MEMORY, "no memory for a rehearsal");
    }
    struct sampler sampler = {population, draw_seeded(seed), count, counts, cells};
    return judge_draws(&sampler, judgement, size, draws, watch, out, err);
}
