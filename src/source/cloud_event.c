#include "source/cloud_event.h"

#include "base/media_type.h"
#include "base/memory.h"
#include "base/rfc3339.h"
#include "source/json_skip.h"

#include <string.h>

enum attribute {
    ATTRIBUTE_SPECVERSION,
    ATTRIBUTE_ID,
    ATTRIBUTE_SOURCE,
    ATTRIBUTE_TYPE,
    ATTRIBUTE_SUBJECT,
    ATTRIBUTE_TIME,
    ATTRIBUTE_DATACONTENTTYPE,
    ATTRIBUTES /* members that are no attributes follow */
};
#define BIT(attribute) (UINT32_C(1) << (attribute))
enum { SEEN_DATA = BIT(ATTRIBUTES) };

/* ---- what an attribute's text is taken for --------------------------------------------------- */

typedef enum serin_status take_text(struct text_view text, void *member, struct serin_error *err);

static enum serin_status take_plain(struct text_view text, void *member, struct serin_error *err)
{
    (void)err;
    struct text_view *place = member;
    *place = text;
    return SERIN_OK;
}

static enum serin_status take_version(struct text_view text, void *member, struct serin_error *err)
{
    (void)member;
    return text_equals(text, "1.0")
               ? SERIN_OK
               : serin_fail(err, SERIN_INVALID, "%s is not understood; send CloudEvents 1.0",
                            TEXT_QUOTE(text));
}

static enum serin_status take_time(struct text_view text, void *member, struct serin_error *err)
{
    return rfc3339_parse(text, member) == SERIN_OK
               ? SERIN_OK
               : serin_fail(err, SERIN_INVALID, "%s is not an RFC 3339 time", TEXT_QUOTE(text));
}

static enum serin_status take_json_type(struct text_view text, void *member,
                                        struct serin_error *err)
{
    (void)member;
    return media_type_is_json(text) ? SERIN_OK
                                    : serin_fail(err, SERIN_INVALID,
                                                 "%s is not JSON; data is a label event as a JSON "
                                                 "object",
                                                 TEXT_QUOTE(text));
}

struct attribute_row {
    struct text_view name;
    take_text *take;
    size_t offset;
    bool is_required;
};

#define MEMBER(name) offsetof(struct cloud_event, name)

static const struct attribute_row rows[ATTRIBUTES] = {
    [ATTRIBUTE_SPECVERSION] = {TEXT_VIEW("specversion"),     take_version,   0,               true },
    [ATTRIBUTE_ID] = {TEXT_VIEW("id"),              take_plain,     MEMBER(id),      true },
    [ATTRIBUTE_SOURCE] = {TEXT_VIEW("source"),          take_plain,     MEMBER(source),  true },
    [ATTRIBUTE_TYPE] = {TEXT_VIEW("type"),            take_plain,     MEMBER(type),    true },
    [ATTRIBUTE_SUBJECT] = {TEXT_VIEW("subject"),         take_plain,     MEMBER(subject), false},
    [ATTRIBUTE_TIME] = {TEXT_VIEW("time"),            take_time,      MEMBER(time_ms), false},
    [ATTRIBUTE_DATACONTENTTYPE] = {TEXT_VIEW("datacontenttype"), take_json_type, 0,               false},
};

static enum serin_status take(const struct attribute_row *row, struct text_view text,
                              struct cloud_event *event, struct serin_error *err)
{
    if (text.length == 0) {
        return serin_fail(err, SERIN_INVALID, "empty; give it a value or leave it out");
    }
    return row->take(text, (char *)event + row->offset, err);
}

/* `prefix` is what stands before an attribute's name where it was looked for. */
static enum serin_status settle(struct cloud_event *event, uint32_t set, const char *prefix,
                                struct serin_error *err)
{
    for (size_t i = 0; i < ATTRIBUTES; i++) {
        if (rows[i].is_required && !(set & BIT(i))) {
            serin_error_at(err, "%s%s", prefix, rows[i].name.start);
            return serin_fail(err, SERIN_INVALID, "missing; every CloudEvent has one");
        }
    }
    event->has_time = set & BIT(ATTRIBUTE_TIME);
    return SERIN_OK;
}

/* ---- JSON ------------------------------------------------------------------------------------ */

struct envelope_reader {
    struct json_scan *scan;
    struct cloud_event event;
    uint32_t seen; /* bit per attribute that was written, null or not; and SEEN_DATA */
    uint32_t set;  /* bit per attribute that has a value */
};

static enum serin_status read_once(struct envelope_reader *reader, uint32_t bit,
                                   struct serin_error *err)
{
    if (reader->seen & bit) {
        return serin_fail(err, SERIN_INVALID, "given twice");
    }
    reader->seen |= bit;
    return SERIN_OK;
}

static enum serin_status read_attribute(struct envelope_reader *reader, size_t index,
                                        struct serin_error *err)
{
    struct text_view text = {0};
    TRY(read_once(reader, BIT(index), err));
    if (json_take_null(reader->scan)) {
        return SERIN_OK;
    }
    reader->set |= BIT(index);
    TRY(json_read_text(reader->scan, CLOUD_EVENT_TEXT_BYTES_MAX, &text, err));
    return take(&rows[index], text, &reader->event, err);
}

