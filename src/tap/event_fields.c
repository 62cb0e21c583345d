#include "tap/event_fields.h"

#include "base/memory.h"
#include "source/json_skip.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>

/* Paths are told apart by bits: those of a set agree with the names of all levels so far. */
typedef uint32_t path_set;
_Static_assert(EVENT_FIELDS_MAX <= 32, "a bit per path");

struct fields_reader {
    struct json_scan scan;
    const struct field_path *paths;
    size_t count;
    path_set seen; /* paths whose end was found */
    struct text_view values[EVENT_FIELDS_MAX];
};

/* Those of `among` whose name at `level` is `name`. */
static path_set matching(const struct fields_reader *reader, path_set among, size_t level,
                         struct text_view name)
{
    path_set set = 0;
    for (size_t i = 0; i < reader->count; i++) {
        if (among >> i & 1 && text_equal(field_path_name(&reader->paths[i], level), name)) {
            set |= UINT32_C(1) << i;
        }
    }
    return set;
}

/* Those of `among` that have a name at `level`. */
static path_set reaching(const struct fields_reader *reader, path_set among, size_t level)
{
    path_set set = 0;
    for (size_t i = 0; i < reader->count; i++) {
        if (among >> i & 1 && reader->paths[i].depth > level) {
            set |= UINT32_C(1) << i;
        }
    }
    return set;
}

static enum serin_status read_ending(struct fields_reader *reader, path_set ending,
                                     struct serin_error *err)
{
    struct text_view value = {0};
    if (reader->seen & ending) {
        return serin_fail(err, SERIN_INVALID, "a field of the event is given twice");
    }
    reader->seen |= ending;
    TRY(json_read_scalar(&reader->scan, EVENT_FIELD_TEXT_MAX, &value, err));
    for (size_t i = 0; i < reader->count; i++) {
        if (ending >> i & 1) {
            reader->values[i] = value;
        }
    }
    return SERIN_OK;
}

static enum serin_status read_object(struct fields_reader *reader, path_set among, size_t level,
                                     struct serin_error *err);

/* The value of a name at `level`; `set` are the paths that led to it. */
static enum serin_status read_value(struct fields_reader *reader, path_set set, size_t level,
                                    struct serin_error *err)
{
    path_set deeper = reaching(reader, set, level + 1);
    json_skip_space(&reader->scan);
    bool is_object = reader->scan.at < reader->scan.end && *reader->scan.at == '{';
    if (set != deeper) {
        return read_ending(reader, set & ~deeper, err);
    }
    if (deeper && is_object) {
        return read_object(reader, deeper, level + 1, err);
    }
    return json_skip_value(&reader->scan, err);
}

static enum serin_status read_member(struct fields_reader *reader, path_set among, size_t level,
                                     struct serin_error *err)
{
    struct text_view name = {0};
    TRY(json_read_name(&reader->scan, EVENT_FIELD_TEXT_MAX, &name, err));
    return read_value(reader, matching(reader, among, level, name), level, err);
}

/* As deep as the longest path at most. */
static enum serin_status read_object(struct fields_reader *reader, path_set among, size_t level,
                                     struct serin_error *err)
{
    if (!json_take(&reader->scan, '{')) {
        return json_expected(&reader->scan, "a JSON object", err);
    }
    if (json_take(&reader->scan, '}')) {
        return SERIN_OK;
    }
    do {
        TRY(read_member(reader, among, level, err));
    } while (json_take(&reader->scan, ','));
    return json_take(&reader->scan, '}') ? SERIN_OK
                                         : json_expected(&reader->scan, "\",\" or \"}\"", err);
}

enum serin_status event_fields_read(struct text_view line, const struct field_path *paths,
                                    size_t count, struct event_fields_scratch *scratch,
                                    struct text_view *out_values, struct serin_error *err)
{
    assert(count <= EVENT_FIELDS_MAX);
    struct fields_reader reader = {.paths = paths, .count = count};
    reader.scan = (struct json_scan){.start = line.start,
                                     .at = line.start,
                                     .end = line.start + line.length,
                                     .spare = scratch->bytes,
                                     .spare_size = sizeof(scratch->bytes)};
    TRY(read_object(&reader, reaching(&reader, UINT32_MAX, 0), 0, err));
    TRY(json_read_end(&reader.scan, "the end of the line", err));
    memcpy(out_values, reader.values, count * sizeof(*out_values));
    return SERIN_OK;
}
