/*
 * What `score` and `compare` have in common: how files of label events are read and how a result is
 * printed.
 */
#ifndef SERIN_CMD_LABEL_FLAGS_H
#define SERIN_CMD_LABEL_FLAGS_H

#include "base/buffer.h"
#include "base/decode.h"
#include "command.h"
#include "report/page.h"
#include "serin/error.h"
#include "source/file.h"
#include "verdict/judge.h"

#include <stdbool.h>

struct label_flags {
    enum file_format format;
    char *reference_column;
    char *label_column;
    char *key_column;
    char *count_column;
    double sample_keys;
    uint64_t sample;
    uint64_t seed;
    char *pod_column;
    char *time_column;
    int64_t block_ms;
    bool is_json;
};
extern const struct decode_table label_flags_table;

/* The reader's options; they borrow from `flags`. */
struct file_options label_flags_options(const struct label_flags *flags);

/* What the flags cannot ask for together. Fails with SERIN_INVALID and the flag's row as field. */
SERIN_MUST_CHECK enum serin_status label_flags_check(const struct label_flags *flags,
                                                     enum design design, struct serin_error *err);

/* Whether the flags ask for fewer rows than there are. */
bool label_flags_sample(const struct label_flags *flags);

/*
 * Tells on standard error what was sampled, and how far the estimate is at most from that of all
 * rows (score_sample_reach at the smallest share), where there is an estimate.
 */
void label_sample_note(const char *command, const struct file_sampled *sampled, size_t files,
                       const struct estimate *estimate, double level);

/* Empty tables for what is read from files. */
SERIN_MUST_CHECK enum serin_status label_tables_create(struct block_tables **out,
                                                       struct serin_error *err);

/* A bar on standard error while the files of `paths` are read; NULL is a valid bar. */
struct progress *label_progress(const char *const *paths, size_t count);

/* How standard output is read: its width, colours, character set. */
struct report_style output_style(void);

/* Writes all of it to standard output; SERIN_UNAVAILABLE when that fails (a full disk, a pipe). */
SERIN_MUST_CHECK enum serin_status output_write(const struct buffer *text, struct serin_error *err);

enum exit_code decision_code(enum decision decision);

#endif