static enum serin_status read_data(struct envelope_reader *reader, struct serin_error *err)
{
    TRY(read_once(reader, SEEN_DATA, err));
    return json_read_value(reader->scan, &reader->event.data, err);
}

static enum serin_status read_value(struct envelope_reader *reader, struct text_view name,
                                    struct serin_error *err)
{
    for (size_t i = 0; i < ATTRIBUTES; i++) {
        if (text_equal(name, rows[i].name)) {
            return read_attribute(reader, i, err);
        }
    }
    if (text_equals(name, "data")) {
        return read_data(reader, err);
    }
    if (text_equals(name, "data_base64")) {
        return serin_fail(err, SERIN_INVALID,
                          "data that are not JSON; send the label event as an object in data");
    }
    return json_skip_value(reader->scan, err);
}

static enum serin_status read_member(struct envelope_reader *reader, struct serin_error *err)
{
    enum { NAME_BYTES_MAX = 64 }; /* more than any name of an attribute should have */
    char spare[NAME_BYTES_MAX];
    struct text_view name = {0};
    struct json_scan names = *reader->scan;
    names.spare = spare;
    names.spare_size = sizeof(spare);
    TRY(json_read_name(&names, NAME_BYTES_MAX, &name, err));
    reader->scan->at = names.at;
    enum serin_status status = read_value(reader, name, err);
    if (status != SERIN_OK) {
        serin_error_at(err, "%.*s", (int)name.length, name.start);
    }
    return status;
}

static enum serin_status read_members(struct envelope_reader *reader, struct serin_error *err)
{
    if (!json_take(reader->scan, '{')) {
        return json_expected(reader->scan, "a CloudEvent, which is a JSON object", err);
    }
    if (json_take(reader->scan, '}')) {
        return SERIN_OK;
    }
    do {
        TRY(read_member(reader, err));
    } while (json_take(reader->scan, ','));
    return json_take(reader->scan, '}') ? SERIN_OK
                                        : json_expected(reader->scan, "\",\" or \"}\"", err);
}

enum serin_status cloud_event_parse(struct json_scan *scan, struct cloud_event_scratch *scratch,
                                    struct cloud_event *out, struct serin_error *err)
{
    scan->spare = scratch->bytes;
    scan->spare_size = sizeof(scratch->bytes);
    struct envelope_reader reader = {.scan = scan};
    TRY(read_members(&reader, err));
    TRY(settle(&reader.event, reader.set, "", err));
    *out = reader.event;
    return SERIN_OK;
}

/* ---- headers --------------------------------------------------------------------------------- */

static enum serin_status decode_header(const char *value, char *out, size_t *out_length,
                                       struct serin_error *err)
{
    size_t length = 0;
    for (const char *at = value; *at; at++) {
        char byte = *at;
        if (byte == '%') {
            int high = text_hex_digit(at[1]);
            int low = high < 0 ? -1 : text_hex_digit(at[2]);
            if (low < 0) {
                return serin_fail(err, SERIN_INVALID,
                                  "\"%%\" without two hexadecimal digits; write it as %%25");
            }
            byte = (char)(high * 16 + low);
            at += 2;
        }
        if (length == CLOUD_EVENT_TEXT_BYTES_MAX) {
            return serin_fail(err, SERIN_INVALID, "longer than %d bytes",
                              CLOUD_EVENT_TEXT_BYTES_MAX);
        }
        out[length++] = byte;
    }
    *out_length = length;
    return SERIN_OK;
}

/* `room` has CLOUD_EVENT_TEXT_BYTES_MAX bytes for the text, which stays there. */
static enum serin_status take_header(const struct attribute_row *row, const char *value, char *room,
                                     struct cloud_event *event, struct serin_error *err)
{
    struct text_view text = {room, 0};
    TRY(decode_header(value, room, &text.length, err));
    if (!text_is_printable(text)) {
        return serin_fail(err, SERIN_INVALID, "has control characters or is not UTF-8");
    }
    return take(row, text, event, err);
}

enum serin_status cloud_event_from_headers(const struct cloud_event_headers *headers,
                                           struct cloud_event_scratch *scratch,
                                           struct cloud_event *out, struct serin_error *err)
{
    const char *const values[ATTRIBUTES] = {
        [ATTRIBUTE_SPECVERSION] = headers->specversion, [ATTRIBUTE_ID] = headers->id,
        [ATTRIBUTE_SOURCE] = headers->source,           [ATTRIBUTE_TYPE] = headers->type,
        [ATTRIBUTE_SUBJECT] = headers->subject,         [ATTRIBUTE_TIME] = headers->time,
    };
    struct cloud_event event = {.has_time = false};
    uint32_t set = 0;
    for (size_t i = 0; i < ATTRIBUTES; i++) {
        char *room = scratch->bytes + i * CLOUD_EVENT_TEXT_BYTES_MAX;
        enum serin_status status =
            values[i] ? take_header(&rows[i], values[i], room, &event, err) : SERIN_OK;
        if (status != SERIN_OK) {
            serin_error_at(err, "ce-%s", rows[i].name.start);
            return status;
        }
        set |= values[i] ? BIT(i) : 0;
    }
    TRY(settle(&event, set, "ce-", err));
    *out = event;
    return SERIN_OK;
}
