#include "base/decode_parts.h"

#include <string.h>

enum serin_status decode_store_text(struct text_view text, const char *path, char **member,
                                    struct serin_error *err)
{
    char *copy = memory_copy_text(text.start, text.length);
    if (!copy) {
        return decode_out_of_memory(path, err);
    }
    memory_free(*member);
    *member = copy;
    return SERIN_OK;
}

/* A list of texts under construction. */
struct text_list {
    char **items;
    size_t count;
    size_t capacity;
};

static void text_list_destroy(struct text_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        memory_free(list->items[i]);
    }
    memory_free(list->items);
    *list = (struct text_list){NULL, 0, 0};
}

static enum serin_status text_list_add(struct text_list *list, struct text_view text,
                                       const char *path, struct serin_error *err)
{
    void *items = list->items;
    enum serin_status status =
        memory_grow(&items, &list->capacity, list->count + 1, sizeof(*list->items), SIZE_MAX);
    list->items = items;
    if (status != SERIN_OK) {
        return decode_out_of_memory(path, err);
    }
    TRY(decode_store_text(text, path, &list->items[list->count], err));
    list->count++;
    return SERIN_OK;
}

/* "a,b,c"; the empty text is the empty list. */
static enum serin_status split_list(struct text_view text, const char *path, struct text_list *list,
                                    struct serin_error *err)
{
    while (text.length > 0) {
        const char *comma = memchr(text.start, ',', text.length);
        size_t length = comma ? (size_t)(comma - text.start) : text.length;
        TRY(text_list_add(list, (struct text_view){text.start, length}, path, err));
        size_t used = comma ? length + 1 : length;
        text = (struct text_view){text.start + used, text.length - used};
    }
    return SERIN_OK;
}

static enum serin_status copy_list(const struct node *node, const char *path,
                                   struct text_list *list, struct serin_error *err)
{
    size_t index = 0;
    for (const struct node *item = node_first(node); item; item = node_next(item)) {
        char item_path[DECODE_PATH_SIZE];
        decode_path_item(path, index++, item_path);
        TRY(decode_expect(item, NODE_TEXT, item_path, err));
        if (node_text(item).length == 0) {
            return decode_fail(item, item_path, err, "found \"\"; expected a text, not empty");
        }
        TRY(text_list_add(list, node_text(item), item_path, err));
    }
    return SERIN_OK;
}

static bool list_is_allowed(const struct decode_field *field, const struct text_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        if (list->items[i][0] == '\0') {
            return false;
        }
    }
    return decode_count_is_allowed(field, list->count);
}

static void replace_list(const struct decode_field *field, void *out, struct text_list *list)
{
    char ***items = decode_member(out, field->offset);
    size_t *count = decode_member(out, field->count_offset);
    struct text_list previous = {*items, *count, 0};
    text_list_destroy(&previous);
    *items = give(list->items);
    *count = list->count;
    *list = (struct text_list){NULL, 0, 0};
}

static enum serin_status read_list(const struct decode_field *field, const struct node *node,
                                   const char *path, struct text_list *list,
                                   struct serin_error *err)
{
    if (node_kind(node) == NODE_TEXT && node_is_untyped(node)) {
        TRY(split_list(node_text(node), path, list, err));
    } else if (node_kind(node) == NODE_LIST) {
        TRY(copy_list(node, path, list, err));
    } else {
        return decode_refuse_value(field, node, path, err);
    }
    return list_is_allowed(field, list) ? SERIN_OK : decode_refuse_value(field, node, path, err);
}

enum serin_status decode_text_list(const struct decode_field *field, const struct node *node,
                                   const char *path, void *out, struct serin_error *err)
{
    struct text_list list = {NULL, 0, 0};
    enum serin_status status = read_list(field, node, path, &list, err);
    if (status == SERIN_OK) {
        replace_list(field, out, &list);
    }
    text_list_destroy(&list);
    return status;
}

enum serin_status decode_text_list_fallback(const struct decode_field *field, const char *path,
                                            void *out, struct serin_error *err)
{
    struct text_list list = {NULL, 0, 0};
    enum serin_status status = split_list(text_view_of(field->fallback), path, &list, err);
    if (status == SERIN_OK) {
        replace_list(field, out, &list);
    }
    text_list_destroy(&list);
    return status;
}

void decode_text_list_clear(const struct decode_field *field, void *out)
{
    replace_list(field, out, &(struct text_list){NULL, 0, 0});
}
