/*
 * Subcommands: one row in main.c and one file each. Flags are rows of the decoder, so parsing,
 * --help and the reference page come from the same tables.
 */
#ifndef SERIN_CMD_COMMAND_H
#define SERIN_CMD_COMMAND_H

#include "base/buffer.h"
#include "base/decode.h"
#include "base/node.h"
#include "serin/error.h"

#include <stddef.h>

/* Exit codes, the same for every subcommand. */
enum exit_code {
    EXIT_PROMOTE = 0,  /* or: done */
    EXIT_ROLLBACK = 1, /* or: below the gate */
    EXIT_USAGE = 2,
    EXIT_INCONCLUSIVE = 3,
    EXIT_INPUT = 4, /* input, configuration or source */
    EXIT_REPLAY = 5,
    EXIT_BUG = 70
};

enum { COMMAND_TABLES_MAX = 4 };

struct command {
    const char *name;
    const char *summary;   /* one line */
    const char *arguments; /* for the usage line: "FILE", or "" */
    size_t least_arguments;
    size_t most_arguments;
    /* The flags: row `label_column` is --label-column. Up to the first NULL. */
    const struct decode_table *flags[COMMAND_TABLES_MAX];
    /* `flags` is a map of those given, to be decoded with the tables above. */
    enum exit_code (*run)(const struct node *flags, char **arguments, size_t argument_count);
};

extern const struct command command_serve;
extern const struct command command_score;
extern const struct command command_compare;
extern const struct command command_probe;
extern const struct command command_demo;

/*
 * Turns "--name value", "--name=value" and "--switch" into a map, and collects what is left.
 * `arguments` has room for `count` pointers. Fails with SERIN_INVALID; what does not look like a
 * flag, and everything after "--", is an argument, and so is "-".
 */
SERIN_MUST_CHECK enum serin_status flags_parse(const struct command *command, char **words,
                                               size_t count, struct document **out,
                                               char **arguments, size_t *out_argument_count,
                                               struct serin_error *err);

/* Appends what --help prints. */
void flags_help(const struct command *command, struct buffer *out);

/* One line on standard error: "serin compare: --margin: …"; returns the exit code that fits. */
enum exit_code command_fail(const char *name, const struct serin_error *err);

#endif
