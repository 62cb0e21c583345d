#include "verdict/guards.h"

#include "evidence_sample.h"
#include "verdict/reasons.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <criterion/parameterized.h>
#include <stdio.h>
#include <string.h>

enum { DRAWS = 20000 };

static struct evidence with_interval(const struct judgement *judgement, double lower, double upper)
{
    struct evidence evidence = sound_evidence(judgement);
    evidence.delta.value = (lower + upper) / 2.0;
    evidence.delta.lower = lower;
    evidence.delta.upper = upper;
    evidence.information_delta = evidence.delta.value;
    evidence.ami_delta = evidence.delta.value;
    return evidence;
}

static void expect(const struct evidence *evidence, enum decision decision, const char *reason)
{
    struct outcome outcome = outcome_decide(evidence);
    cr_assert(eq(str, (char *)outcome.reason, (char *)reason));
    cr_assert(eq(int, outcome.decision, decision), "%s", reason);
}

struct interval_case {
    enum design design;
    double lower;
    double upper;
    enum decision decision;
    char reason[24];
};

ParameterizedTestParameters(guards, the_interval_against_the_margin_decides)
{
    static struct interval_case cases[] = {
        {DESIGN_REFERENCE, -0.0999, 0.2,     DECISION_PROMOTE,      "within_margin"   },
        {DESIGN_REFERENCE, -0.1,    0.2,     DECISION_INCONCLUSIVE, "straddles_margin"},
        {DESIGN_REFERENCE, -0.3,    -0.1,    DECISION_INCONCLUSIVE, "straddles_margin"},
        {DESIGN_REFERENCE, -0.3,    -0.1001, DECISION_ROLLBACK,     "beyond_margin"   },
        {DESIGN_PAIRED,    -0.05,   0.0,     DECISION_PROMOTE,      "within_margin"   },
        {DESIGN_PAIRED,    -0.5,    -0.2,    DECISION_ROLLBACK,     "beyond_margin"   },
        {DESIGN_SHIFT,     0.0,     0.0199,  DECISION_PROMOTE,      "within_margin"   },
        {DESIGN_SHIFT,     0.0,     0.02,    DECISION_INCONCLUSIVE, "straddles_margin"},
        {DESIGN_SHIFT,     0.02,    0.4,     DECISION_INCONCLUSIVE, "straddles_margin"},
        {DESIGN_SHIFT,     0.0201,  0.4,     DECISION_ROLLBACK,     "beyond_margin"   },
    };
    return cr_make_param_array(struct interval_case, cases, sizeof(cases) / sizeof(cases[0]));
}

ParameterizedTest(struct interval_case *c, guards, the_interval_against_the_margin_decides)
{
    struct judgement judgement = judgement_default;
    judgement.design = c->design;
    struct evidence evidence = with_interval(&judgement, c->lower, c->upper);
    evidence.has_companions = false;
    expect(&evidence, c->decision, c->reason);
}

Test(guards, a_guard_only_ever_makes_the_answer_more_careful)
{
    uint64_t state = 20260131;
    size_t decisions[3] = {0};
    for (size_t i = 0; i < DRAWS; i++) {
        struct judgement judgement;
        struct evidence evidence = random_evidence(&state, &judgement);
        struct outcome bare = outcome_of_interval(&evidence);
        struct outcome guarded = outcome_decide(&evidence);
        cr_assert(guarded.decision == bare.decision || guarded.decision == DECISION_INCONCLUSIVE,
                  "draw %zu: %s became %s", i, decision_name(bare.decision),
                  decision_name(guarded.decision));
        cr_assert(ne(ptr, (void *)reason_find(guarded.reason), NULL), "%s", guarded.reason);
        decisions[guarded.decision]++;
    }
    for (size_t i = 0; i < 3; i++) {
        cr_assert(gt(sz, decisions[i], 500), "%s", decision_name((enum decision)i));
    }
}

/* Each makes sound evidence fire one guard, and no other. */
struct trigger {
    const char *guard;
    void (*set)(struct evidence *evidence, struct judgement *judgement);
};

static void set_incomplete(struct evidence *evidence, struct judgement *judgement)
{
    (void)judgement;
    evidence->incomplete_reason = "two of five pods did not answer";
}

