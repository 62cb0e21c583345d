#include "platform/yaml_documents.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct yaml_documents *parsed(const char *text)
{
    struct yaml_documents *documents = NULL;
    struct serin_error err = {0};
    cr_assert(
        eq(int,
           yaml_documents_parse(text_view_of(text), &document_limits_request, &documents, &err),
           SERIN_OK),
        "%s", err.detail);
    return documents;
}

static const struct node *entry(const struct node *map, const char *key)
{
    const struct node *found = node_find(map, text_view_of(key));
    cr_assert(ne(ptr, (void *)found, NULL), "%s", key);
    return found;
}

Test(yaml_documents, come_one_after_another)
{
    owned(yaml_documents) documents = parsed("a: 1\n---\n- 2\n---\n# nothing\n---\nthree\n");
    size_t count = yaml_documents_count(documents);
    cr_assert(eq(sz, count, 4));
    cr_assert(eq(int, node_kind(yaml_documents_root(documents, 0)), NODE_MAP));
    cr_assert(eq(int, node_kind(yaml_documents_root(documents, 1)), NODE_LIST));
    cr_assert(eq(int, node_kind(yaml_documents_root(documents, 2)), NODE_NULL));
    cr_assert(eq(int, node_kind(yaml_documents_root(documents, 3)), NODE_TEXT));
}

Test(yaml_documents, aliases_are_copies_with_the_place_of_what_they_name)
{
    owned(yaml_documents) documents = parsed("a: &x {b: 1}\nc: *x\n");
    const struct node *root = yaml_documents_root(documents, 0);
    const struct node *copy = entry(entry(root, "c"), "b");
    cr_assert(eq(u32, node_position(copy).line, 1));
    cr_assert(eq(u32, node_key_position(entry(root, "c")).line, 2));
}

Test(yaml_documents, merge_keys_add_only_what_is_not_there)
{
    owned(yaml_documents) documents =
        parsed("x: &x {a: 1, b: 2}\ny: &y {b: 3, c: 4}\nz: {<<: [*x, *y], a: 9}\n");
    const struct node *z = entry(yaml_documents_root(documents, 0), "z");
    int64_t values[3] = {0};
    cr_assert(eq(int, node_int64(entry(z, "a"), &values[0]), SERIN_OK));
    cr_assert(eq(int, node_int64(entry(z, "b"), &values[1]), SERIN_OK));
    cr_assert(eq(int, node_int64(entry(z, "c"), &values[2]), SERIN_OK));
    cr_assert(eq(i64, values[0], 9));
    cr_assert(eq(i64, values[1], 2));
    cr_assert(eq(i64, values[2], 4));
}

Test(yaml_documents, merged_maps_bring_what_they_merge_themselves)
{
    owned(yaml_documents) documents =
        parsed("x: &x {a: 1}\ny: &y {<<: *x, b: 2}\nw: &w {a: 7, b: 8, c: 3}\nz: {<<: [*y, *w]}\n");
    const struct node *z = entry(yaml_documents_root(documents, 0), "z");
    int64_t values[3] = {0};
    cr_assert(eq(int, node_int64(entry(z, "a"), &values[0]), SERIN_OK));
    cr_assert(eq(int, node_int64(entry(z, "b"), &values[1]), SERIN_OK));
    cr_assert(eq(int, node_int64(entry(z, "c"), &values[2]), SERIN_OK));
    cr_assert(eq(i64, values[0], 1));
    cr_assert(eq(i64, values[1], 2));
    cr_assert(eq(i64, values[2], 3));
}

Test(yaml_documents, repeated_keys_are_noted_and_the_first_stays)
{
    owned(yaml_documents) documents = parsed("a: 1\nb: {c: 2, c: 3}\na: 4\n");
    int64_t value = 0;
    cr_assert(eq(sz, yaml_documents_repeated_count(documents), 2));
    cr_assert(eq(u32, yaml_documents_repeated(documents, 0).line, 2));
    cr_assert(eq(u32, yaml_documents_repeated(documents, 1).line, 3));
    cr_assert(eq(int, node_int64(entry(yaml_documents_root(documents, 0), "a"), &value), SERIN_OK));
    cr_assert(eq(i64, value, 1));
}

