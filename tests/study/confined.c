#include "study/confined.h"

#include "serin/cap.h"

#include <string.h>

/* An event of a rare reference with a rare label gets any rare label so often. */
static void blur(const struct population *from, double share, struct population *to)
{
    size_t first = from->columns / 10;
    for (size_t i = 0; i < from->rows; i++) {
        double rare = 0.0;
        double *row = &to->shares[i * to->columns];
        memcpy(row, &from->shares[i * from->columns], from->columns * sizeof(*row));
        for (size_t j = first; j < from->columns; j++) {
            rare += row[j];
            row[j] *= 1.0 - share;
        }
        double all = 0.0;
        for (size_t j = first; j < from->columns; j++) {
            all += 1.0 / (double)(j + 1);
        }
        for (size_t j = first; j < from->columns; j++) {
            row[j] += share * rare / (double)(j + 1) / all;
        }
    }
}

/* By bisection on the share that is blurred. */
static void blur_until(const struct population *from, double nmi, enum serin_normalizer normalizer,
                       struct population *to)
{
    double low = 0.0;
    double high = 1.0;
    for (int i = 0; i < 50; i++) {
        double middle = (low + high) / 2.0;
        blur(from, middle, to);
        if (population_nmi(to, normalizer) > nmi) {
            low = middle;
        } else {
            high = middle;
        }
    }
}

enum serin_status confined_scenario_create(const struct scenario_wish *wish, struct scenario **out,
                                           struct serin_error *err)
{
    owned(scenario) scenario = NULL;
    struct scenario_wish healthy = *wish;
    healthy.delta = 0.0;
    TRY(scenario_create(&healthy, &scenario, err));
    blur_until(scenario->stable, scenario->stable_nmi + wish->delta, scenario->normalizer,
               scenario->canary);
    sampler_destroy(scenario->canary_sampler);
    scenario->canary_sampler = sampler_create(scenario->canary);
    if (!scenario->canary_sampler) {
        return serin_fail(err, SERIN_NO_MEMORY, "the canary of a cell");
    }
    scenario->delta = scenario_delta(scenario, scenario->normalizer);
    *out = give(scenario);
    return SERIN_OK;
}

/* The number in a name such as "r0042" or "l0042". */
static size_t index_of(struct text_view name)
{
    size_t index = 0;
    for (size_t i = 1; i < name.length; i++) {
        index = 10 * index + (size_t)(name.start[i] - '0');
    }
    return index;
}

/* The group of each of the population's labels, in their order. */
static void groups_of(const struct label_groups *groups, const struct block_tables *tables,
                      struct text_view (*text)(const struct block_tables *, size_t), size_t count,
                      size_t *out)
{
    for (size_t i = 0; i < count; i++) {
        out[i] = groups->count - 1;
    }
    for (size_t i = 0; i < groups->labels; i++) {
        size_t index = index_of(text(tables, i));
        if (groups->map[i] != SERIN_DROPPED && index < count) {
            out[index] = groups->map[i];
        }
    }
}

enum serin_status confined_nmi(const struct population *population, const struct grouping *grouping,
                               const struct block_tables *tables, double *out,
                               struct serin_error *err)
{
    struct population merged = {.rows = grouping->rows.count, .columns = grouping->columns.count};
    owned_memory double *shares = memory_allocate(merged.rows * merged.columns + 1, sizeof(double));
    owned_memory size_t *rows = memory_allocate(population->rows, sizeof(*rows));
    owned_memory size_t *columns = memory_allocate(population->columns, sizeof(*columns));
    if (!shares || !rows || !columns) {
        return serin_fail(err, SERIN_NO_MEMORY, "a merged population");
    }
    merged.shares = shares;
    groups_of(&grouping->rows, tables, block_tables_reference, population->rows, rows);
    groups_of(&grouping->columns, tables, block_tables_label, population->columns, columns);
    for (size_t i = 0; i < population->rows; i++) {
        for (size_t j = 0; j < population->columns; j++) {
            shares[rows[i] * merged.columns + columns[j]] +=
                population->shares[i * population->columns + j];
        }
    }
    *out = population_nmi(&merged, SERIN_GEOMETRIC);
    return SERIN_OK;
}