static void set_no_canary(struct evidence *evidence, struct judgement *judgement)
{
    (void)judgement;
    evidence->arms[ARM_CANARY].events = 0;
}

static void set_no_stable(struct evidence *evidence, struct judgement *judgement)
{
    (void)judgement;
    evidence->arms[ARM_STABLE].events = 0;
}

static void set_no_shared_keys(struct evidence *evidence, struct judgement *judgement)
{
    (void)judgement;
    evidence->no_shared_keys = true;
}

static void set_reference_missing(struct evidence *evidence, struct judgement *judgement)
{
    (void)judgement;
    evidence->arms[ARM_CANARY].result.samples = 0;
}

static void set_maintenance(struct evidence *evidence, struct judgement *judgement)
{
    (void)judgement;
    evidence->in_maintenance = true;
}

static void set_stale(struct evidence *evidence, struct judgement *judgement)
{
    (void)judgement;
    evidence->arms[ARM_STABLE].is_stale = true;
}

static void set_sample_ratio(struct evidence *evidence, struct judgement *judgement)
{
    (void)judgement;
    evidence->sample_ratio_mismatch = true;
}

static void set_unclear_ratio(struct evidence *evidence, struct judgement *judgement)
{
    (void)judgement;
    evidence->sample_ratio_unclear = true;
}

static void set_slice_mix(struct evidence *evidence, struct judgement *judgement)
{
    (void)judgement;
    evidence->slice_mix_differs = true;
}

static void set_traffic_drifts(struct evidence *evidence, struct judgement *judgement)
{
    (void)judgement;
    evidence->traffic_drifts = true;
}

static void set_completeness(struct evidence *evidence, struct judgement *judgement)
{
    (void)judgement;
    evidence->completeness_differs = true;
}

static void set_few_references(struct evidence *evidence, struct judgement *judgement)
{
    (void)judgement;
    evidence->arms[ARM_CANARY].result.unreferenced = 5001;
}

static void set_driver(struct evidence *evidence, struct judgement *judgement)
{
    (void)judgement;
    evidence->driver.found = true;
}

static void set_few_samples(struct evidence *evidence, struct judgement *judgement)
{
    (void)judgement;
    evidence->arms[ARM_CANARY].effective = 499.0;
}

static void set_few_samples_for_labels(struct evidence *evidence, struct judgement *judgement)
{
    (void)judgement;
    evidence->columns = 501;
}

static void set_few_blocks(struct evidence *evidence, struct judgement *judgement)
{
    (void)judgement;
    evidence->arms[ARM_CANARY].result.blocks = 4;
}

static void set_sparse(struct evidence *evidence, struct judgement *judgement)
{
    (void)judgement;
    evidence->arms[ARM_CANARY].gap = 0.034;
}

static void set_unseen(struct evidence *evidence, struct judgement *judgement)
{
    (void)judgement;
    evidence->unseen = 0.026;
}

static void set_single_label(struct evidence *evidence, struct judgement *judgement)
{
    (void)judgement;
    evidence->arms[ARM_STABLE].state = SERIN_TABLE_SINGLE_LABEL;
}

static void set_single_reference(struct evidence *evidence, struct judgement *judgement)
{
    (void)judgement;
    evidence->arms[ARM_CANARY].state = SERIN_TABLE_SINGLE_REFERENCE;
}

static void set_single_both(struct evidence *evidence, struct judgement *judgement)
{
    (void)judgement;
    evidence->arms[ARM_CANARY].state = SERIN_TABLE_SINGLE_BOTH;
}

static void set_bad_slice(struct evidence *evidence, struct judgement *judgement)
{
    (void)judgement;
    evidence->slices.beyond = 1;
}

static void set_lost_information(struct evidence *evidence, struct judgement *judgement)
{
    (void)judgement;
    evidence->information_delta = -0.11;
}

static void set_lost_ami(struct evidence *evidence, struct judgement *judgement)
{
    (void)judgement;
    evidence->ami_delta = -0.11;
}

static void set_gain_against_ami(struct evidence *evidence, struct judgement *judgement)
{
    (void)judgement;
    evidence->delta = (struct estimate){true, 0.03, 0.01, 0.05};
    evidence->ami_delta = -0.06;
}

static void set_new_label(struct evidence *evidence, struct judgement *judgement)
{
    judgement->label_names = LABEL_NAMES_FIXED;
    evidence->labels.new_labels = 1;
}

