/*
 * What the counts say: estimates and intervals, and how sound the data are. Everything a guard or
 * the decision looks at is in `struct evidence`, so that both are plain functions of it.
 */
#ifndef SERIN_VERDICT_EVIDENCE_H
#define SERIN_VERDICT_EVIDENCE_H

#include "labels/block_tables.h"
#include "serin/error.h"
#include "serin/interval.h"
#include "serin/table.h"
#include "verdict/counts.h"
#include "verdict/judge.h"
#include "verdict/spec.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arm_evidence {
    struct arm_result result;     /* what the verdict will tell of the arm */
    enum serin_table_state state; /* of the table compared; in `shift` of the emitted labels */
    uint64_t events;              /* with or without reference */
    uint64_t merged;              /* of them, in the group of rare labels */
    uint64_t merged_alone;        /* of these, with a label that the other arm never emits */
    bool is_all_merged;           /* its single label is that group, so it has several after all */
    double effective;             /* samples / design effect */
    double gap;                   /* half-sample estimate of the bias left in its NMI */
    double variance;              /* of √n · NMI per event, design effect left out */
    int64_t first_ms;             /* first and last event; 0: unknown */
    int64_t last_ms;
    bool is_stale;
    bool has_uncovered_pods;
    double within_pods; /* design effect of the blocks alone, whatever pods differ by */
    bool pods_differ;   /* among themselves, more than their time buckets; verdict/dependence.h */
};

/* How the labels' names changed; see verdict/label_changes.h. */
struct label_changes {
    size_t new_labels;   /* emitted by the canary alone */
    size_t clearly_new;  /* of them, too often for chance */
    size_t clearly_lost; /* emitted by the stable arm alone, too often for chance */
    size_t swapped;      /* with another reference behind most of their events */
};

/* What the slices say; see verdict/slices.h. */
struct slice_findings {
    size_t beyond;
    size_t undecided;
    size_t small;
    size_t left_out;
    bool not_judged; /* asked for, but the design has none */
};

struct evidence {
    const struct judgement *judgement;
    double margin; /* the one that applies */
    struct arm_evidence arms[ARM_COUNT];
    bool is_agreement;   /* paired without references */
    bool has_self_pairs; /* … measured against the stable arm's agreement with itself */

    struct estimate delta;
    double z;      /* its critical value, Student's where df > 0 */
    double df;     /* degrees of freedom of its variance; 0: no blocks, normal quantiles */
    double size;   /* harmonic effective sample size z was taken at */
    double unseen; /* allowance for the canary's cells not yet seen */
    struct serin_comparison comparison; /* behind a defined delta of the design `reference` */
    bool is_stratified; /* delta and what goes with it are the slices' weighted mean */
    double rest_share;  /* then: largest share of an arm's events in slices too small for it */
    bool is_merged;     /* to as few labels as the samples fill */
    bool has_tail;      /* labels are merged, and what goes on among them is bounded: */
    double hidden_loss; /* of NMI at most, among the merged labels */
    size_t rows;        /* labels that occur in either arm; in `shift` rows is 0 */
    size_t columns;
    double collapse_log_p; /* ln of the chance that the canary has its one label by luck; else 0 */
    bool canary_collapsed; /* one label whatever comes, which chance does not explain */
    bool has_companions;
    double information_delta; /* of MI / H(reference) and AMI, beside delta */
    double ami_delta;
    double shift_p_value;

    bool blocks_known;
    bool no_shared_keys; /* paired: both arms have events but no key in common */
    bool source_capped;  /* labels were folded where they came from */
    const char *incomplete_reason;
    bool in_maintenance;
    bool is_sampled;
    bool in_warm_up;
    double sample_ratio_p; /* 1 when no share is promised */
    bool sample_ratio_mismatch;
    bool sample_ratio_unclear;  /* an excess that bursts may explain; verdict/traffic.h */
    bool reference_mix_differs; /* the arms saw other references, other slices; verdict/mix.h */
    bool strata_mix_differs;    /* other slices of the first dimension asked for */
    bool slice_mix_differs;     /* of another one */
    bool traffic_drifts;        /* with a share that changes; verdict/drift.h */
    bool completeness_differs;  /* references are missing in one arm more than in the other */
    bool window_slides; /* data leave the window, which a sequential interval does not allow */
    struct pod_driver driver;
    struct label_changes labels;
    struct slice_findings slices;
};

/*
 * Measures the counts by the spec's design: arms, delta, companions, collapse. What concerns the
 * data as a whole is left at "nothing wrong"; evidence_assess fills it. A statistic that has no
 * value leaves its estimate undefined. Fails with SERIN_NO_MEMORY and SERIN_BUG.
 */
SERIN_MUST_CHECK enum serin_status evidence_measure(const struct counts *counts,
                                                    const struct block_tables *tables,
                                                    const struct judgement *judgement,
                                                    struct evidence *out, struct serin_error *err);

/* Fills in how sound the data are: completeness, age, pairs, warm-up. */
void evidence_assess(const struct block_tables *tables, const struct judge_context *context,
                     struct evidence *evidence);

/*
 * Samples that each arm needs, counted after the design effect: the judgement's own minimum, ten
 * times the labels, and 300 where the design effect shows bursts.
 */
double evidence_samples_wanted(const struct evidence *evidence);

#endif
