#include "command.h"

#include <stdio.h>
#include <string.h>

enum { FLAG_NAME_SIZE = 64, HELP_COLUMN = 28 };

/* "--label-column" and the row "label_column" are the same name. */
static void row_name(const char *flag, size_t length, char out[static FLAG_NAME_SIZE])
{
    size_t kept = length < FLAG_NAME_SIZE ? length : FLAG_NAME_SIZE - 1;
    for (size_t i = 0; i < kept; i++) {
        out[i] = flag[i];
        if (out[i] == '-') {
            out[i] = '_';
        }
    }
    out[kept] = '\0';
}

static const struct decode_field *find_row(const struct command *command, const char *name)
{
    for (size_t t = 0; t < COMMAND_TABLES_MAX && command->flags[t]; t++) {
        for (size_t i = 0; i < command->flags[t]->count; i++) {
            if (strcmp(command->flags[t]->fields[i].name, name) == 0) {
                return &command->flags[t]->fields[i];
            }
        }
    }
    return NULL;
}

struct flag_reader {
    const struct command *command;
    char **words;
    size_t count;
    size_t next;
    struct document_builder *builder;
};

static enum serin_status unknown_flag(const struct flag_reader *reader, const char *word,
                                      struct serin_error *err)
{
    return serin_fail(err, SERIN_INVALID, "unknown flag %s; see serin %s --help",
                      TEXT_QUOTE(text_view_of(word)), reader->command->name);
}

/* The value of a flag: behind "=", else the next word; a switch has none of its own. */
static enum serin_status flag_value(struct flag_reader *reader, const struct decode_field *row,
                                    const char *word, const char *equals, const char **out,
                                    struct serin_error *err)
{
    if (equals) {
        *out = equals + 1;
    } else if (row->kind == DECODE_KIND_BOOL) {
        *out = "true";
    } else if (reader->next < reader->count) {
        *out = reader->words[reader->next++];
    } else {
        return serin_fail(err, SERIN_INVALID, "%s needs a value", word);
    }
    return SERIN_OK;
}

static enum serin_status read_flag(struct flag_reader *reader, const char *word,
                                   struct serin_error *err)
{
    const char *equals = strchr(word, '=');
    const char *name = word + 2;
    char key[FLAG_NAME_SIZE];
    row_name(name, equals ? (size_t)(equals - name) : strlen(name), key);
    const struct decode_field *row = find_row(reader->command, key);
    if (!row) {
        return unknown_flag(reader, word, err);
    }
    const char *value = NULL;
    TRY(flag_value(reader, row, word, equals, &value, err));
    TRY(document_add_key(reader->builder, text_view_of(key), err));
    return document_add_untyped(reader->builder, text_view_of(value), err);
}

static bool is_flag(const char *word)
{
    return word[0] == '-' && word[1] != '\0';
}

static enum serin_status read_words(struct flag_reader *reader, char **arguments, size_t *out_count,
                                    struct serin_error *err)
{
    size_t found = 0;
    bool only_arguments = false;
    while (reader->next < reader->count) {
        char *word = reader->words[reader->next++];
        if (only_arguments || !is_flag(word)) {
            arguments[found++] = word;
        } else if (strcmp(word, "--") == 0) {
            only_arguments = true;
        } else if (strncmp(word, "--", 2) == 0) {
            TRY(read_flag(reader, word, err));
        } else {
            return unknown_flag(reader, word, err);
        }
    }
    *out_count = found;
    return SERIN_OK;
}

static enum serin_status check_argument_count(const struct command *command, size_t count,
                                              struct serin_error *err)
{
    if (count < command->least_arguments) {
        return serin_fail(err, SERIN_INVALID, "missing argument: %s; see serin %s --help",
                          command->arguments, command->name);
    }
    if (count > command->most_arguments) {
        return serin_fail(err, SERIN_INVALID,
                          "%zu arguments given, at most %zu taken; see serin "
                          "%s --help",
                          count, command->most_arguments, command->name);
    }
    return SERIN_OK;
}

enum serin_status flags_parse(const struct command *command, char **words, size_t count,
                              struct document **out, char **arguments, size_t *out_argument_count,
                              struct serin_error *err)
{
    owned(document_builder) builder = document_builder_create(&document_limits_request);
    if (!builder) {
        return serin_fail(err, SERIN_NO_MEMORY, "no memory for the flags");
    }
    struct flag_reader reader = {command, words, count, 0, builder};
    size_t found = 0;
    TRY(document_open_map(builder, err));
    TRY(read_words(&reader, arguments, &found, err));
    document_close(builder);
    TRY(check_argument_count(command, found, err));
    struct document *document = document_builder_take(builder);
    if (!document) {
        return serin_fail(err, SERIN_NO_MEMORY, "no memory for the flags");
    }
    *out = document;
    *out_argument_count = found;
    return SERIN_OK;
}

/* ---- help ------------------------------------------------------------------------------------ */

static void write_flag(const struct decode_field *row, struct buffer *out)
{
    char flag[FLAG_NAME_SIZE + 16];
    (void)snprintf(flag, sizeof(flag), "  --%s%s", row->name,
                   row->kind == DECODE_KIND_BOOL ? "" : " VALUE");
    for (char *each = flag; *each; each++) {
        if (*each == '_') {
            *each = '-';
        }
    }
    buffer_printf(out, "%-*s %s", HELP_COLUMN, flag, row->help);
    if (row->kind == DECODE_KIND_ENUM) {
        buffer_append_text(out, "; ");
        decode_describe(row, out);
    }
    if (row->is_required) {
        buffer_append_text(out, " (required)");
    } else if (row->fallback && row->kind != DECODE_KIND_BOOL) {
        buffer_printf(out, " (default %s)", row->fallback);
    }
    buffer_append_char(out, '\n');
}

void flags_help(const struct command *command, struct buffer *out)
{
    buffer_printf(out, "serin %s: %s\n\nusage: serin %s [flags]%s%s\n\nflags:\n", command->name,
                  command->summary, command->name, command->arguments[0] ? " " : "",
                  command->arguments);
    for (size_t t = 0; t < COMMAND_TABLES_MAX && command->flags[t]; t++) {
        for (size_t i = 0; i < command->flags[t]->count; i++) {
            write_flag(&command->flags[t]->fields[i], out);
        }
    }
    buffer_printf(out, "%-*s %s\n", HELP_COLUMN, "  --help", "this text");
    buffer_append_text(out,
                       "\nexit codes: 0 promote or done, 1 rollback or below the gate, 2 wrong "
                       "use, 3 inconclusive,\n            4 input, configuration or source "
                       "error, 5 replay differs, 70 a bug\n");
}

enum exit_code command_fail(const char *name, const struct serin_error *err)
{
    (void)fprintf(stderr, "serin %s: %s%s%s\n", name, err->field, err->field[0] ? ": " : "",
                  err->detail);
    return err->status == SERIN_BUG ? EXIT_BUG : EXIT_INPUT;
}
