#include "lint/lint.h"

#include "lint/rules.h"
#include "platform/file.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <criterion/parameterized.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FILE_BYTES_MAX = 1 << 20, LIST_SIZE = 16384, LINE_SIZE = 256 };
static const char marker[] = "# trap: ";

static char *read_file(const char *path)
{
    char *text = NULL;
    size_t length = 0;
    struct serin_error err = {0};
    cr_assert(eq(int, file_read(path, FILE_BYTES_MAX, &text, &length, &err), SERIN_OK), "%s",
              err.detail);
    return text;
}

static struct lint_result *linted(const char *text)
{
    struct lint_result *result = NULL;
    struct serin_error err = {0};
    cr_assert(eq(int, lint_check(text_view_of(text), &result, &err), SERIN_OK), "%s", err.detail);
    return result;
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* "line rule" for each, sorted and joined. */
struct list {
    char text[LIST_SIZE];
};
struct draft {
    char *lines[512];
    size_t count;
};

static void draft_add(struct draft *draft, unsigned line, const char *rule, size_t length)
{
    char text[LINE_SIZE];
    snprintf(text, sizeof(text), "%u %.*s\n", line, (int)length, rule);
    draft->lines[draft->count++] = strdup(text);
}

static struct list draft_end(struct draft *draft)
{
    struct list list = {""};
    qsort(draft->lines, draft->count, sizeof(draft->lines[0]), by_text);
    for (size_t i = 0; i < draft->count; i++) {
        strncat(list.text, draft->lines[i], sizeof(list.text) - strlen(list.text) - 1);
        free(draft->lines[i]);
    }
    return list;
}

/* What the comments of a file say should be found. */
static struct list expected_of(const char *text)
{
    struct draft draft = {0};
    unsigned line = 1;
    for (const char *at = text; *at; line++) {
        size_t length = strcspn(at, "\n");
        const char *trap = strstr(at, marker);
        const char *word = trap && trap < at + length ? trap + strlen(marker) : at + length;
        while (word < at + length) {
            size_t size = strcspn(word, " \n");
            draft_add(&draft, line, word, size);
            word += size + (word[size] == ' ' ? 1 : 0);
        }
        at += length + (at[length] ? 1 : 0);
    }
    return draft_end(&draft);
}

static struct list found_in(const struct lint_result *result)
{
    struct draft draft = {0};
    for (size_t i = 0; i < lint_finding_count(result); i++) {
        const struct lint_finding *finding = lint_finding_at(result, i);
        draft_add(&draft, finding->at.line, finding->trap->name, strlen(finding->trap->name));
    }
    return draft_end(&draft);
}

static void each_file(const char *pattern, void (*check)(const char *path))
{
    glob_t files;
    cr_assert(eq(int, glob(pattern, 0, NULL, &files), 0), "run from the top folder");
    for (size_t i = 0; i < files.gl_pathc; i++) {
        check(files.gl_pathv[i]);
    }
    globfree(&files);
}

static void finds_what_its_comments_say(const char *path)
{
    owned_memory char *text = read_file(path);
    owned(lint_result) result = linted(text);
    struct list expected = expected_of(text);
    struct list found = found_in(result);
    cr_expect(eq(str, found.text, expected.text), "%s", path);
}

Test(lint, finds_every_trap_where_the_comments_say_and_nothing_else)
{
    each_file("tests/lint/data/*.yaml", finds_what_its_comments_say);
}

static void is_clean(const char *path)
{
    owned_memory char *text = read_file(path);
    owned(lint_result) result = linted(text);
    cr_expect(eq(sz, lint_finding_count(result), 0), "%s", path);
    cr_expect(gt(sz, lint_checked_count(result), 0), "%s", path);
}

Test(lint, has_nothing_against_the_shipped_manifests)
{
    each_file("manifests/*.yaml", is_clean);
}

static char *all_examples(void)
{
    glob_t files;
    char *all = calloc(1, 1);
    cr_assert(eq(int, glob("tests/lint/data/*.yaml", 0, NULL, &files), 0));
    for (size_t i = 0; i < files.gl_pathc; i++) {
        owned_memory char *text = read_file(files.gl_pathv[i]);
        all = realloc(all, strlen(all) + strlen(text) + 1);
        strcat(all, text);
    }
    globfree(&files);
    return all;
}

Test(lint, every_rule_has_an_example_and_whole_sentences)
{
    static const struct rule_list *const lists[] = {
        &rules_limits, &rules_condition, &rules_web, &rules_serin, &rules_template, &rules_rollout};
    char *examples = all_examples();
    for (size_t l = 0; l < sizeof(lists) / sizeof(lists[0]); l++) {
        for (size_t i = 0; i < lists[l]->count; i++) {
            const struct lint_trap *trap = &lists[l]->rules[i].trap;
            cr_expect(ne(ptr, strstr(examples, trap->name), NULL), "%s", trap->name);
            cr_expect(eq(chr, trap->danger[strlen(trap->danger) - 1], '.'), "%s", trap->name);
            cr_expect(eq(chr, trap->mend[strlen(trap->mend) - 1], '.'), "%s", trap->name);
        }
    }
    free(examples);
}

struct refusal_case {
    char text[96];
    char says[64];
};

ParameterizedTestParameters(lint, says_why_a_file_cannot_be_checked)
{
    static struct refusal_case cases[] = {
        {"{{- if .Values.gate }}\nkind: AnalysisTemplate\n{{- end }}\n", "render it first"       },
        {"kind: AnalysisTemplate\nname: {{ .Values.name }}\n",           "render it first"       },
        {"kind: AnalysisTemplate\nspec: {a: {{args.hash}}}\n",           "has to stand in quotes"},
        {"kind: [AnalysisTemplate\n",                                    "line 2, column 1"      },
        {"a: &a [*a]\n",                                                 "deep"                  },
        {"kind:\n\tx: 1\n",                                              "not with tabs"         },
    };
    return cr_make_param_array(struct refusal_case, cases, sizeof(cases) / sizeof(cases[0]));
}

ParameterizedTest(struct refusal_case *c, lint, says_why_a_file_cannot_be_checked)
{
    struct lint_result *result = NULL;
    struct serin_error err = {0};
    enum serin_status status = lint_check(text_view_of(c->text), &result, &err);
    cr_expect(ne(int, status, SERIN_OK), "%s", c->text);
    cr_expect(eq(ptr, result, NULL));
    cr_expect(ne(ptr, strstr(err.detail, c->says), NULL), "%s", err.detail);
}

Test(lint, tells_place_danger_and_mend)
{
    owned(lint_result) result = linted("kind: AnalysisTemplate\nspec:\n  metrics:\n"
                                       "    - name: a\n      interval: 1m\n");
    owned(buffer) out = buffer_create(4096);
    lint_write_text(result, "gate.yaml", out);
    const char *text = buffer_text(out);
    cr_expect(eq(int, strncmp(text, "gate.yaml:5:7: warning: endless", 31), 0), "%s", text);
    cr_expect(ne(ptr, strstr(text, "\n    mend: Give it a count.\n"), NULL));
    buffer_clear(out);
    cr_assert(eq(int, lint_write_json(result, "gate.yaml", out), SERIN_OK));
    cr_expect(ne(ptr,
                 strstr(buffer_text(out),
                        "\"rule\":\"endless\",\"severity\":\"warning\",\"line\":5,\"column\":7"),
                 NULL));
}

Test(lint, survives_fields_of_any_kind)
{
    static const char *const values[] = {"7",    "[]",           "{}",   "null", "true",
                                         "[[]]", "{a: {b: []}}", "\"\"", "-1",   "1e400"};
    static const char *const names[] = {"metrics", "args", "dryRun", "strategy"};
    for (size_t n = 0; n < sizeof(names) / sizeof(names[0]); n++) {
        for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
            char text[256];
            snprintf(text, sizeof(text), "kind: %s\nspec:\n  %s: %s\n",
                     n < 3 ? "AnalysisTemplate" : "Rollout", names[n], values[i]);
            struct lint_result *result = NULL;
            struct serin_error err = {0};
            if (lint_check(text_view_of(text), &result, &err) != SERIN_OK) {
                cr_expect(eq(str, (char *)values[i], "1e400"), "%s", text);
            }
            lint_result_destroy(result);
        }
    }
}
