#include "plan/population.h"

#include "agreement/measured.h"

#include <math.h>
#include <stdbool.h>

/* Steps that take an NMI closer to the one wanted than any difference that matters. */
enum { STEPS_MAX = 60 };
static const double close_enough = 1e-12;

/* Below this there is nothing but rounding. */
static const double least_nmi = 1e-9;

struct plan_population {
    size_t rows;
    size_t columns;
    enum serin_normalizer normalizer;
    double *shares[ARM_COUNT];
    struct urn *urns[ARM_COUNT];
    double *row_shares;
    double *column_shares;
    double nmi[ARM_COUNT];
};

void plan_population_destroy(struct plan_population *population)
{
    if (population) {
        for (size_t arm = 0; arm < ARM_COUNT; arm++) {
            urn_destroy(population->urns[arm]);
            memory_free(population->shares[arm]);
        }
        memory_free(population->row_shares);
        memory_free(population->column_shares);
        memory_free(population);
    }
}

size_t plan_population_rows(const struct plan_population *population)
{
    return population->rows;
}

size_t plan_population_columns(const struct plan_population *population)
{
    return population->columns;
}

const double *plan_population_shares(const struct plan_population *population, enum arm arm)
{
    return population->shares[arm];
}

const struct urn *plan_population_urn(const struct plan_population *population, enum arm arm)
{
    return population->urns[arm];
}

double plan_population_nmi(const struct plan_population *population, enum arm arm)
{
    return population->nmi[arm];
}

static struct plan_population *create(size_t rows, size_t columns, enum serin_normalizer normalizer)
{
    owned(plan_population) population = memory_allocate(1, sizeof(*population));
    if (!population) {
        return NULL;
    }
    population->rows = rows;
    population->columns = columns;
    population->normalizer = normalizer;
    population->row_shares = memory_allocate(rows, sizeof(double));
    population->column_shares = memory_allocate(columns, sizeof(double));
    for (size_t arm = 0; arm < ARM_COUNT; arm++) {
        population->shares[arm] = memory_allocate(rows * columns, sizeof(double));
    }
    bool is_whole = population->row_shares && population->column_shares &&
                    population->shares[ARM_CANARY] && population->shares[ARM_STABLE];
    return is_whole ? give(population) : NULL;
}

static double entropy(const double *shares, size_t count)
{
    double sum = 0.0;
    for (size_t i = 0; i < count; i++) {
        sum -= shares[i] > 0.0 ? shares[i] * log(shares[i]) : 0.0;
    }
    return sum;
}

static double nmi_of(const struct plan_population *population, const double *joint)
{
    struct serin_entropies entropies = {
        .reference = entropy(population->row_shares, population->rows),
        .label = entropy(population->column_shares, population->columns),
        .joint = entropy(joint, population->rows * population->columns),
    };
    entropies.mutual_information =
        fmax(0.0, entropies.reference + entropies.label - entropies.joint);
    return entropies_nmi(&entropies, population->normalizer);
}

/* A share `errors` of the events gets its label by the labels' shares, whatever the reference. */
static void mix(const struct plan_population *population, const double *from, double errors,
                double *out)
{
    for (size_t i = 0; i < population->rows; i++) {
        for (size_t j = 0; j < population->columns; j++) {
            size_t k = i * population->columns + j;
            double independent = population->row_shares[i] * population->column_shares[j];
            out[k] = (1.0 - errors) * from[k] + errors * independent;
        }
    }
}

/*
 * The mixture of `from` that has this NMI: more errors, less NMI. Regula falsi by Illinois, which
 * halves the excess of an end that stays (Dowell & Jarratt 1971).
 */
