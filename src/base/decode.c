#include "base/decode.h"

#include "base/decode_parts.h"

#include <assert.h>
#include <string.h>

/* What becomes of fields that the map does not name. */
struct absence {
    bool applies_fallbacks;
    bool misses_required;
};

static const struct absence absence_filled = {true, true};
static const struct absence absence_kept = {false, false};
/* Of a section that is absent itself: it may have required fields without being required. */
static const struct absence absence_of_section = {true, false};

static enum serin_status decode_targets(const struct decode_target *targets, size_t target_count,
                                        struct absence absence, const struct node *node,
                                        const char *path, struct serin_error *err);

/* ---- single values ---------------------------------------------------------------------------*/

static enum serin_status store_value(const struct decode_field *field,
                                     const union decode_value *value, const char *path, void *out,
                                     struct serin_error *err)
{
    void *member = decode_member(out, field->offset);
    switch (field->kind) {
    case DECODE_KIND_TEXT:
        return decode_store_text(value->text, path, member, err);
    case DECODE_KIND_ENUM:
        memcpy(member, &value->choice, sizeof(value->choice));
        return SERIN_OK;
    case DECODE_KIND_BOOL:
        *(bool *)member = value->truth;
        return SERIN_OK;
    case DECODE_KIND_UINT64:
    case DECODE_KIND_SIZE:
        *(uint64_t *)member = value->whole;
        return SERIN_OK;
    case DECODE_KIND_DOUBLE:
        *(double *)member = value->real;
        return SERIN_OK;
    case DECODE_KIND_DURATION:
        *(int64_t *)member = value->duration_ms;
        return SERIN_OK;
    case DECODE_KIND_TEXT_LIST:
    case DECODE_KIND_MAP:
    case DECODE_KIND_MAP_LIST:
    case DECODE_KIND_CUSTOM:
        break;
    }
    return SERIN_BUG;
}

static enum serin_status decode_scalar(const struct decode_field *field, const struct node *node,
                                       const char *path, void *out, struct serin_error *err)
{
    union decode_value value = {.whole = 0};
    if (decode_value_from_node(field, node, &value) != SERIN_OK ||
        !decode_value_is_allowed(field, &value)) {
        return decode_refuse_value(field, node, path, err);
    }
    return store_value(field, &value, path, out, err);
}

/* ---- maps in maps ----------------------------------------------------------------------------*/

static void clear_items(const struct decode_table *table, void *items, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        decode_clear(table, decode_member(items, i * table->size));
    }
    memory_free(items);
}

/* The member points to a struct of a type unknown here, so it is copied instead of dereferenced. */
static void replace_items(const struct decode_field *field, void *out, void *items, size_t count)
{
    void *member = decode_member(out, field->offset);
    size_t *member_count = decode_member(out, field->count_offset);
    void *previous = NULL;
    memcpy(&previous, member, sizeof(previous));
    clear_items(field->table, previous, *member_count);
    memcpy(member, &items, sizeof(items));
    *member_count = count;
}

static enum serin_status fill_items(const struct decode_table *table, const struct node *list,
                                    const char *path, void *items, struct serin_error *err)
{
    size_t index = 0;
    for (const struct node *item = node_first(list); item; item = node_next(item)) {
        char item_path[DECODE_PATH_SIZE];
        decode_path_item(path, index, item_path);
        TRY(decode_expect(item, NODE_MAP, item_path, err));
        TRY(decode_map(table, item, item_path, decode_member(items, index * table->size), err));
        index++;
    }
    return SERIN_OK;
}

