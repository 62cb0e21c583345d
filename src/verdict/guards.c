#include "verdict/guards.h"

#include "base/memory.h"

#include <math.h>

static bool incomplete_data(const struct evidence *evidence)
{
    return evidence->incomplete_reason != NULL;
}

static bool no_canary_data(const struct evidence *evidence)
{
    return evidence->arms[ARM_CANARY].events == 0;
}

static bool no_stable_data(const struct evidence *evidence)
{
    return evidence->arms[ARM_STABLE].events == 0;
}

static bool no_shared_keys(const struct evidence *evidence)
{
    return evidence->no_shared_keys;
}

static bool reference_missing(const struct evidence *evidence)
{
    for (size_t arm = 0; arm < ARM_COUNT; arm++) {
        if (evidence->arms[arm].events > 0 && evidence->arms[arm].result.samples == 0) {
            return true;
        }
    }
    return false;
}

static bool maintenance(const struct evidence *evidence)
{
    return evidence->in_maintenance;
}

static bool stale_data(const struct evidence *evidence)
{
    return evidence->arms[ARM_CANARY].is_stale || evidence->arms[ARM_STABLE].is_stale;
}

/*
 * A delta that is taken slice by slice does not feel the mix of these, only the one within the
 * rest, whose slices are not told apart. A quarter of the margin of an arm's events may be in it.
 */
static bool mix_is_harmless(const struct evidence *evidence)
{
    return evidence->is_stratified && evidence->rest_share <= evidence->margin / 4.0;
}

/*
 * The canary's share of the traffic against the promised one, and of every slice against the whole:
 * either alarms falsely in one rollout of 2,000, however often one looks.
 */
static bool sample_ratio(const struct evidence *evidence)
{
    return evidence->sample_ratio_mismatch || evidence->slice_mix_differs ||
           (evidence->strata_mix_differs && !mix_is_harmless(evidence));
}

/* The arms have seen unlike times, and the traffic was not as hard at all of them. */
static bool traffic_drifts(const struct evidence *evidence)
{
    return evidence->traffic_drifts;
}

/* Which events lack a reference depends on the arm, so what is left cannot be compared. */
static bool completeness_differs(const struct evidence *evidence)
{
    return evidence->completeness_differs;
}

static bool too_few_samples(const struct evidence *evidence)
{
    double smaller =
        fmin(evidence->arms[ARM_CANARY].effective, evidence->arms[ARM_STABLE].effective);
    return smaller < evidence_samples_wanted(evidence);
}

static bool few_blocks(const struct evidence *evidence)
{
    return evidence->blocks_known && (evidence->arms[ARM_CANARY].result.blocks < BLOCKS_LEAST ||
                                      evidence->arms[ARM_STABLE].result.blocks < BLOCKS_LEAST);
}

static bool sparse_table(const struct evidence *evidence)
{
    double gap = fmax(evidence->arms[ARM_CANARY].gap, evidence->arms[ARM_STABLE].gap);
    return gap > evidence->margin / 3.0;
}

static bool unseen_cells(const struct evidence *evidence)
{
    return evidence->unseen > evidence->margin / 4.0;
}

/*
 * One pod of several may be broken by itself: that is no finding about the version. Its spread
 * makes samples look few, too, but more of them would not help.
 */
static bool one_pod_drives(const struct evidence *evidence)
{
    return evidence->driver.found;
}

static bool any_state(const struct evidence *evidence, enum serin_table_state state)
{
    return evidence->arms[ARM_CANARY].state == state || evidence->arms[ARM_STABLE].state == state;
}

static bool single_label(const struct evidence *evidence)
{
    for (size_t arm = 0; arm < ARM_COUNT; arm++) {
        const struct arm_evidence *of = &evidence->arms[arm];
        if (of->state == SERIN_TABLE_SINGLE_LABEL && !of->is_all_merged) {
            return true;
        }
    }
    return false;
}

static bool single_reference(const struct evidence *evidence)
{
    return any_state(evidence, SERIN_TABLE_SINGLE_REFERENCE);
}

static bool single_both(const struct evidence *evidence)
{
    return any_state(evidence, SERIN_TABLE_SINGLE_BOTH);
}

