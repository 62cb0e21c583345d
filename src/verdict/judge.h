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
};

enum { WARNINGS_MAX = 8, LABEL_MOVES_MAX = 64, SLICE_VERDICTS_MAX = 64 };

struct estimate {
    bool defined; /* false: no value (an arm with one label, no data); the numbers are then 0 */
    double value;
    double lower;
    double upper;
};

struct arm_result {
    struct estimate nmi;  /* corrected, with its interval at spec level */
    uint64_t samples;     /* events used in the comparison */
    double design_effect; /* 1 when events are taken as independent */
    size_t blocks;
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

/* How one emitted label's share of the traffic and its tie to the reference moved. */
struct label_move {
    struct text_view label; /* borrowed from the tables judged */
    double stable_share;
    double canary_share;
    bool is_new;                       /* only the canary emits it */
    bool is_lost;                      /* only the stable arm emits it */
    struct text_view stable_reference; /* the commonest reference behind it in each arm, or empty */
    struct text_view canary_reference;
    double stable_precision; /* share of the label's events with that reference */
    double canary_precision;
    double contribution; /* its share of the change in MI, over the stable arm's normalizer */
};

struct slice_verdict {
    struct slice_value slice; /* borrowed from the tables judged */
    struct estimate delta;
    uint64_t canary_samples;
    uint64_t stable_samples;
    enum decision decision;
    const char *reason;
};

struct verdict {
    enum decision decision;
    const char *reason; /* machine-readable, static: "beyond_margin", "too_few_samples", … */
    enum design design;
    double margin; /* the one that applied: margin or shift_margin */
    double level;
    struct estimate delta; /* canary − stable; for shift the divergence in bits (0 … 1) */
    struct arm_result arms[ARM_COUNT];
    double shift_p_value;               /* G-test; only for design shift */
    const char *warnings[WARNINGS_MAX]; /* static names, in fixed order */
    size_t warning_count;
    bool has_forecast;         /* inconclusive for want of samples: what a decision still needs */
    uint64_t forecast_samples; /* further canary samples */
    double forecast_minutes;   /* at the canary's present rate; 0 when there is none */
    struct label_move moves[LABEL_MOVES_MAX]; /* largest |contribution| first */
    size_t move_count;
    struct slice_verdict slices[SLICE_VERDICTS_MAX];
    size_t slice_count;
};

/*
 * Judges sealed tables. Whatever the data are, the answer is a verdict; fails only with
 * SERIN_NO_MEMORY and SERIN_BUG. `*out` borrows texts from `tables`.
 */
SERIN_MUST_CHECK enum serin_status judge(const struct spec *spec, const struct block_tables *tables,
                                         const struct judge_context *context, struct verdict *out,
                                         struct serin_error *err);

/*
 * The verdict when there are no tables because the source failed and the stream's policy is to
 * pause: inconclusive, reason `source_unavailable`.
 */
void verdict_source_unavailable(const struct spec *spec, struct verdict *out);

#endif