static void set_swapped_labels(struct evidence *evidence, struct judgement *judgement)
{
    judgement->label_names = LABEL_NAMES_FIXED;
    evidence->labels.swapped = 2;
}

static void set_merged(struct evidence *evidence, struct judgement *judgement)
{
    (void)judgement;
    evidence->arms[ARM_CANARY].merged = 126;
}

static void set_merged_alone(struct evidence *evidence, struct judgement *judgement)
{
    (void)judgement;
    evidence->arms[ARM_CANARY].merged_alone = 126;
}

static void set_all_merged(struct evidence *evidence, struct judgement *judgement)
{
    (void)judgement;
    evidence->arms[ARM_CANARY].state = SERIN_TABLE_SINGLE_LABEL;
    evidence->arms[ARM_CANARY].is_all_merged = true;
}

static void set_source_capped(struct evidence *evidence, struct judgement *judgement)
{
    (void)judgement;
    evidence->source_capped = true;
}

static void set_warm_up(struct evidence *evidence, struct judgement *judgement)
{
    (void)judgement;
    evidence->in_warm_up = true;
}

static const struct trigger triggers[] = {
    {"incomplete_data",       set_incomplete            },
    {"no_canary_data",        set_no_canary             },
    {"no_stable_data",        set_no_stable             },
    {"no_shared_keys",        set_no_shared_keys        },
    {"reference_missing",     set_reference_missing     },
    {"maintenance",           set_maintenance           },
    {"stale_data",            set_stale                 },
    {"sample_ratio_mismatch", set_sample_ratio          },
    {"sample_ratio_mismatch", set_slice_mix             },
    {"traffic_drifts",        set_traffic_drifts        },
    {"completeness_differs",  set_completeness          },
    {"sample_ratio_unclear",  set_unclear_ratio         },
    {"one_pod_drives",        set_driver                },
    {"few_references",        set_few_references        },
    {"too_few_samples",       set_few_samples           },
    {"too_few_samples",       set_few_samples_for_labels},
    {"few_blocks",            set_few_blocks            },
    {"sparse_table",          set_sparse                },
    {"unseen_cells",          set_unseen                },
    {"single_label",          set_single_label          },
    {"single_reference",      set_single_reference      },
    {"single_both",           set_single_both           },
    {"slice_veto",            set_bad_slice             },
    {"metrics_disagree",      set_lost_information      },
    {"metrics_disagree",      set_lost_ami              },
    {"metrics_disagree",      set_gain_against_ami      },
    {"labels_changed",        set_new_label             },
    {"labels_changed",        set_swapped_labels        },
    {"labels_capped",         set_merged                },
    {"merged_apart",          set_merged_alone          },
    {"merged_apart",          set_all_merged            },
    {"merged_apart",          set_source_capped         },
    {"warm_up",               set_warm_up               },
};

static bool silences(const char *name)
{
    for (size_t i = 0; i < guard_count; i++) {
        if (strcmp(guards[i].name, name) == 0) {
            return guards[i].kind == GUARD_SILENCES;
        }
    }
    return false;
}

Test(guards, sound_data_fire_none)
{
    struct judgement judgement = judgement_default;
    struct evidence evidence = sound_evidence(&judgement);
    for (size_t i = 0; i < guard_count; i++) {
        cr_assert(not(guards[i].fires(&evidence)), "%s", guards[i].name);
    }
    expect(&evidence, DECISION_PROMOTE, "within_margin");
}

Test(guards, each_fires_alone_on_its_own_trouble_and_holds_a_promote_back)
{
    for (size_t t = 0; t < sizeof(triggers) / sizeof(triggers[0]); t++) {
        struct judgement judgement = judgement_default;
        struct evidence evidence = sound_evidence(&judgement);
        triggers[t].set(&evidence, &judgement);
        for (size_t i = 0; i < guard_count; i++) {
            cr_assert(
                eq(int, guards[i].fires(&evidence), strcmp(guards[i].name, triggers[t].guard) == 0),
                "trigger %zu (%s) and guard %s", t, triggers[t].guard, guards[i].name);
        }
        expect(&evidence, DECISION_INCONCLUSIVE, triggers[t].guard);
    }
}

