/*
 * Prints the reference pages from the tables that the program itself reads by:
 *     reference configuration | reference cli | reference reasons
 */
#include "../../cmd/serin/command.h"
#include "analysis/catalog.h"
#include "http/auth.h"
#include "http/config.h"
#include "source/source.h"
#include "verdict/reasons.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

enum { PAGE_BYTES_MAX = 1024 * 1024, CELL_BYTES_MAX = 4096, PATH_SIZE = 128 };

/* In a table of Markdown a bar would end the cell. */
static void append_cell(struct buffer *page, const char *text)
{
    for (const char *each = text; *each; each++) {
        if (*each == '|') {
            buffer_append_char(page, '\\');
        }
        buffer_append_char(page, *each);
    }
}

/* ---- the configuration ----------------------------------------------------------------------- */

/* What an error message has to say every time is said once, at the top of the page. */
static void append_takes(struct buffer *page, const struct decode_field *row)
{
    static const char *const left_out[] = {", not empty", " such as 90s or 1h30m",
                                           " such as 64KiB"};
    owned(buffer) takes = buffer_create(CELL_BYTES_MAX);
    if (!takes) {
        return;
    }
    decode_describe(row, takes);
    const char *text = buffer_text(takes);
    for (size_t i = 0; i < ARRAY_LENGTH(left_out); i++) {
        const char *found = strstr(text, left_out[i]);
        if (found) {
            buffer_append(page, text, (size_t)(found - text));
            append_cell(page, found + strlen(left_out[i]));
            return;
        }
    }
    append_cell(page, text);
}

static void append_sentence(struct buffer *page, const char *text)
{
    buffer_printf(page, "%c%s.\n\n", toupper((unsigned char)text[0]), text + 1);
}

static void append_row(struct buffer *page, const struct decode_field *row)
{
    buffer_printf(page, "| `%s` | ", row->name);
    append_takes(page, row);
    if (row->is_required) {
        buffer_append_text(page, " | required | ");
    } else if (row->fallback) {
        buffer_printf(page, " | `%s` | ", row->fallback);
    } else {
        buffer_append_text(page, " | | ");
    }
    append_cell(page, row->help);
    buffer_append_text(page, " |\n");
}

static void append_rows(struct buffer *page, const struct decode_field *rows, size_t count)
{
    buffer_append_text(page, "| key | takes | default | meaning |\n|---|---|---|---|\n");
    for (size_t i = 0; i < count; i++) {
        append_row(page, &rows[i]);
    }
    buffer_append_char(page, '\n');
}

static bool is_list(const struct decode_field *row)
{
    return row->kind == DECODE_KIND_MAP_LIST ||
           (row->kind == DECODE_KIND_CUSTOM && strstr(row->takes, "a list"));
}

static void append_table(struct buffer *page, const struct decode_table *table, const char *path);

/* What is inside each key of a table, as sections of their own behind it. */
static void append_sections(struct buffer *page, const struct decode_table *table, const char *path)
{
    for (size_t i = 0; i < table->count; i++) {
        const struct decode_field *row = &table->fields[i];
        char inner[PATH_SIZE];
        (void)snprintf(inner, sizeof(inner), "%s%s%s%s", path, path[0] ? "." : "", row->name,
                       is_list(row) ? "[]" : "");
        if (row->table) {
            buffer_printf(page, "## `%s`\n", inner);
            append_sentence(page, row->help);
            append_table(page, row->table, inner);
        }
    }
}

static void append_drivers(struct buffer *page)
{
    const struct source_driver *driver = NULL;
    for (size_t i = 0; (driver = source_driver_at(i)) != NULL; i++) {
        buffer_printf(page, "### type `%s`\n", driver->type);
        append_sentence(page, driver->help);
        if (driver->option_count > 0) {
            append_rows(page, driver->options, driver->option_count);
        } else {
            buffer_append_text(page, "No further keys.\n\n");
        }
    }
}

static void append_table(struct buffer *page, const struct decode_table *table, const char *path)
{
    append_rows(page, table->fields, table->count);
    if (table == &catalog_source_table) {
        append_drivers(page);
    }
    append_sections(page, table, path);
}

