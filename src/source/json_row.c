#include "source/json_row.h"

#include "base/memory.h"
#include "source/json_skip.h"

#include <assert.h>
#include <string.h>

struct row_reader {
    struct json_scan scan;
    const struct text_view *names;
    size_t count;
    struct text_view values[JSON_ROW_FIELDS_MAX];
    bool seen[JSON_ROW_FIELDS_MAX];
};

/* Stores the value for each name equal to that of `first`; columns may share a field. */
static enum serin_status read_wanted(struct row_reader *reader, size_t first,
                                     struct serin_error *err)
{
    struct text_view value = {0};
    struct text_view name = reader->names[first];
    enum serin_status status =
        reader->seen[first] ? serin_fail(err, SERIN_INVALID, "given twice")
                            : json_read_scalar(&reader->scan, JSON_ROW_TEXT_MAX, &value, err);
    if (status != SERIN_OK) {
        serin_error_at(err, "%.*s", (int)name.length, name.start);
        return status;
    }
    for (size_t i = first; i < reader->count; i++) {
        if (reader->names[i].start && text_equal(reader->names[i], name)) {
            reader->seen[i] = true;
            reader->values[i] = value;
        }
    }
    return SERIN_OK;
}

static enum serin_status read_field(struct row_reader *reader, struct serin_error *err)
{
    struct text_view name = {0};
    TRY(json_read_name(&reader->scan, JSON_ROW_TEXT_MAX, &name, err));
    size_t wanted = 0;
    while (wanted < reader->count &&
           !(reader->names[wanted].start && text_equal(reader->names[wanted], name))) {
        wanted++;
    }
    return wanted < reader->count ? read_wanted(reader, wanted, err)
                                  : json_skip_value(&reader->scan, err);
}

static enum serin_status read_object(struct row_reader *reader, struct serin_error *err)
{
    if (!json_take(&reader->scan, '{')) {
        return json_expected(&reader->scan, "a JSON object", err);
    }
    if (!json_take(&reader->scan, '}')) {
        do {
            TRY(read_field(reader, err));
        } while (json_take(&reader->scan, ','));
        if (!json_take(&reader->scan, '}')) {
            return json_expected(&reader->scan, "\",\" or \"}\"", err);
        }
    }
    return json_read_end(&reader->scan, "the end of the line", err);
}

enum serin_status json_row_parse(struct text_view line, const struct text_view *names, size_t count,
                                 struct json_row_scratch *scratch, struct text_view *out_values,
                                 struct serin_error *err)
{
    assert(count <= JSON_ROW_FIELDS_MAX);
    if (!text_is_utf8(line)) {
        return serin_fail(err, SERIN_INVALID, "the line is not UTF-8");
    }
    struct row_reader reader = {.names = names, .count = count};
    reader.scan = (struct json_scan){.start = line.start,
                                     .at = line.start,
                                     .end = line.start + line.length,
                                     .spare = scratch->bytes,
                                     .spare_size = sizeof(scratch->bytes)};
    TRY(read_object(&reader, err));
    memcpy(out_values, reader.values, count * sizeof(*out_values));
    return SERIN_OK;
}
