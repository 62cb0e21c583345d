#include "verdict/diagnosis.h"

#include "verdict/label_flows.h"

#include <stdlib.h>
#include <string.h>

/* A label that lost this share to others has left. */
static const double most = 0.5;

/* A smaller share of a flow is no part worth a name. */
static const double least_part = 0.2;

/* Of a flow, so much is all of it but for errors. */
static const double nearly_all = 0.8;

enum { RING_LABELS_MAX = 16 };
#define NO_HEIR SIZE_MAX

/* A diagnosis under construction, its labels by column. */
struct finding {
    enum diagnosis_kind kind;
    const size_t *from;
    size_t from_count;
    const size_t *to;
    size_t to_count;
    double moved;
};

struct ranked_diagnosis {
    struct diagnosis diagnosis;
    size_t order; /* of discovery, which is the labels' own order: settles ties */
};

/* What finding any diagnosis needs. Not to be copied. */
struct diagnosing {
    const struct label_flows *flows;
    const struct effects *effects;
    const struct counts *counts;
    const struct block_tables *tables;
    size_t labels;
    bool *told_from; /* labels of the stable arm that some diagnosis explains */
    bool *told_to;
    bool *involved; /* in the finding being told */
    size_t *heirs;  /* by label, see heir_of; NO_HEIR */
    size_t *list;   /* for gathering */
    struct ranked_diagnosis *found;
    size_t found_count;
};

/* ---- telling --------------------------------------------------------------------------------- */

static struct diagnosis_labels labels_of(const struct diagnosing *diagnosing, const size_t *columns,
                                         size_t count)
{
    struct diagnosis_labels out = {.count = count};
    if (count > DIAGNOSIS_LABELS_MAX) {
        out.count = DIAGNOSIS_LABELS_MAX;
        out.left_out = count - out.count;
    }
    for (size_t i = 0; i < out.count; i++) {
        out.labels[i] =
            grouping_column_text(diagnosing->counts->grouping, diagnosing->tables, columns[i]);
    }
    return out;
}

static double contribution_once(struct diagnosing *diagnosing, const size_t *columns, size_t count)
{
    double sum = 0.0;
    for (size_t i = 0; i < count; i++) {
        if (!diagnosing->involved[columns[i]]) {
            diagnosing->involved[columns[i]] = true;
            sum += effects_value(diagnosing->effects, columns[i]);
        }
    }
    return sum;
}

static void tell(struct diagnosing *diagnosing, const struct finding *finding)
{
    memset(diagnosing->involved, 0, diagnosing->labels * sizeof(*diagnosing->involved));
    double contribution = contribution_once(diagnosing, finding->from, finding->from_count) +
                          contribution_once(diagnosing, finding->to, finding->to_count);
    for (size_t i = 0; i < finding->from_count; i++) {
        diagnosing->told_from[finding->from[i]] = true;
    }
    for (size_t i = 0; i < finding->to_count; i++) {
        diagnosing->told_to[finding->to[i]] = true;
    }
    struct ranked_diagnosis *ranked = &diagnosing->found[diagnosing->found_count];
    *ranked = (struct ranked_diagnosis){
        .order = diagnosing->found_count,
        .diagnosis = {
                      .kind = finding->kind,
                      .from = labels_of(diagnosing, finding->from, finding->from_count),
                      .to = labels_of(diagnosing, finding->to, finding->to_count),
                      .moved = finding->moved,
                      .has_contribution = effects_defined(diagnosing->effects),
                      .contribution = contribution,
                      }
    };
    diagnosing->found_count++;
}

/* ---- the rules ------------------------------------------------------------------------------- */

/* Whether a share of what a label had where it lost something is gone, and that was most of it. */
static bool lost_share(const struct label_flows *flows, size_t label, double share)
{
    double exposed = label_flows_exposed(flows, label);
    return exposed > 0.0 && exposed >= most * label_flows_share(flows, ARM_STABLE, label) &&
           label_flows_out(flows, label) >= share * exposed;
}

static bool has_left(const struct label_flows *flows, size_t label)
{
    return lost_share(flows, label, most);
}

static bool is_gone(const struct label_flows *flows, size_t label)
{
    return lost_share(flows, label, nearly_all);
}

