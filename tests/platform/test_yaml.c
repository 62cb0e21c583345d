#include "base/buffer.h"
#include "platform/yaml.h"
#include "support/dump.h"
#include "support/sample.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FOLDER "tests/platform/data/yaml/"

/* ---- files -----------------------------------------------------------------------------------*/

/* The caller frees the text. */
static struct text_view read_file(const char *path)
{
    enum { FILE_SIZE_MAX = 65536 };
    FILE *file = fopen(path, "rb");
    cr_assert(ne(ptr, file, NULL), "%s", path);
    char *bytes = memory_allocate(FILE_SIZE_MAX, 1);
    size_t length = fread(bytes, 1, FILE_SIZE_MAX, file);
    (void)fclose(file);
    return (struct text_view){bytes, length};
}

/* "stream: line 1, column 2: ..." as a person gets to see it. */
static void describe_error(const struct serin_error *err, struct buffer *out)
{
    buffer_printf(out, "%s%s%s", err->field, err->field[0] == '\0' ? "" : ": ", err->detail);
}

/* What becomes of a configuration file: its error, or an empty text. */
static void judge_file(struct text_view bytes, struct buffer *out)
{
    struct serin_error err = {0};
    owned(document) document = NULL;
    struct sample sample = {0};
    enum serin_status status = yaml_parse(bytes, &document_limits_file, &document, &err);
    if (status == SERIN_OK) {
        status = decode_map(&sample_table, document_root(document), "", &sample, &err);
    }
    if (status != SERIN_OK) {
        describe_error(&err, out);
    }
    decode_clear(&sample_table, &sample);
}

static void dump_file(struct text_view bytes, struct buffer *out)
{
    struct serin_error err = {0};
    owned(document) document = NULL;
    if (yaml_parse(bytes, &document_limits_file, &document, &err) != SERIN_OK) {
        describe_error(&err, out);
        return;
    }
    cr_assert(eq(int, dump_document(document, out), SERIN_OK));
}

/* Runs every file of a kind and compares with the `.expected` beside it. */
static void check_files(const char *pattern, void (*run)(struct text_view, struct buffer *))
{
    glob_t files = {0};
    cr_assert(eq(int, glob(pattern, 0, NULL, &files), 0), "run from the top folder");
    for (size_t i = 0; i < files.gl_pathc; i++) {
        char expected_path[256];
        (void)snprintf(expected_path, sizeof(expected_path), "%.*s.expected",
                       (int)(strlen(files.gl_pathv[i]) - strlen(".yaml")), files.gl_pathv[i]);
        struct text_view bytes = read_file(files.gl_pathv[i]);
        struct text_view expected = read_file(expected_path);
        owned(buffer) got = buffer_create(65536);
        run(bytes, got);
        buffer_append_char(got, '\n');
        cr_expect(eq(str, (char *)buffer_text(got), (char *)expected.start), "%s",
                  files.gl_pathv[i]);
        free((char *)bytes.start);
        free((char *)expected.start);
    }
    cr_assert(gt(sz, files.gl_pathc, 10));
    globfree(&files);
}

Test(yaml, wrong_files_are_refused_with_place_reason_and_remedy)
{
    check_files(FOLDER "invalid-*.yaml", judge_file);
}

Test(yaml, right_files_mean_what_the_core_schema_says)
{
    check_files(FOLDER "valid-*.yaml", dump_file);
}

/* ---- places and limits -----------------------------------------------------------------------*/

static enum serin_status parse(const char *text, struct document **out, struct serin_error *err)
{
    serin_error_clear(err);
    return yaml_parse(text_view_of(text), &document_limits_request, out, err);
}