static enum serin_status decode_map_list(const struct decode_field *field, const struct node *node,
                                         const char *path, void *out, struct serin_error *err)
{
    if (node_kind(node) != NODE_LIST || !decode_count_is_allowed(field, node_count(node))) {
        return decode_refuse_value(field, node, path, err);
    }
    size_t count = node_count(node);
    void *items = memory_allocate(count, field->table->size);
    if (!items) {
        return decode_out_of_memory(path, err);
    }
    enum serin_status status = fill_items(field->table, node, path, items, err);
    if (status != SERIN_OK) {
        clear_items(field->table, items, count);
        return status;
    }
    replace_items(field, out, items, count);
    return SERIN_OK;
}

static enum serin_status decode_section(const struct decode_field *field, struct absence absence,
                                        const struct node *node, const char *path, void *out,
                                        struct serin_error *err)
{
    const struct decode_target section = {field->table, decode_member(out, field->offset), false};
    return decode_targets(&section, 1, absence, node, path, err);
}

/* ---- fields ----------------------------------------------------------------------------------*/

static enum serin_status decode_present(const struct decode_field *field, struct absence absence,
                                        const struct node *node, const char *path, void *out,
                                        struct serin_error *err)
{
    switch (field->kind) {
    case DECODE_KIND_TEXT:
    case DECODE_KIND_ENUM:
    case DECODE_KIND_BOOL:
    case DECODE_KIND_UINT64:
    case DECODE_KIND_DOUBLE:
    case DECODE_KIND_DURATION:
    case DECODE_KIND_SIZE:
        return decode_scalar(field, node, path, out, err);
    case DECODE_KIND_TEXT_LIST:
        return decode_text_list(field, node, path, out, err);
    case DECODE_KIND_MAP:
        return decode_section(field, absence, node, path, out, err);
    case DECODE_KIND_MAP_LIST:
        return decode_map_list(field, node, path, out, err);
    case DECODE_KIND_CUSTOM:
        return field->read(node, path, decode_member(out, field->offset), err);
    }
    return SERIN_BUG;
}

static enum serin_status apply_fallback(const struct decode_field *field, const char *path,
                                        void *out, struct serin_error *err)
{
    if (field->kind == DECODE_KIND_TEXT_LIST) {
        return decode_text_list_fallback(field, path, out, err);
    }
    union decode_value value = {.whole = 0};
    enum serin_status status = decode_value_from_text(field, text_view_of(field->fallback), &value);
    assert(status == SERIN_OK && "decode_table_check accepts the table");
    return status == SERIN_OK ? store_value(field, &value, path, out, err) : SERIN_BUG;
}

static enum serin_status decode_absent(const struct decode_field *field, struct absence absence,
                                       const char *path, struct node_position map_position,
                                       void *out, struct serin_error *err)
{
    if (field->is_required && absence.misses_required) {
        return decode_fail_at(map_position, path, err, "is required: %s", field->help);
    }
    if (!absence.applies_fallbacks) {
        return SERIN_OK;
    }
    if (field->kind == DECODE_KIND_MAP) {
        return decode_section(field, absence_of_section, NULL, path, out, err);
    }
    return field->fallback ? apply_fallback(field, path, out, err) : SERIN_OK;
}

static const struct node *find_value(const struct node *map, const char *name)
{
    const struct node *found = map ? node_find(map, text_view_of(name)) : NULL;
    return found && node_kind(found) != NODE_NULL ? found : NULL;
}

static enum serin_status decode_field(const struct decode_field *field, struct absence absence,
                                      const struct node *map, const char *path, void *out,
                                      struct serin_error *err)
{
    const struct node *found = find_value(map, field->name);
    char field_path[DECODE_PATH_SIZE];
    decode_path_field(path, field->name, field_path);
    if (field->given > 0 && (found || absence.applies_fallbacks)) {
        *(bool *)decode_member(out, field->given) = found != NULL;
    }
    if (found) {
        return decode_present(field, absence, found, field_path, out, err);
    }
    struct node_position position = map ? node_position(map) : (struct node_position){0, 0};
    return decode_absent(field, absence, field_path, position, out, err);
}

/* ---- whole maps ------------------------------------------------------------------------------*/