/* Whether a label's events in the canary are those of others, and hardly its own. */
static bool is_fresh(const struct label_flows *flows, size_t label)
{
    double stayed = label_flows_share(flows, ARM_STABLE, label) - label_flows_out(flows, label);
    double now = label_flows_share(flows, ARM_CANARY, label);
    double in = label_flows_in(flows, label);
    return in > 0.0 && in >= most * now && stayed < least_part * now;
}

static bool takes_part(const struct label_flows *flows, size_t from, size_t to)
{
    double moved = label_flow(flows, from, to);
    return moved > 0.0 && moved >= least_part * label_flows_out(flows, from);
}

/* The label that nearly all of what left `from` went to. */
static size_t heir_of(const struct label_flows *flows, size_t from)
{
    for (size_t to = 0; has_left(flows, from) && to < label_flows_labels(flows); to++) {
        if (label_flow(flows, from, to) >= nearly_all * label_flows_out(flows, from)) {
            return to;
        }
    }
    return NO_HEIR;
}

/* Follows heirs from `first` until it comes back to it; 0: it does not. */
static size_t ring_follow(const struct diagnosing *diagnosing, size_t first, size_t *ring,
                          double *out_moved)
{
    size_t count = 0;
    size_t at = first;
    double moved = 0.0;
    do {
        size_t next = diagnosing->heirs[at];
        if (count == RING_LABELS_MAX || next == NO_HEIR) {
            return 0;
        }
        ring[count++] = at;
        moved += label_flow(diagnosing->flows, at, next);
        at = next;
    } while (at != first);
    *out_moved = moved;
    return count;
}

static void swaps_find(struct diagnosing *diagnosing)
{
    for (size_t first = 0; first < diagnosing->labels; first++) {
        size_t ring[RING_LABELS_MAX];
        double moved = 0.0;
        size_t count =
            diagnosing->told_from[first] ? 0 : ring_follow(diagnosing, first, ring, &moved);
        if (count > 0) {
            tell(diagnosing, &(struct finding){.kind = DIAGNOSIS_SWAP,
                                               .from = ring,
                                               .from_count = count,
                                               .to = ring,
                                               .to_count = count,
                                               .moved = moved});
        }
    }
}

/* Whether `to` is a piece of `from`: any heir of one that is gone, else only a label made of it. */
static bool is_piece(const struct label_flows *flows, size_t from, size_t to)
{
    bool is_made_of_it = is_fresh(flows, to) &&
                         label_flow(flows, from, to) >= nearly_all * label_flows_in(flows, to);
    return takes_part(flows, from, to) && (is_gone(flows, from) || is_made_of_it);
}

static void split_find(struct diagnosing *diagnosing, size_t from)
{
    const struct label_flows *flows = diagnosing->flows;
    double out = label_flows_out(flows, from);
    double moved = 0.0;
    size_t pieces = 0;
    bool keeps = !is_gone(flows, from);
    if (out <= 0.0 || out < least_part * label_flows_share(flows, ARM_STABLE, from)) {
        return;
    }
    for (size_t to = 0; to < diagnosing->labels; to++) {
        bool is_itself = keeps && to == from;
        if (is_itself || is_piece(flows, from, to)) {
            diagnosing->list[pieces++] = to;
            moved += label_flow(flows, from, to);
        }
    }
    if (pieces >= 2 && moved >= nearly_all * out) {
        tell(diagnosing, &(struct finding){.kind = DIAGNOSIS_SPLIT,
                                           .from = &from,
                                           .from_count = 1,
                                           .to = diagnosing->list,
                                           .to_count = pieces,
                                           .moved = moved});
    }
}

static enum diagnosis_kind union_kind(const struct label_flows *flows, size_t to, size_t sources,
                                      double moved)
{
    if (!is_fresh(flows, to) || moved < most * label_flows_in(flows, to)) {
        return DIAGNOSIS_SWALLOWED;
    }
    return sources == 1 ? DIAGNOSIS_RENAMED : DIAGNOSIS_MERGE;
}

