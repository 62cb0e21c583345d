#include "study/population.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void population_destroy(struct population *population)
{
    if (population) {
        memory_free(population->shares);
        memory_free(population);
    }
}

static struct population *population_empty(size_t rows, size_t columns)
{
    owned(population) population = memory_allocate(1, sizeof(*population));
    if (!population) {
        return NULL;
    }
    *population =
        (struct population){rows, columns, memory_allocate(rows * columns, sizeof(double))};
    return population->shares ? give(population) : NULL;
}

/* ---- names -------------------------------------------------------------------------------- */

static const char *const fault_names[FAULT_COUNT] = {"spread", "neighbour", "swallowed",
                                                     "split",  "merged",    "new_label"};
static const char *const marginal_names[] = {"uniform", "zipf"};

const char *fault_name(enum fault fault)
{
    return fault_names[fault];
}

const char *marginal_name(enum marginal marginal)
{
    return marginal_names[marginal];
}

static size_t find_name(const char *name, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(name, names[i]) == 0) {
            return i;
        }
    }
    fprintf(stderr, "study: unknown name \"%s\"\n", name);
    abort();
}

enum fault fault_find(const char *name)
{
    return (enum fault)find_name(name, fault_names, ARRAY_LENGTH(fault_names));
}

enum marginal marginal_find(const char *name)
{
    return (enum marginal)find_name(name, marginal_names, ARRAY_LENGTH(marginal_names));
}

/* ---- NMI ----------------------------------------------------------------------------------- */

static double surprise(double share)
{
    return share > 0.0 ? -share * log(share) : 0.0;
}

static double column_entropy(const struct population *population)
{
    double entropy = 0.0;
    for (size_t j = 0; j < population->columns; j++) {
        double share = 0.0;
        for (size_t i = 0; i < population->rows; i++) {
            share += population->shares[i * population->columns + j];
        }
        entropy += surprise(share);
    }
    return entropy;
}

static double row_entropy(const struct population *population, double *out_joint)
{
    double entropy = 0.0;
    double joint = 0.0;
    for (size_t i = 0; i < population->rows; i++) {
        double share = 0.0;
        for (size_t j = 0; j < population->columns; j++) {
            double cell = population->shares[i * population->columns + j];
            share += cell;
            joint += surprise(cell);
        }
        entropy += surprise(share);
    }
    *out_joint = joint;
    return entropy;
}

static double normalize(enum serin_normalizer normalizer, double rows, double columns)
{
    switch (normalizer) {
    case SERIN_GEOMETRIC:
        return sqrt(rows * columns);
    case SERIN_ARITHMETIC:
        return 0.5 * (rows + columns);
    case SERIN_MIN:
        return fmin(rows, columns);
    case SERIN_MAX:
        break;
    }
    return fmax(rows, columns);
}

double population_nmi(const struct population *population, enum serin_normalizer normalizer)
{
    double joint = 0.0;
    double rows = row_entropy(population, &joint);
    double columns = column_entropy(population);
    double divisor = normalize(normalizer, rows, columns);
    return divisor > 0.0 ? fmax(0.0, rows + columns - joint) / divisor : 0.0;
}

/* ---- what a fault does ---------------------------------------------------------------------- */

/* Where the events of a label go when it is emitted wrongly: adds `mass` to the row's shares. */
struct spill {
    const struct population *from;
    const double *label_shares; /* of `from` */
    double *row;                /* of the damaged population */
    size_t label;
    double mass;
};

static void spill_spread(const struct spill *spill)
{
    for (size_t j = 0; j < spill->from->columns; j++) {
        spill->row[j] += spill->mass * spill->label_shares[j];
    }
}

static void spill_neighbour(const struct spill *spill)
{
    size_t labels = spill->from->columns;
    spill->row[(spill->label + 1) % labels] += 0.5 * spill->mass;
    spill->row[(spill->label + labels - 1) % labels] += 0.5 * spill->mass;
}

static void spill_swallowed(const struct spill *spill)
{
    spill->row[spill->label == 1 ? 0 : spill->label] += spill->mass;
}

static void spill_split(const struct spill *spill)
{
    spill->row[spill->from->columns + spill->label] += spill->mass;
}

static void spill_merged(const struct spill *spill)
{
    spill->row[spill->label & ~(size_t)1] += spill->mass;
}

static void spill_new_label(const struct spill *spill)
{
    spill->row[spill->from->columns] += spill->mass;
}

struct fault_kind {
    void (*spill)(const struct spill *spill);
    double most; /* of the events of a label; beyond it NMI would not fall further */
    size_t new_columns;
    bool doubles; /* as many new columns as there were */
};

static const struct fault_kind fault_kinds[FAULT_COUNT] = {
    [FAULT_SPREAD] = {spill_spread,    1.0,       0, false},
    [FAULT_NEIGHBOUR] = {spill_neighbour, 2.0 / 3.0, 0, false},
    [FAULT_SWALLOWED] = {spill_swallowed, 1.0,       0, false},
    [FAULT_SPLIT] = {spill_split,     0.5,       0, true },
    [FAULT_MERGED] = {spill_merged,    1.0,       0, false},
    [FAULT_NEW_LABEL] = {spill_new_label, 1.0,       1, false},
};

static size_t damaged_columns(const struct population *from, enum fault fault)
{
    const struct fault_kind *kind = &fault_kinds[fault];
    return kind->doubles ? 2 * from->columns : from->columns + kind->new_columns;
}

