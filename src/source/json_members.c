#include "source/json_members.h"

#include "base/memory.h"
#include "source/json_skip.h"

#include <string.h>

enum { MEANING_BYTES_MAX = 256 };

struct json_scan json_within(const struct json_scan *scan, struct text_view value)
{
    struct json_scan inner = json_scan_of(value);
    inner.start = scan->start;
    return inner;
}

bool json_text_is(struct text_view text, struct text_view meaning)
{
    if (text.length < 2 || text.start[0] != '"') {
        return false;
    }
    struct text_view inside = {text.start + 1, text.length - 2};
    if (inside.length == 0 || !memchr(inside.start, '\\', inside.length)) {
        return text_equal(inside, meaning);
    }
    char room[MEANING_BYTES_MAX];
    struct json_scan scan = json_scan_of(text);
    scan.spare = room;
    scan.spare_size = sizeof(room);
    struct text_view unfolded = {0};
    return json_read_text(&scan, MEANING_BYTES_MAX, &unfolded, NULL) == SERIN_OK &&
           text_equal(unfolded, meaning);
}

static enum serin_status read_name(struct json_scan *scan, struct text_view *out,
                                   struct serin_error *err)
{
    json_skip_space(scan);
    if (scan->at == scan->end || *scan->at != '"') {
        return json_expected(scan, "a text in double quotes", err);
    }
    TRY(json_read_value(scan, out, err));
    return json_take(scan, ':') ? SERIN_OK : json_expected(scan, "\":\"", err);
}

static enum serin_status read_member(struct json_scan *scan, const struct text_view *names,
                                     size_t count, struct text_view *out, struct serin_error *err)
{
    struct text_view name = {0};
    struct text_view value = {0};
    TRY(read_name(scan, &name, err));
    TRY(json_read_value(scan, &value, err));
    for (size_t i = 0; i < count; i++) {
        if (!json_text_is(name, names[i])) {
            continue;
        }
        if (out[i].start) {
            serin_error_at(err, "%s", names[i].start);
            return serin_fail(err, SERIN_INVALID, "given twice");
        }
        out[i] = value;
    }
    return SERIN_OK;
}

/* A null counts as absent, but not for being given twice. */
static void drop_nulls(struct text_view *values, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (text_equals(values[i], "null")) {
            values[i] = (struct text_view){0};
        }
    }
}

enum serin_status json_read_members(struct json_scan *scan, const struct text_view *names,
                                    size_t count, struct text_view *out, struct serin_error *err)
{
    for (size_t i = 0; i < count; i++) {
        out[i] = (struct text_view){0};
    }
    if (!json_take(scan, '{')) {
        return json_expected(scan, "a JSON object", err);
    }
    if (json_take(scan, '}')) {
        return SERIN_OK;
    }
    do {
        TRY(read_member(scan, names, count, out, err));
    } while (json_take(scan, ','));
    drop_nulls(out, count);
    return json_take(scan, '}') ? SERIN_OK : json_expected(scan, "\",\" or \"}\"", err);
}