/* A slice that suffers with the whole is no news. */
static bool slice_veto(const struct evidence *evidence)
{
    return evidence->slices.beyond > 0 &&
           outcome_of_interval(evidence).decision != DECISION_ROLLBACK;
}

/*
 * NMI passes, but the reference information kept (MI/H(reference)) or AMI says otherwise:
 *   in size: one of them fell by more than the margin, by its best estimate;
 *   in sign: NMI gained, its whole interval above 0, while one fell by more than half the margin.
 * Best estimates only: their noise alone, around a true delta well inside the margin, stays quiet.
 */
static bool metrics_disagree(const struct evidence *evidence)
{
    if (!evidence->has_companions || evidence->delta.lower <= -evidence->margin) {
        return false;
    }
    double worst = fmin(evidence->information_delta, evidence->ami_delta);
    bool contradicts_gain = evidence->delta.lower > 0.0 && worst < -evidence->margin / 2.0;
    return worst < -evidence->margin || contradicts_gain;
}

/*
 * Where names are fixed one event of an unknown name is a broken rule already. That a name vanished
 * or moved must be clear, for a small canary shows rare names late.
 */
static bool labels_changed(const struct evidence *evidence)
{
    const struct label_changes *labels = &evidence->labels;
    return evidence->judgement->label_names == LABEL_NAMES_FIXED &&
           (labels->new_labels > 0 || labels->clearly_lost > 0 || labels->swapped > 0);
}

/*
 * A canary that gives its labels new names has them merged first, for it has the smaller part of
 * the traffic, while the stable arm's are told apart: the loss is the merging's. Between shares of
 * labels merging only hides a difference. Folding at the source follows the order of arrival, which
 * need not be alike in both arms.
 */
static bool merged_apart(const struct evidence *evidence)
{
    const struct arm_evidence *canary = &evidence->arms[ARM_CANARY];
    bool is_apart = canary->is_all_merged ||
                    (double)canary->merged_alone > evidence->margin / 4.0 * (double)canary->events;
    return evidence->source_capped || (evidence->judgement->design != DESIGN_SHIFT && is_apart);
}

/* Without references nothing tells what the merged events are: few of them may be. */
static bool merged_are_many(const struct evidence *evidence)
{
    for (size_t arm = 0; arm < ARM_COUNT; arm++) {
        const struct arm_evidence *of = &evidence->arms[arm];
        if ((double)of->merged > evidence->margin / 4.0 * (double)of->events) {
            return true;
        }
    }
    return false;
}

/*
 * Rare labels merged by one ranking are the same quantity in both arms, but what goes on among them
 * is hidden. With the most that may be lost there the delta has to lie within the margin still.
 */
static bool labels_capped(const struct evidence *evidence)
{
    if (evidence->has_tail) {
        return evidence->delta.lower - evidence->hidden_loss <= -evidence->margin;
    }
    return merged_are_many(evidence);
}

/*
 * What has no reference may be what the canary gets wrong, however alike the arms' shares of it. A
 * loss among the events that have one is a loss all the same.
 */
static bool few_references(const struct evidence *evidence)
{
    for (size_t arm = 0; arm < ARM_COUNT; arm++) {
        const struct arm_result *of = &evidence->arms[arm].result;
        if (of->unreferenced > 0 &&
            arm_result_referenced(of) < evidence->judgement->min_referenced) {
            return true;
        }
    }
    return false;
}

static bool sample_ratio_unclear(const struct evidence *evidence)
{
    return evidence->sample_ratio_unclear;
}

static bool warm_up(const struct evidence *evidence)
{
    return evidence->in_warm_up;
}

