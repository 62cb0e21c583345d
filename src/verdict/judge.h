/*
 * The judge: spec and tables in, verdict out. Pure: no clock, no I/O; the same arguments give the
 * same verdict to the last bit, so serve, compare and replay agree.
 */
#ifndef SERIN_VERDICT_JUDGE_H
#define SERIN_VERDICT_JUDGE_H

#include "base/memory.h"
#include "labels/block_tables.h"
#include "serin/error.h"
#include "verdict/spec.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum decision { DECISION_PROMOTE, DECISION_ROLLBACK, DECISION_INCONCLUSIVE };
const char *decision_name(enum decision decision); /* "promote", "rollback", "inconclusive" */

/* What the judge has to be told besides the counts. */
struct judge_context {
    int64_t now_ms;         /* when the question was asked */
    int64_t stale_after_ms; /* data older than this are stale; 0: never */
    bool in_maintenance;    /* a maintenance window is open */
    bool is_sampled;        /* the tables hold some of the events' keys only */
};

/* Below so many blocks the variance between them cannot be told. */
enum { BLOCKS_LEAST = 5 };

enum { WARNINGS_MAX = 8, LABEL_MOVES_MAX = 64 };

/* Slices judged by themselves, and the verdicts: one more for the rest of each dimension. */
enum { SLICES_JUDGED_MAX = 64, SLICE_VERDICTS_MAX = SLICES_JUDGED_MAX + SLICE_DIMENSIONS_MAX };

/* A number with its interval at the level of the spec. */
struct estimate {
    bool defined; /* false: no value (an arm with one label, no data); the numbers are then 0 */
    double value;
    double lower;
    double upper;
};

/*
 * One arm by itself. `nmi` is taken at the arm's own size, the delta at a size common to both, so
 * the delta is not exactly the difference of the two. In the design `shift` there is no NMI; in
 * `paired` without references the canary's is its agreement with the stable arm, and the stable
 * arm's that with itself, where it labelled keys twice (then its samples are those keys).
 */
struct arm_result {
    struct estimate nmi;
    uint64_t samples;      /* events (paired: keys) used in the comparison */
    uint64_t unreferenced; /* events left out because their reference is not known */
    double design_effect;  /* 1 when events are taken as independent */
    size_t blocks;         /* with at least one event; 0 when blocks are unknown */
    size_t pods;
    bool has_companions; /* the ones below are set (design reference, two labels or more) */
    double nmi_plugin;
    double information_ratio; /* MI / H(reference) */
    double ami;
    double ari;
    double v_measure;
    double homogeneity;
    double completeness;
    double purity;
};

/*
 * How one emitted label's share of the traffic and its tie to the reference moved, and what it
 * contributes to delta: see verdict/effects.h. The interval is the label's own, not one for all
 * labels together. In `paired` without references the stable arm's labels are the reference.
 */
struct label_move {
    struct text_view label; /* borrowed from the tables judged, or static */
    double stable_share;
    double canary_share;
    bool is_new;                       /* only the canary emits it */
    bool is_lost;                      /* only the stable arm emits it */
    struct text_view stable_reference; /* the commonest reference behind it in each arm, or empty */
    struct text_view canary_reference;
    double stable_precision; /* share of the label's events with that reference */
    double canary_precision;
    struct estimate contribution; /* undefined where delta is */
};

/* What became of labels; see verdict/diagnosis.h. */
enum diagnosis_kind {
    DIAGNOSIS_SPLIT,     /* one label's events now carry several */
    DIAGNOSIS_MERGE,     /* several labels' events now carry one new one */
    DIAGNOSIS_SWAP,      /* labels have changed places */
    DIAGNOSIS_SWALLOWED, /* an existing label took over most events of others */
    DIAGNOSIS_RENAMED,   /* one label under a new name */
    DIAGNOSIS_NEW,
    DIAGNOSIS_LOST
};
enum { DIAGNOSIS_KIND_COUNT = DIAGNOSIS_LOST + 1 };
const char *diagnosis_kind_name(enum diagnosis_kind kind); /* "split" … */

enum { DIAGNOSES_MAX = 16, DIAGNOSIS_LABELS_MAX = 6 };

/* Labels of one side of a diagnosis, at most DIAGNOSIS_LABELS_MAX of them. */
struct diagnosis_labels {
    struct text_view labels[DIAGNOSIS_LABELS_MAX];
    size_t count;
    size_t left_out;
};

