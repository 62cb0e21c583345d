#include "lint/manifest.h"

#include "base/number.h"

#include <string.h>

const struct node *field(const struct node *node, const char *name)
{
    if (!node || node_kind(node) != NODE_MAP) {
        return NULL;
    }
    const struct node *entry = node_find(node, text_view_of(name));
    return entry && node_kind(entry) != NODE_NULL ? entry : NULL;
}

struct text_view text_of(const struct node *node)
{
    return node && node_kind(node) == NODE_TEXT ? node_text(node) : (struct text_view){"", 0};
}

struct text_view field_text(const struct node *node, const char *name)
{
    return text_of(field(node, name));
}

bool whole_number(const struct node *node, int64_t *out)
{
    if (node && node_kind(node) == NODE_INTEGER) {
        return node_int64(node, out) == SERIN_OK;
    }
    return node && node_kind(node) == NODE_TEXT &&
           number_parse_int64(node_text(node), out) == SERIN_OK;
}

int64_t field_number(const struct node *node, const char *name, int64_t fallback)
{
    int64_t found = fallback;
    return whole_number(field(node, name), &found) ? found : fallback;
}

const struct node *first_of(const struct node *node)
{
    return node ? node_first(node) : NULL;
}

struct node_position place_of(const struct node *entry)
{
    struct node_position key = node_key_position(entry);
    return key.line > 0 ? key : node_position(entry);
}

bool contains(struct text_view text, const char *part)
{
    return text.length > 0 && memmem(text.start, text.length, part, strlen(part)) != NULL;
}

static size_t skip_blanks(struct text_view text, size_t at)
{
    while (at < text.length && text.start[at] == ' ') {
        at++;
    }
    return at;
}

bool next_argument(struct text_view text, size_t *from, struct text_view *out_name)
{
    static const char prefix[] = "args.";
    while (*from + 2 <= text.length) {
        const char *open = memmem(text.start + *from, text.length - *from, "{{", 2);
        if (!open) {
            return false;
        }
        size_t start = skip_blanks(text, (size_t)(open - text.start) + 2);
        const char *close = memmem(text.start + start, text.length - start, "}}", 2);
        if (!close) {
            return false;
        }
        size_t end = (size_t)(close - text.start);
        *from = end + 2;
        while (end > start && text.start[end - 1] == ' ') {
            end--;
        }
        struct text_view inside = {text.start + start, end - start};
        if (text_starts_with(inside, text_view_of(prefix))) {
            *out_name =
                (struct text_view){inside.start + strlen(prefix), inside.length - strlen(prefix)};
            return true;
        }
    }
    return false;
}

const struct node *find_named(const struct node *list, struct text_view name)
{
    for (const struct node *item = first_of(list); item; item = node_next(item)) {
        if (text_equal(field_text(item, "name"), name)) {
            return item;
        }
    }
    return NULL;
}
