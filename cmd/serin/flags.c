#include "command.h"

#include "base/suggest.h"

#include <stdio.h>
#include <string.h>

enum { FLAG_NAME_SIZE = 104 };

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

/* The other way round, for messages. */
static void flag_name(const char *row, char out[static FLAG_NAME_SIZE])
{
    (void)snprintf(out, FLAG_NAME_SIZE, "%s", row);
    for (char *each = out; *each; each++) {
        if (*each == '_') {
            *each = '-';
        }
    }
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

static const char *closest_row(const struct command *command, const char *key)
{
    struct suggestion suggestion = suggestion_for(text_view_of(key));
    for (size_t t = 0; t < COMMAND_TABLES_MAX && command->flags[t]; t++) {
        for (size_t i = 0; i < command->flags[t]->count; i++) {
            suggestion_offer(&suggestion, command->flags[t]->fields[i].name);
        }
    }
    return suggestion_best(&suggestion);
}

static enum serin_status unknown_flag(const struct command *command, const char *word,
                                      const char *key, struct serin_error *err)
{
    const char *meant = closest_row(command, key);
    if (!meant) {
        return serin_fail(err, SERIN_INVALID, "unknown flag %s; see serin %s --help",
                          TEXT_QUOTE(text_view_of(word)), command->name);
    }
    char flag[FLAG_NAME_SIZE];
    flag_name(meant, flag);
    return serin_fail(err, SERIN_INVALID, "unknown flag %s; did you mean --%s?",
                      TEXT_QUOTE(text_view_of(word)), flag);
}

static bool starts_flag(const char *word)
{
    return strncmp(word, "--", 2) == 0;
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
    } else if (reader->next < reader->count && !starts_flag(reader->words[reader->next])) {
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
        return unknown_flag(reader->command, word, key, err);
    }
    const char *value = NULL;
    TRY(flag_value(reader, row, word, equals, &value, err));
    if (document_add_key(reader->builder, text_view_of(key), err) == SERIN_INVALID) {
        return serin_fail(err, SERIN_INVALID, "--%s is given twice", name);
    }
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
        } else if (starts_flag(word)) {
            TRY(read_flag(reader, word, err));
        } else {
            return unknown_flag(reader->command, word, word + 1, err);
        }
    }
    *out_count = found;
    return SERIN_OK;
}

static enum serin_status check_arguments(const struct command *command, char *const *arguments,
                                         size_t count, struct serin_error *err)
{
    if (count < command->least_arguments) {
        return serin_fail(err, SERIN_INVALID, "missing argument: %s; see serin %s --help",
                          command->arguments, command->name);
    }
    if (count > command->most_arguments) {
        return serin_fail(err, SERIN_INVALID, "%s is one argument too many; see serin %s --help",
                          TEXT_QUOTE(text_view_of(arguments[command->most_arguments])),
                          command->name);
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
    TRY(check_arguments(command, arguments, found, err));
    struct document *document = document_builder_take(builder);
    if (!document) {
        return serin_fail(err, SERIN_NO_MEMORY, "no memory for the flags");
    }
    *out = document;
    *out_argument_count = found;
    return SERIN_OK;
}

/* ---- failing --------------------------------------------------------------------------------- */

static void print_failure(const char *name, const char *field, const char *detail)
{
    (void)fprintf(stderr, "serin %s: %s%s%s\n", name, field, field[0] ? ": " : "", detail);
}

/* Some messages name the file themselves. */
static bool quotes_field(const struct serin_error *err)
{
    char quoted[sizeof(err->field) + 2];
    (void)snprintf(quoted, sizeof(quoted), "\"%s\"", err->field);
    return strstr(err->detail, quoted) != NULL;
}

enum exit_code command_fail(const char *name, const struct serin_error *err)
{
    print_failure(name, quotes_field(err) ? "" : err->field, err->detail);
    return err->status == SERIN_BUG ? EXIT_BUG : EXIT_INPUT;
}

enum exit_code command_misuse(const char *name, const struct serin_error *err)
{
    char flag[FLAG_NAME_SIZE];
    char field[FLAG_NAME_SIZE + 2];
    flag_name(err->field, flag);
    (void)snprintf(field, sizeof(field), "%s%s", flag[0] ? "--" : "", flag);
    print_failure(name, field, err->detail);
    return EXIT_USAGE;
}