Test(yaml_documents, tagged_and_quoted_scalars_are_text)
{
    owned(yaml_documents) documents = parsed("[!!int 5, '5', 5, ! 5]\n");
    const struct node *item = node_first(yaml_documents_root(documents, 0));
    cr_assert(eq(int, node_kind(item), NODE_TEXT));
    item = node_next(item);
    cr_assert(eq(int, node_kind(item), NODE_TEXT));
    item = node_next(item);
    cr_assert(eq(int, node_kind(item), NODE_INTEGER));
}

static void expect_refused(const char *text, enum serin_status wanted)
{
    struct yaml_documents *documents = NULL;
    struct serin_error err = {0};
    cr_expect(
        eq(int,
           yaml_documents_parse(text_view_of(text), &document_limits_request, &documents, &err),
           wanted),
        "%s", text);
    cr_expect(eq(ptr, documents, NULL));
    cr_expect(ne(chr, err.detail[0], '\0'));
}

Test(yaml_documents, aliases_cannot_grow_without_end)
{
    char bomb[2048];
    size_t used = (size_t)snprintf(bomb, sizeof(bomb), "a: &a0 [x, x, x, x, x, x, x, x]\n");
    for (int i = 1; i < 9; i++) {
        used += (size_t)snprintf(bomb + used, sizeof(bomb) - used,
                                 "b%d: &a%d [*a%d, *a%d, *a%d, *a%d, *a%d, *a%d]\n", i, i, i - 1,
                                 i - 1, i - 1, i - 1, i - 1, i - 1);
    }
    expect_refused(bomb, SERIN_TOO_LARGE);
    expect_refused("a: &a {b: *a}\n", SERIN_TOO_LARGE);
    expect_refused("a: &a [*a]\n", SERIN_TOO_LARGE);
}

/* As many lines, each with `text` and its number. */
static char *numbered_lines(const char *text, size_t count)
{
    size_t room = count * (strlen(text) + 8) + 1;
    char *all = malloc(room);
    size_t used = 0;
    cr_assert(ne(ptr, all, NULL));
    for (size_t i = 0; i < count; i++) {
        used += (size_t)snprintf(all + used, room - used, "%s%zu\n", text, i);
    }
    return all;
}

static void expect_too_large(char *text)
{
    struct yaml_documents *documents = NULL;
    struct serin_error err = {0};
    cr_expect(eq(int,
                 yaml_documents_parse(text_view_of(text), &document_limits_file, &documents, &err),
                 SERIN_TOO_LARGE),
              "%s", err.detail);
    cr_expect(eq(ptr, documents, NULL));
    free(text);
}

/* Each of these kept the library, or the search for keys, busy for minutes. */
Test(yaml_documents, what_takes_time_by_its_square_is_refused_at_once)
{
    char *deep = malloc(2000001);
    cr_assert(ne(ptr, deep, NULL));
    memset(deep, '[', 2000000);
    deep[2000000] = '\0';
    expect_too_large(deep);
    expect_too_large(numbered_lines("- &a", 300000));
    expect_refused("a: &a {b: 1, <<: *a}\n", SERIN_TOO_LARGE);
}

Test(yaml_documents, what_is_no_yaml_is_refused_with_its_place)
{
    expect_refused("a: *nobody\n", SERIN_INVALID);
    expect_refused("a: [1\n", SERIN_INVALID);
    expect_refused("{a: b}: c\n", SERIN_INVALID);
    expect_refused("a: \xff\n", SERIN_INVALID);
}

Test(yaml_documents, a_failing_allocation_is_told_and_leaks_nothing)
{
    for (uint64_t n = 1; n < 40; n++) {
        struct yaml_documents *documents = NULL;
        memory_fail_after(n);
        enum serin_status status = yaml_documents_parse(text_view_of("a: [1, 2]\n---\nb: {c: d}\n"),
                                                        &document_limits_request, &documents, NULL);
        memory_fail_after(0);
        cr_assert(status == SERIN_OK || status == SERIN_NO_MEMORY, "%d", (int)status);
        yaml_documents_destroy(documents);
    }
}