static void mix_to(const struct plan_population *population, const double *from, double nmi,
                   double *out)
{
    double few = 0.0;
    double many = 1.0;
    double above = nmi_of(population, from) - nmi; /* with few errors; the other end has none */
    double below = -nmi;
    double excess = above;
    mix(population, from, few, out);
    for (int i = 0; i < STEPS_MAX && fabs(excess) > close_enough; i++) {
        double errors = few + (many - few) * above / (above - below);
        bool was_above = excess > 0.0;
        mix(population, from, errors, out);
        excess = nmi_of(population, out) - nmi;
        if (excess > 0.0) {
            few = errors;
            above = excess;
            below *= was_above && i > 0 ? 0.5 : 1.0;
        } else {
            many = errors;
            below = excess;
            above *= was_above || i == 0 ? 1.0 : 0.5;
        }
    }
}

static void set_margins(struct plan_population *population, const double *joint)
{
    for (size_t i = 0; i < population->rows; i++) {
        for (size_t j = 0; j < population->columns; j++) {
            double share = joint[i * population->columns + j];
            population->row_shares[i] += share;
            population->column_shares[j] += share;
        }
    }
}

static enum serin_status fill_urns(struct plan_population *population, struct serin_error *err)
{
    for (size_t arm = 0; arm < ARM_COUNT; arm++) {
        population->urns[arm] =
            urn_create(population->shares[arm], population->rows * population->columns);
        if (!population->urns[arm]) {
            return serin_fail(err, SERIN_NO_MEMORY, "no memory for a population");
        }
    }
    return SERIN_OK;
}

/* The stable arm's shares are set: the canary's follow from them. */
static enum serin_status lose(struct plan_population *population, double delta,
                              struct serin_error *err)
{
    double *stable = population->shares[ARM_STABLE];
    double *canary = population->shares[ARM_CANARY];
    population->nmi[ARM_STABLE] = nmi_of(population, stable);
    double wanted = population->nmi[ARM_STABLE] + delta;
    if (!(wanted > least_nmi && delta <= 0.0)) {
        serin_error_at(err, "delta");
        return serin_fail(err, SERIN_INVALID,
                          "a loss of %.3f is more than the NMI of %.3f that there is to lose",
                          -delta, population->nmi[ARM_STABLE]);
    }
    if (delta < 0.0) {
        mix_to(population, stable, wanted, canary);
    } else {
        mix(population, stable, 0.0, canary);
    }
    population->nmi[ARM_CANARY] = nmi_of(population, canary);
    return fill_urns(population, err);
}

enum serin_status plan_population_of_model(const struct plan_population_model *model,
                                           struct plan_population **out, struct serin_error *err)
{
    size_t labels = model->labels;
    owned(plan_population) population = create(labels, labels, model->normalizer);
    if (!population) {
        return serin_fail(err, SERIN_NO_MEMORY, "no memory for a population of %zu labels", labels);
    }
    double *stable = population->shares[ARM_STABLE];
    double *perfect = population->shares[ARM_CANARY];
    double sum = 0.0;
    for (size_t i = 0; i < labels; i++) {
        sum += model->shares == SHARES_ZIPF ? 1.0 / (double)(i + 1) : 1.0;
    }
    for (size_t i = 0; i < labels; i++) {
        double share = model->shares == SHARES_ZIPF ? 1.0 / (double)(i + 1) : 1.0;
        perfect[i * labels + i] = share / sum;
    }
    set_margins(population, perfect);
    mix_to(population, perfect, model->nmi, stable);
    TRY(lose(population, model->delta, err));
    *out = give(population);
    return SERIN_OK;
}

enum serin_status plan_population_of_table(const struct serin_table *table, double delta,
                                           enum serin_normalizer normalizer,
                                           struct plan_population **out, struct serin_error *err)
{
    owned(plan_population) population = create(table->rows, table->columns, normalizer);
    if (!population) {
        return serin_fail(err, SERIN_NO_MEMORY, "no memory for a population");
    }
    double total = 0.0;
    for (size_t k = 0; k < table->rows * table->columns; k++) {
        total += (double)table->counts[k];
    }
    for (size_t k = 0; k < table->rows * table->columns && total > 0.0; k++) {
        population->shares[ARM_STABLE][k] = (double)table->counts[k] / total;
    }
    set_margins(population, population->shares[ARM_STABLE]);
    TRY(lose(population, delta, err));
    *out = give(population);
    return SERIN_OK;
}
