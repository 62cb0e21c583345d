#include "base/node.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <signal.h>
#include <string.h>

#define VIEW(literal) ((struct text_view)TEXT_VIEW(literal))

static enum serin_status add_examples(struct document_builder *builder, struct serin_error *err)
{
    document_builder_at(builder, (struct node_position){1, 1});
    TRY(document_open_map(builder, err));
    document_builder_at(builder, (struct node_position){2, 3});
    TRY(document_add_key(builder, VIEW("list"), err));
    document_builder_at(builder, (struct node_position){2, 9});
    TRY(document_open_list(builder, err));
    TRY(document_add_null(builder, err));
    TRY(document_add_bool(builder, true, err));
    TRY(document_add_int64(builder, INT64_MIN, err));
    TRY(document_add_uint64(builder, UINT64_MAX, err));
    TRY(document_add_real(builder, 0.5, err));
    TRY(document_add_text(builder, VIEW("typed"), err));
    TRY(document_add_untyped(builder, VIEW("7"), err));
    document_close(builder);
    TRY(document_add_key(builder, VIEW("map"), err));
    TRY(document_open_map(builder, err));
    document_close(builder);
    document_close(builder);
    return SERIN_OK;
}

static struct document *build_examples(void)
{
    owned(document_builder) builder = document_builder_create(&document_limits_request);
    struct serin_error err = {0};
    cr_assert(eq(int, add_examples(builder, &err), SERIN_OK), "%s", err.detail);
    return document_builder_take(builder);
}

Test(node, a_document_keeps_order_values_and_places)
{
    owned(document) document = build_examples();
    const struct node *root = document_root(document);
    cr_assert(eq(int, node_kind(root), NODE_MAP));
    cr_assert(eq(sz, node_count(root), 2));
    const struct node *list = node_first(root);
    cr_assert(text_equals(node_key(list), "list"));
    cr_assert(eq(u32, node_key_position(list).column, 3));
    cr_assert(eq(u32, node_position(list).line, 2));
    cr_assert(eq(u32, node_position(list).column, 9));
    cr_assert(eq(ptr, (void *)node_find(root, VIEW("list")), (void *)list));
    cr_assert(eq(ptr, (void *)node_find(root, VIEW("map")), (void *)node_next(list)));
    cr_assert(eq(ptr, (void *)node_find(root, VIEW("lis")), NULL));
    cr_assert(eq(ptr, (void *)node_next(node_next(list)), NULL));
    static const enum node_kind kinds[] = {NODE_NULL, NODE_BOOL, NODE_INTEGER, NODE_INTEGER,
                                           NODE_REAL, NODE_TEXT, NODE_TEXT};
    size_t index = 0;
    for (const struct node *item = node_first(list); item; item = node_next(item)) {
        cr_assert(eq(int, node_kind(item), kinds[index]));
        cr_assert(eq(sz, node_key(item).length, 0));
        index++;
    }
    cr_assert(eq(sz, index, ARRAY_LENGTH(kinds)));
    cr_assert(eq(sz, node_count(list), ARRAY_LENGTH(kinds)));
}

Test(node, integers_know_which_types_hold_them)
{
    owned(document) document = build_examples();
    const struct node *null = node_first(node_first(document_root(document)));
    const struct node *truth = node_next(null);
    const struct node *smallest = node_next(truth);
    const struct node *largest = node_next(smallest);
    int64_t value = 0;
    uint64_t unsigned_value = 0;
    cr_assert(node_bool(truth));
    cr_assert(eq(int, node_int64(smallest, &value), SERIN_OK));
    cr_assert(eq(i64, value, INT64_MIN));
    cr_assert(eq(int, node_uint64(smallest, &unsigned_value), SERIN_RANGE));
    cr_assert(eq(int, node_uint64(largest, &unsigned_value), SERIN_OK));
    cr_assert(eq(u64, unsigned_value, UINT64_MAX));
    cr_assert(eq(int, node_int64(largest, &value), SERIN_RANGE));
    cr_assert(eq(i64, value, INT64_MIN));
    cr_assert(eq(dbl, node_number(smallest), -0x1p63));
    cr_assert(eq(dbl, node_number(node_next(largest)), 0.5));
    const struct node *typed = node_next(node_next(largest));
    cr_assert(not(node_is_untyped(typed)));
    cr_assert(node_is_untyped(node_next(typed)));
    cr_assert(eq(str, (char *)node_text(typed).start, "typed"));
}

Test(node, kinds_have_names_for_messages)
{
    static const char *const names[] = {"nothing", "a truth value", "an integer", "a number",
                                        "a text",  "a list",        "a map"};
    for (size_t i = 0; i < ARRAY_LENGTH(names); i++) {
        cr_assert(eq(str, (char *)node_kind_name((enum node_kind)i), (char *)names[i]));
    }
}

/* ---- limits ----------------------------------------------------------------------------------*/

static const struct document_limits tight = {.bytes = 10, .depth = 2, .nodes = 4, .keys = 2};

Test(node, depth_is_limited)
{
    owned(document_builder) builder = document_builder_create(&tight);
    struct serin_error err = {0};
    cr_assert(eq(int, document_open_list(builder, &err), SERIN_OK));
    cr_assert(eq(int, document_open_list(builder, &err), SERIN_OK));
    document_builder_at(builder, (struct node_position){4, 2});
    cr_assert(eq(int, document_open_list(builder, &err), SERIN_TOO_LARGE));
    cr_assert(eq(str, err.detail, "line 4, column 2: nested deeper than 2 levels"));
}

