#include "verdict/label_flows.h"

#include "serin/critical.h"
#include "verdict/columns.h"

#include <math.h>

/* With references where it has less than this part of its peak, a label is taken for an error. */
static const double home = 0.2;

struct label_flows {
    const struct counts *counts;
    const struct evidence *evidence;
    double critical;
    double *flows; /* labels × labels, from × to */
    double *out;
    double *in;
    double *exposed;
    double *peaks[ARM_COUNT]; /* the label's share with the reference it has most of */
    double *shares[ARM_COUNT];
    double *losses; /* of one reference */
    double *gains;
};

/* Some events out of all, in either arm, in effective numbers. */
struct proportion {
    double part;
    double total;
};

static double likelihood_term(double part, double expected)
{
    return part > 0.0 ? 2.0 * part * log(part / expected) : 0.0;
}

/* The likelihood ratio of "both proportions are equal", G. */
static double likelihood_ratio(struct proportion canary, struct proportion stable)
{
    double pooled = (canary.part + stable.part) / (canary.total + stable.total);
    return likelihood_term(canary.part, canary.total * pooled) +
           likelihood_term(stable.part, stable.total * pooled) +
           likelihood_term(canary.total - canary.part, canary.total * (1.0 - pooled)) +
           likelihood_term(stable.total - stable.part, stable.total * (1.0 - pooled));
}

static bool differs(const struct label_flows *flows, struct proportion canary,
                    struct proportion stable)
{
    double of_canary = flows->evidence->arms[ARM_CANARY].result.design_effect;
    double of_stable = flows->evidence->arms[ARM_STABLE].result.design_effect;
    struct proportion c = {canary.part / of_canary, canary.total / of_canary};
    struct proportion s = {stable.part / of_stable, stable.total / of_stable};
    return likelihood_ratio(c, s) > flows->critical * flows->critical;
}

static uint64_t cell_of(const struct counts *counts, enum arm arm, size_t row, size_t column)
{
    return counts->arms[arm].table[row * counts->columns + column];
}

static double row_total(const struct counts *counts, enum arm arm, size_t row)
{
    double total = 0.0;
    for (size_t j = 0; j < counts->columns; j++) {
        total += (double)cell_of(counts, arm, row, j);
    }
    return total;
}

/* Splits what each loser lost among the winners; the sums need not be equal where not all count. */
static void flows_distribute(struct label_flows *flows)
{
    size_t labels = flows->counts->columns;
    double lost = 0.0;
    double won = 0.0;
    for (size_t j = 0; j < labels; j++) {
        lost += flows->losses[j];
        won += flows->gains[j];
    }
    double most = fmax(lost, won);
    for (size_t j = 0; j < labels && most > 0.0; j++) {
        for (size_t k = 0; k < labels && flows->losses[j] > 0.0; k++) {
            double moved = flows->losses[j] * flows->gains[k] / most;
            flows->flows[j * labels + k] += moved;
            flows->out[j] += moved;
            flows->in[k] += moved;
        }
    }
}

/* A reference in both arms; its weight is 0 where one of them lacks it. */
struct reference {
    size_t row;
    double weight;
    double totals[ARM_COUNT];
};

static struct reference reference_of(const struct counts *counts, size_t row, const double *totals)
{
    struct reference reference = {.row = row};
    double weight = 0.0;
    for (size_t arm = 0; arm < ARM_COUNT; arm++) {
        reference.totals[arm] = row_total(counts, (enum arm)arm, row);
        weight += reference.totals[arm] / totals[arm] / 2.0;
    }
    bool in_both = reference.totals[ARM_CANARY] > 0.0 && reference.totals[ARM_STABLE] > 0.0;
    reference.weight = in_both ? weight : 0.0;
    return reference;
}

/* A label's share of the traffic in an arm, with one reference. */
static double share_with(const struct counts *counts, const struct reference *reference,
                         enum arm arm, size_t column)
{
    double part = (double)cell_of(counts, arm, reference->row, column);
    return reference->weight * part / reference->totals[arm];
}

static void peaks_find(struct label_flows *flows, const double *totals)
{
    const struct counts *counts = flows->counts;
    for (size_t row = 0; row < counts->rows; row++) {
        struct reference reference = reference_of(counts, row, totals);
        for (size_t j = 0; reference.weight > 0.0 && j < counts->columns; j++) {
            for (size_t arm = 0; arm < ARM_COUNT; arm++) {
                double share = share_with(counts, &reference, (enum arm)arm, j);
                flows->peaks[arm][j] = fmax(flows->peaks[arm][j], share);
            }
        }
    }
}

/* The share, or 0 where the label is rare beside where it is at home: an error, not its meaning. */
static double share_at_home(const struct label_flows *flows, const struct reference *reference,
                            enum arm arm, size_t column)
{
    double share = share_with(flows->counts, reference, arm, column);
    return share >= home * flows->peaks[arm][column] ? share : 0.0;
}

static bool changed(const struct label_flows *flows, const struct reference *reference,
                    size_t column)
{
    const struct counts *counts = flows->counts;
    struct proportion canary = {(double)cell_of(counts, ARM_CANARY, reference->row, column),
                                reference->totals[ARM_CANARY]};
    struct proportion stable = {(double)cell_of(counts, ARM_STABLE, reference->row, column),
                                reference->totals[ARM_STABLE]};
    return differs(flows, canary, stable);
}