/* Two labels have one neighbour each: half the events wrong is the worst. */
static double worst_rate(const struct population *from, enum fault fault)
{
    return fault == FAULT_NEIGHBOUR && from->columns < 3 ? 0.5 : fault_kinds[fault].most;
}

struct damage {
    const struct population *from;
    const double *label_shares;
    enum fault fault;
};

static void damage_apply(const struct damage *damage, double rate, struct population *out)
{
    const struct population *from = damage->from;
    memset(out->shares, 0, out->rows * out->columns * sizeof(double));
    for (size_t i = 0; i < from->rows; i++) {
        double *row = out->shares + i * out->columns;
        for (size_t j = 0; j < from->columns; j++) {
            double share = from->shares[i * from->columns + j];
            struct spill spill = {from, damage->label_shares, row, j, rate * share};
            row[j] += (1.0 - rate) * share;
            if (share > 0.0) {
                fault_kinds[damage->fault].spill(&spill);
            }
        }
    }
}

static void sum_columns(const struct population *population, double *out)
{
    for (size_t i = 0; i < population->rows; i++) {
        for (size_t j = 0; j < population->columns; j++) {
            out[j] += population->shares[i * population->columns + j];
        }
    }
}

/* Of a collapse to one label there is no NMI to speak of: infinite, so that no fault goes there. */
static double damaged_nmi(const struct damage *damage, double rate,
                          enum serin_normalizer normalizer, struct population *out)
{
    damage_apply(damage, rate, out);
    return column_entropy(out) > 0.0 ? population_nmi(out, normalizer) : INFINITY;
}

enum { RATES = 64 };

/*
 * The first of some rates at which NMI is down to the target. Where it never is, the harshest, or,
 * where NMI has risen again above that of the healthy arm, the one at which it is lowest: it need
 * not fall all the way, for the normalizer falls too.
 */
static double find_rate(const struct damage *damage, double target,
                        enum serin_normalizer normalizer, struct population *room, double step)
{
    double nmi = INFINITY;
    double lowest = INFINITY;
    double lowest_rate = 0.0;
    for (int i = 1; i <= RATES && lowest > target; i++) {
        nmi = damaged_nmi(damage, i * step, normalizer, room);
        if (nmi < lowest) {
            lowest = nmi;
            lowest_rate = i * step;
        }
    }
    bool is_harshest = lowest > target && nmi <= population_nmi(damage->from, normalizer);
    return is_harshest ? (double)RATES * step : lowest_rate;
}

/* Leaves in `out` the mildest damage that brings NMI down to `target`, or the worst there is. */
static void damage_to(const struct damage *damage, double target, enum serin_normalizer normalizer,
                      struct population *out)
{
    enum { HALVINGS = 60 };
    double step = worst_rate(damage->from, damage->fault) / (double)RATES;
    double harsh = find_rate(damage, target, normalizer, out, step);
    double mild = fmax(0.0, harsh - step);
    if (damaged_nmi(damage, harsh, normalizer, out) >= target) {
        return;
    }
    for (int i = 0; i < HALVINGS; i++) {
        double rate = 0.5 * (mild + harsh);
        if (damaged_nmi(damage, rate, normalizer, out) > target) {
            mild = rate;
        } else {
            harsh = rate;
        }
    }
    damage_apply(damage, mild, out);
}

static struct population *damaged(const struct population *from, enum fault fault, double target,
                                  enum serin_normalizer normalizer)
{
    owned_memory double *label_shares = memory_allocate(from->columns, sizeof(double));
    owned(population) out = population_empty(from->rows, damaged_columns(from, fault));
    if (!label_shares || !out) {
        return NULL;
    }
    sum_columns(from, label_shares);
    struct damage damage = {from, label_shares, fault};
    if (target >= population_nmi(from, normalizer)) {
        damage_apply(&damage, 0.0, out);
    } else {
        damage_to(&damage, target, normalizer, out);
    }
    return give(out);
}

struct population *population_damage(const struct population *stable, enum fault fault,
                                     double delta, enum serin_normalizer normalizer)
{
    return damaged(stable, fault, population_nmi(stable, normalizer) + delta, normalizer);
}

struct population *population_widen(const struct population *population, size_t columns)
{
    struct population *wide = population_empty(population->rows, columns);
    for (size_t i = 0; wide && i < population->rows; i++) {
        memcpy(wide->shares + i * columns, population->shares + i * population->columns,
               population->columns * sizeof(double));
    }
    return wide;
}

/* ---- healthy arms --------------------------------------------------------------------------- */

/* Each reference has its labels: one and the same where there are fewer, several in equal parts
   where there are more. */
static void lay_out(const struct population_wish *wish, struct population *out)
{
    double total = 0.0;
    for (size_t i = 0; i < wish->references; i++) {
        total += wish->marginal == MARGINAL_ZIPF ? 1.0 / (double)(i + 1) : 1.0;
    }
    for (size_t i = 0; i < wish->references; i++) {
        double share = (wish->marginal == MARGINAL_ZIPF ? 1.0 / (double)(i + 1) : 1.0) / total;
        size_t first = i % wish->labels;
        size_t own = (wish->labels - first - 1) / wish->references + 1;
        for (size_t j = first; j < wish->labels; j += wish->references) {
            out->shares[i * wish->labels + j] = share / (double)own;
        }
    }
}

struct population *population_create(const struct population_wish *wish)
{
    owned(population) right = population_empty(wish->references, wish->labels);
    if (!right) {
        return NULL;
    }
    lay_out(wish, right);
    return damaged(right, wish->errors, wish->nmi, wish->normalizer);
}
