#include "tap/field_path.h"

#include "base/memory.h"

_Static_assert(FIELD_PATH_BYTES_MAX <= UINT8_MAX, "starts and lengths fit into a byte");

struct text_view field_path_name(const struct field_path *path, size_t level)
{
    return (struct text_view){path->bytes + path->names[level].start, path->names[level].length};
}

static enum serin_status bad_path(struct text_view text, const char *why, struct serin_error *err)
{
    return serin_fail(
        err, SERIN_INVALID,
        "%s is not the path of a field: %s; write payload.segment or $.payload.segment",
        TEXT_QUOTE(text), why);
}

/* Copies one name without its backslashes; `*at` is then past it. False when a backslash dangles.
 */
static bool take_name(struct text_view text, size_t *at, struct field_path *path, uint8_t *used)
{
    uint8_t start = *used;
    while (*at < text.length && text.start[*at] != '.') {
        *at += text.start[*at] == '\\';
        if (*at == text.length) {
            return false;
        }
        path->bytes[(*used)++] = text.start[(*at)++];
    }
    path->names[path->depth].start = start;
    path->names[path->depth].length = (uint8_t)(*used - start);
    path->depth++;
    return true;
}

enum serin_status field_path_parse(struct text_view text, struct field_path *out,
                                   struct serin_error *err)
{
    struct field_path path = {.depth = 0};
    uint8_t used = 0;
    size_t at = text_starts_with(text, (struct text_view)TEXT_VIEW("$.")) ? 2 : 0;
    if (text.length > FIELD_PATH_BYTES_MAX || !text_is_printable(text)) {
        return bad_path(text, "too long, or with control characters", err);
    }
    do {
        if (path.depth == FIELD_PATH_DEPTH_MAX) {
            return bad_path(text, "too many levels", err);
        }
        if (!take_name(text, &at, &path, &used)) {
            return bad_path(text, "a backslash at its end", err);
        }
        if (path.names[path.depth - 1].length == 0) {
            return bad_path(text, "an empty name", err);
        }
    } while (at++ < text.length);
    *out = path;
    return SERIN_OK;
}