struct diagnosis {
    enum diagnosis_kind kind;
    struct diagnosis_labels from; /* in the stable arm; none for a new label */
    struct diagnosis_labels to;   /* in the canary; none for a lost one */
    double moved;                 /* share of the traffic that changed its label */
    bool has_contribution;
    double contribution; /* of all labels involved, each once */
};

/* The pod that a verdict hangs on; verdict/one_pod.h. */
struct pod_driver {
    bool found;
    enum arm arm;
    struct text_view pod; /* borrowed from the tables judged */
    double delta_without; /* the estimate without it */
};

/*
 * A slice judged by itself. Rollbacks are corrected for the number of slices (Holm). Slices that
 * are too small for a delta are judged together with all other traffic of their dimension, whose
 * verdict follows theirs.
 */
struct slice_verdict {
    struct slice_value slice; /* borrowed from the tables judged, or static */
    bool is_rest;             /* the rest of a dimension */
    bool is_pooled;           /* part of that rest */
    struct estimate delta;
    uint64_t canary_samples;
    uint64_t stable_samples;
    enum decision decision;
    const char *reason;
};

struct verdict {
    enum decision decision;
    const char *reason;            /* machine-readable, static; a row of verdict/reasons.h */
    const char *incomplete_reason; /* what the source says is missing, borrowed; NULL: nothing */
    enum design design;
    double margin; /* the one that applied: margin or shift_margin */
    double level;
    uint64_t plan;         /* sample size a sequential interval is tightest at; 0: fixed interval */
    struct estimate delta; /* canary − stable; for shift the divergence in bits (0 … 1) */
    struct text_view stratified_by; /* dimension whose slices delta is the weighted mean of, or
                                       empty: all traffic at once, as the arms' own NMI always is */
    struct arm_result arms[ARM_COUNT];
    bool is_agreement;        /* paired without references: delta = NMI(canary, stable) − 1 … */
    bool has_self_pairs;      /* … or − NMI(stable, stable), where it labelled keys twice */
    double shift_p_value;     /* G-test over the design effect; only for design shift */
    double sample_ratio_p;    /* of the promised canary share; 1 when none is promised */
    struct pod_driver driver; /* where the answer hangs on a single pod */
    const char *warnings[WARNINGS_MAX]; /* static rows of verdict/reasons.h, in fixed order */
    size_t warning_count;
    bool has_forecast;         /* inconclusive for want of samples: what a decision still needs */
    uint64_t forecast_samples; /* further canary samples */
    double forecast_minutes;   /* at the canary's present rate; 0 when there is none */
    /* From here to the slices by verdict_explain alone; the judge leaves them empty. */
    struct label_move moves[LABEL_MOVES_MAX]; /* largest |contribution| first */
    size_t move_count;
    double moves_left_out; /* sum of the contributions of labels beyond the maximum */
    double moves_rest;     /* delta less all contributions: what no label can be blamed for */
    struct diagnosis diagnoses[DIAGNOSES_MAX]; /* the most traffic first */
    size_t diagnosis_count;
    struct slice_verdict slices[SLICE_VERDICTS_MAX]; /* by dimension, then value, the rest last */
    size_t slice_count;
    size_t slices_left_out; /* beyond the maximum: those with the fewest samples */
};

/*
 * Judges sealed tables. Whatever the data are, the answer is a verdict; fails only with
 * SERIN_NO_MEMORY and SERIN_BUG. `*out` borrows texts from `tables`.
 */
SERIN_MUST_CHECK enum serin_status judge(const struct spec *spec, const struct block_tables *tables,
                                         const struct judge_context *context, struct verdict *out,
                                         struct serin_error *err);

/* Whether labels were compared with references, which may come late or not at all. */
bool verdict_has_references(const struct verdict *verdict);

/* The share of an arm's events (paired: keys) whose reference is known; 0 when there are none. */
double arm_result_referenced(const struct arm_result *arm);

/*
 * Explains what the judge answered for the same spec and tables: which labels moved, how much of
 * delta each contributes, and what became of them. Apart from the judge, because it costs as much
 * and only those who show it need it. Fails as the judge does.
 */
SERIN_MUST_CHECK enum serin_status verdict_explain(const struct spec *spec,
                                                   const struct block_tables *tables,
                                                   struct verdict *verdict,
                                                   struct serin_error *err);

/*
 * The verdict when there are no tables because the source failed and the stream's policy is to
 * pause: inconclusive, reason `source_unavailable`.
 */
void verdict_source_unavailable(const struct spec *spec, struct verdict *out);

#endif