const struct guard guards[] = {
    {"incomplete_data",       GUARD_SILENCES,      incomplete_data     },
    {"no_canary_data",        GUARD_SILENCES,      no_canary_data      },
    {"no_stable_data",        GUARD_SILENCES,      no_stable_data      },
    {"no_shared_keys",        GUARD_SILENCES,      no_shared_keys      },
    {"reference_missing",     GUARD_SILENCES,      reference_missing   },
    {"maintenance",           GUARD_SILENCES,      maintenance         },
    {"stale_data",            GUARD_SILENCES,      stale_data          },
    {"sample_ratio_mismatch", GUARD_SILENCES,      sample_ratio        },
    {"traffic_drifts",        GUARD_SILENCES,      traffic_drifts      },
    {"completeness_differs",  GUARD_SILENCES,      completeness_differs},
    {"one_pod_drives",        GUARD_SILENCES,      one_pod_drives      },
    {"too_few_samples",       GUARD_SILENCES,      too_few_samples     },
    {"few_blocks",            GUARD_SILENCES,      few_blocks          },
    {"sparse_table",          GUARD_SILENCES,      sparse_table        },
    {"unseen_cells",          GUARD_SILENCES,      unseen_cells        },
    {"merged_apart",          GUARD_SILENCES,      merged_apart        },
    {"single_label",          GUARD_HOLDS_PROMOTE, single_label        },
    {"single_reference",      GUARD_HOLDS_PROMOTE, single_reference    },
    {"single_both",           GUARD_HOLDS_PROMOTE, single_both         },
    {"slice_veto",            GUARD_HOLDS_PROMOTE, slice_veto          },
    {"metrics_disagree",      GUARD_HOLDS_PROMOTE, metrics_disagree    },
    {"labels_changed",        GUARD_HOLDS_PROMOTE, labels_changed      },
    {"labels_capped",         GUARD_HOLDS_PROMOTE, labels_capped       },
    {"sample_ratio_unclear",  GUARD_HOLDS_PROMOTE, sample_ratio_unclear},
    {"few_references",        GUARD_HOLDS_PROMOTE, few_references      },
    {"warm_up",               GUARD_HOLDS_PROMOTE, warm_up             },
};
const size_t guard_count = ARRAY_LENGTH(guards);

bool guards_find_sparse(const struct evidence *evidence)
{
    double least = fmin(evidence->arms[ARM_CANARY].effective, evidence->arms[ARM_STABLE].effective);
    return evidence->delta.defined && evidence->judgement->merge_rare &&
           evidence->judgement->design != DESIGN_SHIFT &&
           least >= (double)evidence->judgement->min_samples &&
           (too_few_samples(evidence) || sparse_table(evidence) || unseen_cells(evidence));
}

/* Why there is no delta: the state of the arm that has none, the canary's first. */
static const char *undefined_reason(const struct evidence *evidence)
{
    enum serin_table_state state = evidence->arms[ARM_CANARY].state;
    if (state == SERIN_TABLE_OK || state == SERIN_TABLE_EMPTY) {
        state = evidence->arms[ARM_STABLE].state;
    }
    switch (state) {
    case SERIN_TABLE_SINGLE_LABEL:
        return "single_label";
    case SERIN_TABLE_SINGLE_REFERENCE:
        return "single_reference";
    case SERIN_TABLE_SINGLE_BOTH:
        return "single_both";
    case SERIN_TABLE_OK:
    case SERIN_TABLE_EMPTY:
        break;
    }
    return "too_few_samples";
}

struct outcome outcome_of_interval(const struct evidence *evidence)
{
    if (evidence->canary_collapsed) {
        return (struct outcome){DECISION_ROLLBACK, "single_label"};
    }
    if (!evidence->delta.defined) {
        return (struct outcome){DECISION_INCONCLUSIVE, undefined_reason(evidence)};
    }
    /* A divergence grows with the harm, a difference falls with it. */
    bool is_shift = evidence->judgement->design == DESIGN_SHIFT;
    double best = is_shift ? -evidence->delta.lower : evidence->delta.upper;
    double worst = is_shift ? -evidence->delta.upper : evidence->delta.lower;
    if (worst > -evidence->margin) {
        return (struct outcome){DECISION_PROMOTE, "within_margin"};
    }
    if (best < -evidence->margin) {
        return (struct outcome){DECISION_ROLLBACK, "beyond_margin"};
    }
    return (struct outcome){DECISION_INCONCLUSIVE, "straddles_margin"};
}

struct outcome outcome_decide(const struct evidence *evidence)
{
    struct outcome outcome = outcome_of_interval(evidence);
    for (size_t i = 0; i < guard_count; i++) {
        bool matters = guards[i].kind == GUARD_SILENCES || outcome.decision == DECISION_PROMOTE;
        if (matters && guards[i].fires(evidence)) {
            return (struct outcome){DECISION_INCONCLUSIVE, guards[i].name};
        }
    }
    return outcome;
}