static bool is_known(const struct decode_target *targets, size_t target_count, struct text_view key)
{
    for (size_t i = 0; i < target_count; i++) {
        for (size_t j = 0; j < targets[i].table->count; j++) {
            if (text_equals(key, targets[i].table->fields[j].name)) {
                return true;
            }
        }
    }
    return false;
}

static enum serin_status check_keys(const struct decode_target *targets, size_t target_count,
                                    const struct node *map, const char *path,
                                    struct serin_error *err)
{
    for (const struct node *entry = node_first(map); entry; entry = node_next(entry)) {
        if (!is_known(targets, target_count, node_key(entry))) {
            return decode_refuse_key(targets, target_count, entry, path, err);
        }
    }
    return SERIN_OK;
}

/* `node` may be NULL, which is the absent section. */
static enum serin_status decode_targets(const struct decode_target *targets, size_t target_count,
                                        struct absence absence, const struct node *node,
                                        const char *path, struct serin_error *err)
{
    if (node && node_kind(node) != NODE_NULL) {
        TRY(decode_expect(node, NODE_MAP, path, err));
        TRY(check_keys(targets, target_count, node, path, err));
    }
    for (size_t i = 0; i < target_count; i++) {
        struct absence own = targets[i].keeps_values ? absence_kept : absence;
        for (size_t j = 0; j < targets[i].table->count; j++) {
            TRY(decode_field(&targets[i].table->fields[j], own, node, path, targets[i].out, err));
        }
    }
    return SERIN_OK;
}

enum serin_status decode_map_into(const struct decode_target *targets, size_t target_count,
                                  const struct node *node, const char *path,
                                  struct serin_error *err)
{
    enum serin_status status =
        decode_targets(targets, target_count, absence_filled, node, path, err);
    for (size_t i = 0; status != SERIN_OK && i < target_count; i++) {
        decode_clear(targets[i].table, targets[i].out);
    }
    return status;
}

enum serin_status decode_map(const struct decode_table *table, const struct node *node,
                             const char *path, void *out, struct serin_error *err)
{
    const struct decode_target target = {table, out, false};
    return decode_map_into(&target, 1, node, path, err);
}

enum serin_status decode_overlay(const struct decode_table *table, const struct node *node,
                                 const char *path, void *out, struct serin_error *err)
{
    const struct decode_target target = {table, out, true};
    return decode_map_into(&target, 1, node, path, err);
}

/* ---- freeing ---------------------------------------------------------------------------------*/

static void clear_field(const struct decode_field *field, void *value)
{
    void *member = decode_member(value, field->offset);
    switch (field->kind) {
    case DECODE_KIND_TEXT:
        memory_free(*(char **)member);
        *(char **)member = NULL;
        break;
    case DECODE_KIND_TEXT_LIST:
        decode_text_list_clear(field, value);
        break;
    case DECODE_KIND_ENUM:
        memset(member, 0, sizeof(int));
        break;
    case DECODE_KIND_BOOL:
        *(bool *)member = false;
        break;
    case DECODE_KIND_UINT64:
    case DECODE_KIND_SIZE:
        *(uint64_t *)member = 0;
        break;
    case DECODE_KIND_DOUBLE:
        *(double *)member = 0.0;
        break;
    case DECODE_KIND_DURATION:
        *(int64_t *)member = 0;
        break;
    case DECODE_KIND_MAP:
        decode_clear(field->table, member);
        break;
    case DECODE_KIND_MAP_LIST:
        replace_items(field, value, NULL, 0);
        break;
    case DECODE_KIND_CUSTOM:
        field->release(member);
        break;
    }
}

void decode_clear(const struct decode_table *table, void *value)
{
    for (size_t i = 0; i < table->count; i++) {
        clear_field(&table->fields[i], value);
        if (table->fields[i].given > 0) {
            *(bool *)decode_member(value, table->fields[i].given) = false;
        }
    }
}
