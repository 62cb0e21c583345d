/*
 * What `serin plan` was asked.
 */
#ifndef SERIN_CMD_PLAN_FLAGS_H
#define SERIN_CMD_PLAN_FLAGS_H

#include "label_flags.h"
#include "plan/population.h"
#include "verdict/spec.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct plan_flags {
    char *lint;
    bool is_template;
    char *name;
    char *config;
    char *stream;
    char *stable;
    int64_t window_ms;
    double nmi;
    bool has_nmi;
    uint64_t labels;
    bool has_labels;
    enum label_shares label_shares;
    double traffic;
    double canary_share;
    uint64_t pods;
    double design_effect;
    bool has_design_effect;
    double delta;
    bool has_delta;
    double power;
    int64_t initial_delay_ms;
    int64_t every_ms;
    int64_t within_ms;
    uint64_t plan;
    bool has_plan;
};

/* The flags with how files are read and how is judged: `base` where nothing else was said. */
struct planning {
    struct plan_flags flags;
    struct label_flags labels;
    struct judgement base;
    struct judgement judgement;
    const char *path; /* the history's file; NULL: none */
};

/* plan_lint.c: checks a file of manifests. */
enum exit_code plan_lint(const char *path, bool is_json);

/*
 * plan_history.c: the tables that hold the stream's past in the stable arm, and the share of the
 * file's rows that was counted; a sample is told on standard error.
 */
SERIN_MUST_CHECK enum serin_status plan_tables_of_file(const struct planning *planning,
                                                       struct block_tables **out, double *out_share,
                                                       struct serin_error *err);

/*
 * plan_history.c: such tables from the source of a configured stream, or only how that stream is
 * judged. Fail with SERIN_NOT_FOUND (no such stream) and as the configuration and the source do.
 */
SERIN_MUST_CHECK enum serin_status plan_tables_of_stream(const struct planning *planning,
                                                         struct block_tables **out,
                                                         struct serin_error *err);
SERIN_MUST_CHECK enum serin_status plan_judgement_of_stream(const struct plan_flags *flags,
                                                            struct judgement *out,
                                                            struct serin_error *err);

#endif