Test(yaml, every_node_and_key_knows_its_place)
{
    owned(document) document = NULL;
    struct serin_error err = {0};
    cr_assert(eq(int,
                 parse("# head\nstr\xC3\xA9"
                       "am: checkout\nlist:\n  - {a: 1}\n",
                       &document, &err),
                 SERIN_OK),
              "%s", err.detail);
    const struct node *stream = node_first(document_root(document));
    cr_assert(eq(u32, node_key_position(stream).line, 2));
    cr_assert(eq(u32, node_key_position(stream).column, 1));
    cr_assert(eq(u32, node_position(stream).column, 9), "columns count characters");
    const struct node *item = node_first(node_next(stream));
    cr_assert(eq(u32, node_position(item).line, 4));
    cr_assert(eq(u32, node_position(item).column, 5));
    cr_assert(eq(u32, node_key_position(node_first(item)).column, 6));
    cr_assert(eq(u32, node_position(node_first(item)).column, 9));
}

Test(yaml, a_byte_order_mark_does_not_move_the_columns)
{
    owned(document) document = NULL;
    struct serin_error err = {0};
    cr_assert(eq(int,
                 parse("\xEF\xBB\xBF"
                       "a: 1\n",
                       &document, &err),
                 SERIN_OK));
    cr_assert(eq(u32, node_position(node_first(document_root(document))).column, 4));
}

Test(yaml, an_input_beyond_the_limit_is_not_even_parsed)
{
    const struct document_limits limits = {.bytes = 5, .depth = 2, .nodes = 4, .keys = 2};
    owned(document) document = NULL;
    struct serin_error err = {0};
    cr_assert(eq(int, yaml_parse(text_view_of("abcde"), &limits, &document, &err), SERIN_OK));
    cr_assert(
        eq(int, yaml_parse(text_view_of("abcdef"), &limits, &document, &err), SERIN_TOO_LARGE));
    cr_assert(eq(str, err.detail, "6 bytes, more than the 5 that are read"));
    struct document *deep = NULL;
    cr_assert(eq(int, yaml_parse(text_view_of("[[[]]"), &limits, &deep, &err), SERIN_TOO_LARGE));
    cr_assert(eq(str, err.detail, "line 1, column 3: nested deeper than 2 levels"));
}

Test(yaml, a_failure_leaves_the_result_alone)
{
    struct document *untouched = NULL;
    struct serin_error err = {0};
    cr_assert(eq(int, parse("a: [", &untouched, &err), SERIN_INVALID));
    cr_assert(eq(ptr, untouched, NULL));
}

/* ---- memory ----------------------------------------------------------------------------------*/

/* The library's own allocations pass through here, so that they can be made to fail as well. */
__attribute__((visibility("default"))) void *yaml_malloc(size_t size);
__attribute__((visibility("default"))) void *yaml_realloc(void *pointer, size_t size);

static bool library_may_fail;

void *yaml_malloc(size_t size)
{
    return library_may_fail ? memory_allocate(1, size > 0 ? size : 1) : malloc(size > 0 ? size : 1);
}

void *yaml_realloc(void *pointer, size_t size)
{
    if (library_may_fail) {
        void *probe = memory_allocate(1, 1);
        if (!probe) {
            return NULL;
        }
        memory_free(probe);
    }
    return pointer ? realloc(pointer, size > 0 ? size : 1) : malloc(size > 0 ? size : 1);
}

static uint64_t count_failures(const char *text)
{
    uint64_t failures = 0;
    for (bool has_failed = true; has_failed; failures += has_failed ? 1 : 0) {
        owned(document) document = NULL;
        struct serin_error err = {0};
        memory_fail_after(failures + 1);
        enum serin_status status = parse(text, &document, &err);
        memory_fail_after(0);
        has_failed = status != SERIN_OK;
        cr_assert(eq(int, status, has_failed ? SERIN_NO_MEMORY : SERIN_OK), "%s", err.detail);
        cr_assert(lt(u64, failures, 1000));
    }
    return failures;
}

Test(yaml, every_missing_allocation_is_reported)
{
    const char text[] = "a: [1, 'two', {b: \"three\"}]\nc: |\n  text\n";
    uint64_t own = count_failures(text);
    library_may_fail = true;
    uint64_t all = count_failures(text);
    cr_assert(gt(u64, own, 3));
    cr_assert(gt(u64, all, own + 10), "the library's allocations were reached");
}