Test(guards, only_doubt_about_the_data_silences_a_rollback)
{
    for (size_t t = 0; t < sizeof(triggers) / sizeof(triggers[0]); t++) {
        struct judgement judgement = judgement_default;
        struct evidence evidence = with_interval(&judgement, -0.4, -0.2);
        triggers[t].set(&evidence, &judgement);
        evidence.delta = (struct estimate){true, -0.3, -0.4, -0.2};
        if (silences(triggers[t].guard)) {
            expect(&evidence, DECISION_INCONCLUSIVE, triggers[t].guard);
        } else {
            expect(&evidence, DECISION_ROLLBACK, "beyond_margin");
        }
    }
}

Test(guards, every_one_is_tried_above)
{
    for (size_t i = 0; i < guard_count; i++) {
        bool tried = false;
        for (size_t t = 0; t < sizeof(triggers) / sizeof(triggers[0]); t++) {
            tried = tried || strcmp(guards[i].name, triggers[t].guard) == 0;
        }
        cr_assert(tried, "%s", guards[i].name);
    }
}

Test(guards, the_data_are_doubted_before_what_they_say)
{
    struct judgement judgement = judgement_default;
    struct evidence evidence = with_interval(&judgement, -0.2, 0.2);
    evidence.arms[ARM_CANARY].effective = 100.0;
    evidence.slices.beyond = 1;
    expect(&evidence, DECISION_INCONCLUSIVE, "too_few_samples");
    evidence.incomplete_reason = "one shard did not answer";
    expect(&evidence, DECISION_INCONCLUSIVE, "incomplete_data");
}

Test(guards, a_collapsed_canary_is_rolled_back_once_the_samples_suffice)
{
    struct judgement judgement = judgement_default;
    struct evidence evidence = sound_evidence(&judgement);
    evidence.delta = (struct estimate){0};
    evidence.arms[ARM_CANARY].state = SERIN_TABLE_SINGLE_LABEL;
    evidence.canary_collapsed = true;
    expect(&evidence, DECISION_ROLLBACK, "single_label");
    evidence.arms[ARM_CANARY].effective = 400.0;
    expect(&evidence, DECISION_INCONCLUSIVE, "too_few_samples");
}

Test(guards, without_a_delta_the_state_of_an_arm_is_the_reason)
{
    struct judgement judgement = judgement_default;
    struct evidence evidence = sound_evidence(&judgement);
    evidence.delta = (struct estimate){0};
    expect(&evidence, DECISION_INCONCLUSIVE, "too_few_samples");
    evidence.arms[ARM_STABLE].state = SERIN_TABLE_SINGLE_BOTH;
    expect(&evidence, DECISION_INCONCLUSIVE, "single_both");
    evidence.arms[ARM_CANARY].state = SERIN_TABLE_SINGLE_REFERENCE;
    expect(&evidence, DECISION_INCONCLUSIVE, "single_reference");
}

Test(guards, unknown_blocks_are_no_few_blocks)
{
    struct judgement judgement = judgement_default;
    struct evidence evidence = sound_evidence(&judgement);
    evidence.blocks_known = false;
    evidence.arms[ARM_CANARY].result.blocks = 0;
    expect(&evidence, DECISION_PROMOTE, "within_margin");
}

Test(guards, what_goes_down_with_the_whole_is_no_news)
{
    struct judgement judgement = judgement_default;
    struct evidence evidence = with_interval(&judgement, -0.4, -0.2);
    evidence.slices.beyond = 3;
    for (size_t i = 0; i < guard_count; i++) {
        cr_assert(not(guards[i].fires(&evidence)), "%s", guards[i].name);
    }
}

Test(guards, free_names_may_change)
{
    struct judgement judgement = judgement_default;
    struct evidence evidence = sound_evidence(&judgement);
    evidence.labels = (struct label_changes){3, 3, 1, 2};
    expect(&evidence, DECISION_PROMOTE, "within_margin");
}

Test(guards, a_smaller_share_of_references_can_be_declared_to_be_enough)
{
    struct judgement judgement = judgement_default;
    struct evidence evidence = sound_evidence(&judgement);
    evidence.arms[ARM_CANARY].result.unreferenced = 5001;
    judgement.min_referenced = 0.4;
    expect(&evidence, DECISION_PROMOTE, "within_margin");
}