Test(node, the_number_of_values_is_limited)
{
    owned(document_builder) builder = document_builder_create(&tight);
    struct serin_error err = {0};
    cr_assert(eq(int, document_open_list(builder, &err), SERIN_OK));
    for (int i = 0; i < 3; i++) {
        cr_assert(eq(int, document_add_null(builder, &err), SERIN_OK));
    }
    cr_assert(eq(int, document_add_null(builder, &err), SERIN_TOO_LARGE));
    cr_assert(eq(str, err.detail, "more than 4 values"));
}

Test(node, the_keys_of_a_map_are_limited)
{
    owned(document_builder) builder = document_builder_create(&tight);
    struct serin_error err = {0};
    cr_assert(eq(int, document_open_map(builder, &err), SERIN_OK));
    cr_assert(eq(int, document_add_key(builder, VIEW("a"), &err), SERIN_OK));
    cr_assert(eq(int, document_add_null(builder, &err), SERIN_OK));
    cr_assert(eq(int, document_add_key(builder, VIEW("b"), &err), SERIN_OK));
    cr_assert(eq(int, document_add_null(builder, &err), SERIN_OK));
    cr_assert(eq(int, document_add_key(builder, VIEW("c"), &err), SERIN_TOO_LARGE));
    cr_assert(eq(str, err.detail, "more than 2 keys in one map"));
}

Test(node, all_texts_together_are_limited)
{
    owned(document_builder) builder = document_builder_create(&tight);
    struct serin_error err = {0};
    cr_assert(eq(int, document_open_list(builder, &err), SERIN_OK));
    cr_assert(eq(int, document_add_text(builder, VIEW("12345"), &err), SERIN_OK));
    cr_assert(eq(int, document_add_text(builder, VIEW("678901"), &err), SERIN_TOO_LARGE));
    cr_assert(eq(str, err.detail, "more than 10 bytes of text"));
    cr_assert(eq(int, document_add_text(builder, VIEW("67890"), &err), SERIN_OK));
    cr_assert(eq(int, document_check_size(&tight, 10, &err), SERIN_OK));
    cr_assert(eq(int, document_check_size(&tight, 11, &err), SERIN_TOO_LARGE));
}

Test(node, a_key_given_twice_is_refused_with_both_places)
{
    owned(document_builder) builder = document_builder_create(&document_limits_request);
    struct serin_error err = {0};
    document_builder_at(builder, (struct node_position){1, 1});
    cr_assert(eq(int, document_open_map(builder, &err), SERIN_OK));
    cr_assert(eq(int, document_add_key(builder, VIEW("margin"), &err), SERIN_OK));
    cr_assert(eq(int, document_add_null(builder, &err), SERIN_OK));
    document_builder_at(builder, (struct node_position){9, 3});
    cr_assert(eq(int, document_add_key(builder, VIEW("margin"), &err), SERIN_INVALID));
    cr_assert(eq(str, err.detail, "line 9, column 3: \"margin\" is given twice, first on line 1"));
}

Test(node, texts_are_utf8_without_zero_bytes)
{
    owned(document_builder) builder = document_builder_create(&document_limits_request);
    struct serin_error err = {0};
    cr_assert(eq(int, document_open_map(builder, &err), SERIN_OK));
    cr_assert(eq(int, document_add_key(builder, VIEW("\xFF"), &err), SERIN_INVALID));
    cr_assert(eq(str, err.detail, "the text \"\\xff\" is not UTF-8"));
    cr_assert(eq(int, document_add_key(builder, VIEW("a\0b"), &err), SERIN_INVALID));
    cr_assert(eq(str, err.detail, "the text \"a\\x00b\" holds a zero byte"));
}

/* ---- misuse and memory -----------------------------------------------------------------------*/

Test(node, a_value_without_a_key_in_a_map_asserts, .signal = SIGABRT)
{
    owned(document_builder) builder = document_builder_create(&document_limits_request);
    struct serin_error err = {0};
    cr_assert(eq(int, document_open_map(builder, &err), SERIN_OK));
    cr_assert(eq(int, document_add_null(builder, &err), SERIN_OK));
}

Test(node, two_roots_assert, .signal = SIGABRT)
{
    owned(document_builder) builder = document_builder_create(&document_limits_request);
    struct serin_error err = {0};
    cr_assert(eq(int, document_add_null(builder, &err), SERIN_OK));
    cr_assert(eq(int, document_add_null(builder, &err), SERIN_OK));
}

Test(node, every_missing_allocation_is_reported)
{
    bool has_failed = true;
    for (uint64_t n = 1; has_failed; n++) {
        struct serin_error err = {0};
        memory_fail_after(n);
        owned(document_builder) builder = document_builder_create(&document_limits_request);
        enum serin_status status = builder ? add_examples(builder, &err) : SERIN_NO_MEMORY;
        memory_fail_after(0);
        cr_assert(eq(int, status == SERIN_OK || status == SERIN_NO_MEMORY, 1), "%lu",
                  (unsigned long)n);
        has_failed = status != SERIN_OK;
        cr_assert(lt(u64, n, 100));
    }
}