static void reference_follow(struct label_flows *flows, const struct reference *reference)
{
    const struct counts *counts = flows->counts;
    for (size_t j = 0; j < counts->columns; j++) {
        double change = share_with(counts, reference, ARM_CANARY, j) -
                        share_with(counts, reference, ARM_STABLE, j);
        double in_canary = share_at_home(flows, reference, ARM_CANARY, j);
        double in_stable = share_at_home(flows, reference, ARM_STABLE, j);
        bool is_clear = change != 0.0 && changed(flows, reference, j);
        flows->shares[ARM_CANARY][j] += in_canary;
        flows->shares[ARM_STABLE][j] += in_stable;
        flows->losses[j] = is_clear && in_stable > 0.0 ? fmax(0.0, -change) : 0.0;
        flows->gains[j] = is_clear && in_canary > 0.0 ? fmax(0.0, change) : 0.0;
        flows->exposed[j] += flows->losses[j] > 0.0 ? in_stable : 0.0;
    }
    flows_distribute(flows);
}

static void references_follow(struct label_flows *flows, const double *totals)
{
    peaks_find(flows, totals);
    for (size_t row = 0; row < flows->counts->rows; row++) {
        struct reference reference = reference_of(flows->counts, row, totals);
        if (reference.weight > 0.0) {
            reference_follow(flows, &reference);
        }
    }
}

static enum serin_status critical_choose(struct label_flows *flows, struct serin_error *err)
{
    const struct evidence *evidence = flows->evidence;
    struct serin_confidence confidence = judgement_confidence(evidence->judgement);
    size_t tests = flows->counts->columns;
    for (size_t k = 0; k < flows->counts->rows * flows->counts->columns; k++) {
        tests += flows->counts->arms[ARM_CANARY].table[k] > 0 ||
                 flows->counts->arms[ARM_STABLE].table[k] > 0;
    }
    confidence.level = 1.0 - (1.0 - confidence.level) / (double)tests;
    double size = serin_harmonic_size(evidence->arms[ARM_CANARY].effective,
                                      evidence->arms[ARM_STABLE].effective);
    if (serin_critical_value(&confidence, size, &flows->critical) != SERIN_OK) {
        return serin_fail(err, SERIN_BUG, "the critical value of the labels' flows");
    }
    return SERIN_OK;
}

static void shares_take(struct label_flows *flows, const double *totals)
{
    for (size_t j = 0; j < flows->counts->columns; j++) {
        for (size_t arm = 0; arm < ARM_COUNT; arm++) {
            flows->shares[arm][j] = (double)flows->counts->arms[arm].totals[j] / totals[arm];
        }
    }
}

static enum serin_status flows_allocate(struct label_flows *flows, size_t labels)
{
    double *room = memory_allocate(labels + 9, labels * sizeof(*room));
    if (!room) {
        return SERIN_NO_MEMORY;
    }
    flows->flows = room;
    flows->out = room + labels * labels;
    flows->in = flows->out + labels;
    flows->exposed = flows->in + labels;
    flows->shares[ARM_CANARY] = flows->exposed + labels;
    flows->shares[ARM_STABLE] = flows->shares[ARM_CANARY] + labels;
    flows->peaks[ARM_CANARY] = flows->shares[ARM_STABLE] + labels;
    flows->peaks[ARM_STABLE] = flows->peaks[ARM_CANARY] + labels;
    flows->losses = flows->peaks[ARM_STABLE] + labels;
    flows->gains = flows->losses + labels;
    return SERIN_OK;
}

enum serin_status label_flows_create(const struct counts *counts, const struct evidence *evidence,
                                     struct label_flows **out, struct serin_error *err)
{
    enum design design = evidence->judgement->design;
    double totals[ARM_COUNT] = {
        [ARM_CANARY] = (double)columns_total(counts, design, ARM_CANARY),
        [ARM_STABLE] = (double)columns_total(counts, design, ARM_STABLE),
    };
    owned(label_flows) flows = memory_allocate(1, sizeof(*flows));
    if (!flows || flows_allocate(flows, counts->columns) != SERIN_OK) {
        return serin_fail(err, SERIN_NO_MEMORY, "the flows between labels");
    }
    flows->counts = counts;
    flows->evidence = evidence;
    if (totals[ARM_CANARY] > 0.0 && totals[ARM_STABLE] > 0.0) {
        TRY(critical_choose(flows, err));
        if (design == DESIGN_SHIFT) {
            shares_take(flows, totals);
        } else {
            references_follow(flows, totals);
        }
    }
    *out = give(flows);
    return SERIN_OK;
}

void label_flows_destroy(struct label_flows *flows)
{
    if (flows) {
        memory_free(flows->flows);
        memory_free(flows);
    }
}

size_t label_flows_labels(const struct label_flows *flows)
{
    return flows->counts->columns;
}

double label_flow(const struct label_flows *flows, size_t from, size_t to)
{
    return flows->flows[from * flows->counts->columns + to];
}

double label_flows_out(const struct label_flows *flows, size_t label)
{
    return flows->out[label];
}

double label_flows_in(const struct label_flows *flows, size_t label)
{
    return flows->in[label];
}

double label_flows_exposed(const struct label_flows *flows, size_t label)
{
    return flows->exposed[label];
}

double label_flows_share(const struct label_flows *flows, enum arm arm, size_t label)
{
    return flows->shares[arm][label];
}

bool label_flows_alone(const struct label_flows *flows, enum arm arm, size_t label)
{
    enum design design = flows->evidence->judgement->design;
    struct proportion sides[ARM_COUNT];
    for (size_t side = 0; side < ARM_COUNT; side++) {
        sides[side].part =
            (double)column_describe(flows->counts, design, (enum arm)side, label).total;
        sides[side].total = (double)columns_total(flows->counts, design, (enum arm)side);
    }
    enum arm other = arm == ARM_CANARY ? ARM_STABLE : ARM_CANARY;
    return sides[arm].part > 0.0 && sides[other].part == 0.0 && sides[other].total > 0.0 &&
           differs(flows, sides[ARM_CANARY], sides[ARM_STABLE]);
}