static void append_variables(struct buffer *page)
{
    buffer_append_text(page, "## Environment\nA variable goes over the file's key.\n\n"
                             "| variable | key |\n|---|---|\n");
    for (const struct config_variable *each = config_variables; each->name; each++) {
        buffer_printf(page, "| `%s` | `%s` |\n", each->name, each->key);
    }
    buffer_append_char(page, '\n');
}

static void append_configuration(struct buffer *page)
{
    buffer_append_text(page, "## Keys\n");
    append_table(page, &config_table, "");
    append_variables(page);
    buffer_append_text(page,
                       "## The token file\nWhat `auth.tokens` names: a YAML file of its own.\n\n");
    append_table(page, &auth_file_table, "");
    buffer_append_text(page, "A token's digest: `printf %s \"$TOKEN\" | sha256sum`.\n");
}

/* ---- the command line ------------------------------------------------------------------------ */

static void append_flag(struct buffer *page, const struct command *command,
                        const struct decode_field *row)
{
    const char *fallback = flag_fallback(command, row);
    buffer_append_text(page, "| `");
    flag_usage(row, page);
    if (row->is_required) {
        buffer_append_text(page, "` | required | ");
    } else if (fallback && row->kind != DECODE_KIND_BOOL) {
        buffer_printf(page, "` | `%s` | ", fallback);
    } else {
        buffer_append_text(page, "` | | ");
    }
    append_cell(page, row->help);
    if (row->kind != DECODE_KIND_BOOL && row->kind != DECODE_KIND_TEXT) {
        buffer_append_text(page, "; ");
        append_takes(page, row);
    }
    buffer_append_text(page, " |\n");
}

static void append_command(struct buffer *page, const struct command *command)
{
    buffer_printf(page, "## serin %s\n", command->name);
    append_sentence(page, command->summary);
    buffer_append_text(page, "    ");
    command_usage(command, page);
    buffer_append_text(page, "\n| flag | default | meaning |\n|---|---|---|\n");
    for (size_t t = 0; t < COMMAND_TABLES_MAX && command->flags[t]; t++) {
        for (size_t i = 0; i < command->flags[t]->count; i++) {
            append_flag(page, command, &command->flags[t]->fields[i]);
        }
    }
    buffer_append_char(page, '\n');
}

static void append_command_line(struct buffer *page)
{
    for (size_t i = 0; i < command_list.count; i++) {
        append_command(page, command_list.commands[i]);
    }
    buffer_append_text(page, "## Exit codes\n| code | meaning |\n|---|---|\n");
    for (const struct exit_meaning *each = exit_meanings; each->meaning; each++) {
        buffer_printf(page, "| %d | %s |\n", (int)each->code, each->meaning);
    }
}

/* ---- reasons and warnings -------------------------------------------------------------------- */

static void append_reasons(struct buffer *page)
{
    buffer_append_text(page, "| name | meaning | what to do |\n|---|---|---|\n");
    for (size_t i = 0; i < reason_count; i++) {
        buffer_printf(page, "| `%s` | ", reasons[i].name);
        append_cell(page, reasons[i].meaning);
        buffer_append_text(page, " | ");
        append_cell(page, reasons[i].advice);
        buffer_append_text(page, " |\n");
    }
}

/* ---- the program ----------------------------------------------------------------------------- */

static const struct {
    const char *name;
    void (*append)(struct buffer *page);
} pages[] = {
    {"configuration", append_configuration},
    {"cli",           append_command_line },
    {"reasons",       append_reasons      },
};

int main(int count, char **words)
{
    owned(buffer) page = buffer_create(PAGE_BYTES_MAX);
    for (size_t i = 0; page && count == 2 && i < ARRAY_LENGTH(pages); i++) {
        if (strcmp(pages[i].name, words[1]) == 0) {
            pages[i].append(page);
            return buffer_status(page) == SERIN_OK && fputs(buffer_text(page), stdout) >= 0 ? 0 : 1;
        }
    }
    (void)fputs("usage: reference configuration|cli|reasons\n", stderr);
    return 2;
}
