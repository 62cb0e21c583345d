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

struct flag_default {
    const char *row;
    const char *value;
};

struct command {
    const char *name;
    const char *summary;   /* one line */
    const char *arguments; /* for the usage line: "FILE", or "" */
    size_t least_arguments;
    size_t most_arguments;
    /* The flags: row `label_column` is --label-column. Up to the first NULL. */
    const struct decode_table *flags[COMMAND_TABLES_MAX];
    /* Where help finds fallbacks of rows that have none themselves; and the exceptions from that,
       up to the first NULL name. */
    const struct decode_table *defaults;
    const struct flag_default *exceptions;
    /* `flags` is a map of those given, to be decoded with the tables above. */
    enum exit_code (*run)(const struct node *flags, char **arguments, size_t argument_count);
};

extern const struct command command_serve;
extern const struct command command_tap;
extern const struct command command_score;
extern const struct command command_compare;
extern const struct command command_plan;
extern const struct command command_probe;
extern const struct command command_demo;

/* All of them, in the order they are shown. */
struct command_list {
    const struct command *const *commands;
    size_t count;
};
extern const struct command_list command_list;

/*
 * Turns "--name value", "--name=value" and "--switch" into a map, and collects what is left.
 * `arguments` has room for `count` pointers. Fails with SERIN_INVALID; what does not look like a
 * flag, and everything after "--", is an argument, and so is "-".
 */
SERIN_MUST_CHECK enum serin_status flags_parse(const struct command *command, char **words,
                                               size_t count, struct document **out,
                                               char **arguments, size_t *out_argument_count,
                                               struct serin_error *err);

/* help.c: what --help prints, in lines of at most `columns` characters where words allow it. */
void command_help(const struct command *command, size_t columns, struct buffer *out);

/* "serin compare --canary FILE --stable FILE [flags]" and a line break. */
void command_usage(const struct command *command, struct buffer *out);

/* "--label-column COLUMN", "--json". */
void flag_usage(const struct decode_field *row, struct buffer *out);

/* What holds when the flag is absent; NULL: nothing. */
const char *flag_fallback(const struct command *command, const struct decode_field *row);

/* What the exit codes mean, for help and the reference page, up to the first NULL meaning. */
struct exit_meaning {
    enum exit_code code;
    const char *meaning;
};
extern const struct exit_meaning exit_meanings[];

/* One line on standard error: "serin compare: a.csv, line 3: …"; returns the exit code that fits.
 */
enum exit_code command_fail(const char *name, const struct serin_error *err);

/* The same for wrong use: "serin compare: --margin: …"; returns EXIT_USAGE. */
enum exit_code command_misuse(const char *name, const struct serin_error *err);

#endif
