#include "command.h"

#include "base/text.h"

#include <ctype.h>
#include <string.h>

enum { FLAG_INDENT = 2, HELP_INDENT = 29, LEAST_COLUMNS = 50, MOST_COLUMNS = 100 };

const struct exit_meaning exit_meanings[] = {
    {EXIT_PROMOTE,      "promote, or done"                    },
    {EXIT_ROLLBACK,     "rollback, or below the gate"         },
    {EXIT_USAGE,        "wrong use"                           },
    {EXIT_INCONCLUSIVE, "inconclusive"                        },
    {EXIT_INPUT,        "input, configuration or source error"},
    {EXIT_REPLAY,       "a replay differs"                    },
    {EXIT_BUG,          "a bug; please report it"             },
    {EXIT_PROMOTE,      NULL                                  },
};

/* ---- one flag -------------------------------------------------------------------------------- */

static const char *placeholder(const struct decode_field *row)
{
    switch (row->kind) {
    case DECODE_KIND_BOOL:
        return "";
    case DECODE_KIND_TEXT_LIST:
        return " A,B";
    case DECODE_KIND_ENUM:
        return " WORD";
    case DECODE_KIND_UINT64:
    case DECODE_KIND_DOUBLE:
        return " NUMBER";
    case DECODE_KIND_DURATION:
        return " DURATION";
    case DECODE_KIND_SIZE:
        return " SIZE";
    case DECODE_KIND_TEXT:
    case DECODE_KIND_MAP:
    case DECODE_KIND_MAP_LIST:
    case DECODE_KIND_CUSTOM:
        break;
    }
    return row->takes ? NULL : " TEXT";
}

/* A row that takes "a file" is shown as FILE. */
static void append_noun(const char *takes, struct buffer *out)
{
    const char *noun = strrchr(takes, ' ');
    buffer_append_char(out, ' ');
    for (const char *each = noun ? noun + 1 : takes; *each; each++) {
        buffer_printf(out, "%c", toupper((unsigned char)*each));
    }
}

void flag_usage(const struct decode_field *row, struct buffer *out)
{
    buffer_append_text(out, "--");
    for (const char *each = row->name; *each; each++) {
        buffer_append_text(out, *each == '_' ? "-" : (char[]){*each, '\0'});
    }
    const char *shown = placeholder(row);
    if (shown) {
        buffer_append_text(out, shown);
    } else {
        append_noun(row->takes, out);
    }
}

static const struct decode_field *find_row(const struct decode_table *table, const char *name)
{
    for (size_t i = 0; table && i < table->count; i++) {
        if (strcmp(table->fields[i].name, name) == 0) {
            return &table->fields[i];
        }
    }
    return NULL;
}

const char *flag_fallback(const struct command *command, const struct decode_field *row)
{
    const struct flag_default *each = command->exceptions;
    while (each && each->row) {
        if (strcmp(each->row, row->name) == 0) {
            return each->value;
        }
        each++;
    }
    const struct decode_field *inherited = find_row(command->defaults, row->name);
    return row->fallback ? row->fallback : inherited ? inherited->fallback : NULL;
}

/* ---- the page -------------------------------------------------------------------------------- */

/* Appends words behind what stands on the line already, and goes on below at the indent. */
static void append_wrapped(const char *words, size_t used, size_t indent, size_t columns,
                           struct buffer *out)
{
    const char *next = words + strspn(words, " ");
    while (*next) {
        size_t length = strcspn(next, " ");
        if (used > indent && used + 1 + length > columns) {
            buffer_printf(out, "\n%*s", (int)indent, "");
            used = indent;
        } else if (used > indent) {
            buffer_append_char(out, ' ');
            used++;
        }
        buffer_append(out, next, length);
        used += length;
        next += length + strspn(next + length, " ");
    }
    buffer_append_char(out, '\n');
}

static void append_row(const char *usage, const char *help, size_t columns, struct buffer *out)
{
    size_t used = FLAG_INDENT + strlen(usage);
    buffer_printf(out, "%*s%s", FLAG_INDENT, "", usage);
    if (used >= HELP_INDENT) {
        buffer_printf(out, "\n%*s", HELP_INDENT, "");
    } else {
        buffer_printf(out, "%*s", (int)(HELP_INDENT - used), "");
    }
    append_wrapped(help, HELP_INDENT, HELP_INDENT, columns, out);
}

static void append_flag(const struct command *command, const struct decode_field *row,
                        size_t columns, struct buffer *out)
{
    enum { ROW_BYTES_MAX = 4096 };
    owned(buffer) usage = buffer_create(ROW_BYTES_MAX);
    owned(buffer) help = buffer_create(ROW_BYTES_MAX);
    if (!usage || !help) {
        return;
    }
    flag_usage(row, usage);
    buffer_append_text(help, row->help);
    if (row->kind == DECODE_KIND_ENUM) {
        buffer_append_text(help, "; ");
        decode_describe(row, help);
    }
    const char *fallback = flag_fallback(command, row);
    if (row->is_required) {
        buffer_append_text(help, " (required)");
    } else if (fallback && row->kind != DECODE_KIND_BOOL) {
        buffer_printf(help, " (default %s)", fallback);
    }
    append_row(buffer_text(usage), buffer_text(help), columns, out);
}

void command_usage(const struct command *command, struct buffer *out)
{
    buffer_printf(out, "serin %s", command->name);
    bool has_optional = false;
    for (size_t t = 0; t < COMMAND_TABLES_MAX && command->flags[t]; t++) {
        for (size_t i = 0; i < command->flags[t]->count; i++) {
            const struct decode_field *row = &command->flags[t]->fields[i];
            has_optional = has_optional || !row->is_required;
            if (row->is_required) {
                buffer_append_char(out, ' ');
                flag_usage(row, out);
            }
        }
    }
    buffer_printf(out, "%s%s%s\n", has_optional ? " [flags]" : "", command->arguments[0] ? " " : "",
                  command->arguments);
}

static void append_exit_codes(struct buffer *out)
{
    buffer_append_text(out, "\nexit codes:\n");
    for (const struct exit_meaning *each = exit_meanings; each->meaning; each++) {
        buffer_printf(out, "%*s%-3d %s\n", FLAG_INDENT, "", (int)each->code, each->meaning);
    }
}

void command_help(const struct command *command, size_t columns, struct buffer *out)
{
    size_t width = columns < LEAST_COLUMNS  ? LEAST_COLUMNS
                   : columns > MOST_COLUMNS ? MOST_COLUMNS
                                            : columns;
    buffer_printf(out, "serin %s: %s\n\n", command->name, command->summary);
    buffer_append_text(out, "usage: ");
    command_usage(command, out);
    buffer_append_text(out, "\nflags:\n");
    for (size_t t = 0; t < COMMAND_TABLES_MAX && command->flags[t]; t++) {
        for (size_t i = 0; i < command->flags[t]->count; i++) {
            append_flag(command, &command->flags[t]->fields[i], width, out);
        }
    }
    append_row("--help", "this text", width, out);
    append_row("--version", "the version", width, out);
    append_exit_codes(out);
}
