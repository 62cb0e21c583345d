#include "source/otlp_value.h"

#include "base/memory.h"
#include "base/number.h"
#include "source/json_members.h"

enum type { TYPE_STRING, TYPE_INT, TYPE_BOOL, TYPE_DOUBLE, TYPE_LIST, TYPE_MAP, TYPE_BYTES, TYPES };

static const struct text_view type_names[TYPES] = {
    [TYPE_STRING] = TEXT_VIEW("stringValue"), [TYPE_INT] = TEXT_VIEW("intValue"),
    [TYPE_BOOL] = TEXT_VIEW("boolValue"),     [TYPE_DOUBLE] = TEXT_VIEW("doubleValue"),
    [TYPE_LIST] = TEXT_VIEW("arrayValue"),    [TYPE_MAP] = TEXT_VIEW("kvlistValue"),
    [TYPE_BYTES] = TEXT_VIEW("bytesValue"),
};

/* A number may be written as a text: JSON's own cannot hold 64 bits everywhere. */
static struct text_view without_quotes(struct text_view value)
{
    if (value.length >= 2 && value.start[0] == '"') {
        return (struct text_view){value.start + 1, value.length - 2};
    }
    return value;
}

typedef enum serin_status read_type(struct text_view value, struct otlp_room *room,
                                    struct text_view *out, struct serin_error *err);

static enum serin_status read_string(struct text_view value, struct otlp_room *room,
                                     struct text_view *out, struct serin_error *err)
{
    struct json_scan scan = json_scan_of(value);
    scan.spare = room->bytes;
    scan.spare_size = sizeof(room->bytes);
    return json_read_text(&scan, OTLP_TEXT_BYTES_MAX, out, err);
}

static enum serin_status read_int(struct text_view value, struct otlp_room *room,
                                  struct text_view *out, struct serin_error *err)
{
    (void)room;
    struct text_view digits = without_quotes(value);
    size_t sign = digits.length > 0 && digits.start[0] == '-';
    uint64_t size = 0;
    struct text_view rest = {digits.start + sign, digits.length - sign};
    if (number_parse_uint64(rest, &size) != SERIN_OK) {
        return serin_fail(err, SERIN_INVALID, "intValue %s is not a whole number in digits",
                          TEXT_QUOTE(value));
    }
    *out = digits;
    return SERIN_OK;
}

static enum serin_status read_bool(struct text_view value, struct otlp_room *room,
                                   struct text_view *out, struct serin_error *err)
{
    (void)room;
    if (!text_equals(value, "true") && !text_equals(value, "false")) {
        return serin_fail(err, SERIN_INVALID, "boolValue %s is neither true nor false",
                          TEXT_QUOTE(value));
    }
    *out = value;
    return SERIN_OK;
}

static enum serin_status read_other(struct text_view value, struct otlp_room *room,
                                    struct text_view *out, struct serin_error *err)
{
    (void)room;
    (void)out;
    return serin_fail(err, SERIN_INVALID,
                      "%s is no text, whole number or boolean; name the classes of a number, and "
                      "send one of several values",
                      TEXT_QUOTE(value));
}

static read_type *const readers[TYPES] = {
    [TYPE_STRING] = read_string, [TYPE_INT] = read_int,    [TYPE_BOOL] = read_bool,
    [TYPE_DOUBLE] = read_other,  [TYPE_LIST] = read_other, [TYPE_MAP] = read_other,
    [TYPE_BYTES] = read_other,
};

enum serin_status otlp_value_text(struct text_view any_value, struct otlp_room *room,
                                  struct text_view *out, struct serin_error *err)
{
    struct text_view values[TYPES];
    struct json_scan scan = json_scan_of(any_value);
    if (any_value.length == 0) {
        *out = any_value;
        return SERIN_OK;
    }
    TRY(json_read_members(&scan, type_names, TYPES, values, err));
    for (size_t i = 0; i < TYPES; i++) {
        if (values[i].length > 0) {
            return readers[i](values[i], room, out, err);
        }
    }
    *out = (struct text_view){0};
    return SERIN_OK;
}

enum serin_status otlp_time(struct text_view nanoseconds, bool *out_known, int64_t *out_ms,
                            struct serin_error *err)
{
    enum { NANOSECONDS_PER_MS = 1000000 };
    uint64_t value = 0;
    if (nanoseconds.length > 0 &&
        number_parse_uint64(without_quotes(nanoseconds), &value) != SERIN_OK) {
        return serin_fail(err, SERIN_INVALID, "%s is not a time in Unix nanoseconds",
                          TEXT_QUOTE(nanoseconds));
    }
    *out_known = value > 0;
    *out_ms = (int64_t)(value / NANOSECONDS_PER_MS);
    return SERIN_OK;
}
