/*
 * Files that must be refused: tests/source/data/<format>/bad-*, each with the message beside it.
 * The name tells which columns are read: bad-count-* has counts, bad-time-* times, and so on.
 */
#include "source/file.h"

#include "support/temp_folder.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <glob.h>
#include <platform/file.h>
#include <stdio.h>
#include <string.h>

static bool name_has(const char *path, const char *prefix)
{
    const char *name = strrchr(path, '/') + 1;
    return strncmp(name, prefix, strlen(prefix)) == 0;
}

static struct file_options options_for(const char *path)
{
    struct file_options options = file_options_default;
    options.needs_reference = name_has(path, "bad-required");
    options.count_column = name_has(path, "bad-count") ? "count" : NULL;
    options.time_column = name_has(path, "bad-time") ? "time" : NULL;
    if (name_has(path, "bad-slice")) {
        options.slice_columns[options.slice_count++] = "region";
    }
    return options;
}

static void expect_refused(const char *path)
{
    struct serin_error err = {0};
    struct file_options options = options_for(path);
    owned(block_tables) tables = block_tables_create(&table_limits_default);
    enum serin_status status = label_file_read(path, &options, ARM_CANARY, tables, &err);
    char message[512];
    char expected_path[512];
    char *expected = NULL;
    size_t length = 0;
    (void)snprintf(message, sizeof(message), "%s: %s: %s\n", serin_status_name(status), err.field,
                   err.detail);
    (void)snprintf(expected_path, sizeof(expected_path), "%s.expected", path);
    cr_expect(ne(int, status, SERIN_OK), "%s", path);
    cr_expect(eq(int, (int)err.status, (int)status), "%s", path);
    cr_assert(eq(int, file_read(expected_path, 4096, &expected, &length, NULL), SERIN_OK), "%s",
              path);
    cr_expect(eq(str, message, expected), "%s", path);
    memory_free(expected);
}

static void expect_all_refused(const char *pattern, size_t at_least)
{
    glob_t found;
    cr_assert(eq(int, glob(pattern, 0, NULL, &found), 0));
    size_t refused = 0;
    for (size_t i = 0; i < found.gl_pathc; i++) {
        if (!strstr(found.gl_pathv[i], ".expected")) {
            expect_refused(found.gl_pathv[i]);
            refused++;
        }
    }
    globfree(&found);
    cr_assert(ge(sz, refused, at_least));
}

Test(file_bad, csv_files_are_refused_with_place_and_reason)
{
    expect_all_refused("tests/source/data/csv/bad-*", 35);
}

Test(file_bad, ndjson_files_are_refused_with_place_and_reason)
{
    expect_all_refused("tests/source/data/ndjson/bad-*", 23);
}

struct path_case {
    const char *path;
    enum serin_status status;
    const char *field;
};

Test(file_bad, files_that_cannot_be_opened_are_told_by_name)
{
    static const char long_name[] =
        "a-folder-with-a-rather-long-name/and-another-one-below-it/labels-of-the-canary.csv";
    struct path_case cases[] = {
        {"absent.csv", SERIN_NOT_FOUND, "absent.csv"                                       },
        {"/",          SERIN_INVALID,   "/"                                                },
        {long_name,    SERIN_NOT_FOUND, "…nd-another-one-below-it/labels-of-the-canary.csv"}
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        struct serin_error err = {0};
        owned(block_tables) tables = block_tables_create(&table_limits_default);
        cr_expect(
            eq(int, label_file_read(cases[i].path, &file_options_default, ARM_CANARY, tables, &err),
               cases[i].status));
        cr_expect(eq(str, err.field, (char *)cases[i].field));
    }
}

Test(file_bad, too_many_pods_and_cells_are_refused)
{
    struct table_limits limits = {.labels = 10, .pods = 2, .cells = 3};
    static const char text[] = "label,pod\na,1\na,2\na,3\n";
    struct file_options options = file_options_default;
    struct serin_error err = {0};
    const char *path = temp_file("pods.csv", text, sizeof(text) - 1);
    options.pod_column = "pod";
    owned(block_tables) few_pods = block_tables_create(&limits);
    cr_assert(
        eq(int, label_file_read(path, &options, ARM_CANARY, few_pods, &err), SERIN_TOO_LARGE));
    cr_assert(eq(str, err.detail, "more than 2 pods in one arm"));
    limits.pods = 3;
    limits.cells = 2;
    owned(block_tables) few_cells = block_tables_create(&limits);
    enum serin_status status = label_file_read(path, &options, ARM_CANARY, few_cells, &err);
    cr_assert(status == SERIN_TOO_LARGE || block_tables_seal(few_cells) == SERIN_TOO_LARGE);
}