/* Those that left for `to` and nothing else. */
static void union_find(struct diagnosing *diagnosing, size_t to)
{
    double moved = 0.0;
    size_t sources = 0;
    for (size_t from = 0; from < diagnosing->labels; from++) {
        if (!diagnosing->told_from[from] && diagnosing->heirs[from] == to) {
            diagnosing->list[sources++] = from;
            moved += label_flow(diagnosing->flows, from, to);
        }
    }
    if (sources > 0) {
        tell(diagnosing,
             &(struct finding){.kind = union_kind(diagnosing->flows, to, sources, moved),
                               .from = diagnosing->list,
                               .from_count = sources,
                               .to = &to,
                               .to_count = 1,
                               .moved = moved});
    }
}

static void lonely_find(struct diagnosing *diagnosing, size_t label)
{
    const struct label_flows *flows = diagnosing->flows;
    if (!diagnosing->told_to[label] && label_flows_alone(flows, ARM_CANARY, label)) {
        tell(diagnosing, &(struct finding){.kind = DIAGNOSIS_NEW,
                                           .to = &label,
                                           .to_count = 1,
                                           .moved = label_flows_share(flows, ARM_CANARY, label)});
    }
    if (!diagnosing->told_from[label] && label_flows_alone(flows, ARM_STABLE, label)) {
        tell(diagnosing, &(struct finding){.kind = DIAGNOSIS_LOST,
                                           .from = &label,
                                           .from_count = 1,
                                           .moved = label_flows_share(flows, ARM_STABLE, label)});
    }
}

/* Each label is told at most once as the origin of something and once as new. */
static void find_all(struct diagnosing *diagnosing)
{
    swaps_find(diagnosing);
    for (size_t from = 0; from < diagnosing->labels; from++) {
        if (!diagnosing->told_from[from]) {
            split_find(diagnosing, from);
        }
    }
    for (size_t to = 0; to < diagnosing->labels; to++) {
        union_find(diagnosing, to);
    }
    for (size_t label = 0; label < diagnosing->labels; label++) {
        lonely_find(diagnosing, label);
    }
}

/* ---- all of them ----------------------------------------------------------------------------- */

static int most_traffic_first(const void *left, const void *right)
{
    const struct ranked_diagnosis *a = left;
    const struct ranked_diagnosis *b = right;
    if (a->diagnosis.moved != b->diagnosis.moved) {
        return a->diagnosis.moved > b->diagnosis.moved ? -1 : 1;
    }
    return a->order < b->order ? -1 : 1;
}

static enum serin_status find_and_rank(struct diagnosing *diagnosing, struct verdict *verdict)
{
    size_t labels = diagnosing->labels;
    owned_memory bool *flags = memory_allocate(3 * labels + 1, sizeof(*flags));
    owned_memory size_t *lists = memory_allocate(2 * labels + 1, sizeof(*lists));
    owned_memory struct ranked_diagnosis *found = memory_allocate(2 * labels + 1, sizeof(*found));
    if (!flags || !lists || !found) {
        return SERIN_NO_MEMORY;
    }
    diagnosing->told_from = flags;
    diagnosing->told_to = flags + labels;
    diagnosing->involved = flags + 2 * labels;
    diagnosing->heirs = lists;
    diagnosing->list = lists + labels;
    diagnosing->found = found;
    for (size_t label = 0; label < labels; label++) {
        diagnosing->heirs[label] = heir_of(diagnosing->flows, label);
    }
    find_all(diagnosing);
    qsort(found, diagnosing->found_count, sizeof(*found), most_traffic_first);
    for (size_t i = 0; i < diagnosing->found_count && i < DIAGNOSES_MAX; i++) {
        verdict->diagnoses[verdict->diagnosis_count++] = found[i].diagnosis;
    }
    return SERIN_OK;
}

enum serin_status diagnoses_find(const struct counts *counts, const struct block_tables *tables,
                                 const struct evidence *evidence, const struct effects *effects,
                                 struct verdict *verdict, struct serin_error *err)
{
    owned(label_flows) flows = NULL;
    TRY(label_flows_create(counts, evidence, &flows, err));
    struct diagnosing diagnosing = {
        .flows = flows,
        .effects = effects,
        .counts = counts,
        .tables = tables,
        .labels = counts->columns,
    };
    if (find_and_rank(&diagnosing, verdict) != SERIN_OK) {
        return serin_fail(err, SERIN_NO_MEMORY, "what became of the labels");
    }
    return SERIN_OK;
}
