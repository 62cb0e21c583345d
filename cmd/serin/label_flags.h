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
    char *count_column;
    char *pod_column;
    char *time_column;
    int64_t block_ms;
    bool is_json;
};
extern const struct decode_table label_flags_table;

/* The reader's options; they borrow from `flags`. */
struct file_options label_flags_options(const struct label_flags *flags);

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
