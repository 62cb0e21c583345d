#include "source/event_line.h"

#include "base/memory.h"
#include "base/rfc3339.h"
#include "source/json_scan.h"

#include <string.h>

#define COUNT_MAX (INT64_C(1) << 53)

enum field {
    FIELD_STREAM,
    FIELD_TIME,
    FIELD_ARM,
    FIELD_POD,
    FIELD_LABEL,
    FIELD_REFERENCE,
    FIELD_KEY,
    FIELD_SLICES,
    FIELD_COUNT,
    FIELDS
};
#define BIT(field) (UINT32_C(1) << (field))

struct line_reader {
    struct json_scan scan;
    struct label_event *event;
    uint8_t *successor; /* see struct event_scratch */
    uint32_t seen;      /* bit per field that was written, null or not */
    uint32_t set;       /* bit per field that has a value */
};

/* Reads a field's value into `member`, the field's place in the event. */
typedef enum serin_status read_value(struct line_reader *reader, void *member,
                                     struct serin_error *err);

/* ---- values ---------------------------------------------------------------------------------- */

/* Reads into the event at once, which goes no further when anything fails. */
static enum serin_status read_filled_text(struct json_scan *scan, struct text_view *text,
                                          struct serin_error *err)
{
    TRY(json_read_text(scan, EVENT_TEXT_BYTES_MAX, text, err));
    if (text->length == 0) {
        return serin_fail(err, SERIN_INVALID, "empty text; leave the field out where unknown");
    }
    return SERIN_OK;
}

static enum serin_status read_text(struct line_reader *reader, void *member,
                                   struct serin_error *err)
{
    return read_filled_text(&reader->scan, member, err);
}

static enum serin_status read_time(struct line_reader *reader, void *member,
                                   struct serin_error *err)
{
    int64_t *time_ms = member;
    json_skip_space(&reader->scan);
    if (reader->scan.at == reader->scan.end || *reader->scan.at != '"') {
        TRY(json_read_integer(&reader->scan, time_ms, err));
        if (*time_ms < 0 || *time_ms > UNIX_MS_MAX) {
            return serin_fail(err, SERIN_INVALID, "%lld is not a time in Unix milliseconds",
                              (long long)*time_ms);
        }
        return SERIN_OK;
    }
    struct text_view text = {0};
    TRY(json_read_text(&reader->scan, EVENT_TEXT_BYTES_MAX, &text, err));
    if (rfc3339_parse(text, time_ms) != SERIN_OK) {
        return serin_fail(err, SERIN_INVALID,
                          "%s is not an RFC 3339 time; write \"2026-01-31T12:00:00.250Z\" or Unix "
                          "milliseconds as a number",
                          TEXT_QUOTE(text));
    }
    return SERIN_OK;
}

static enum serin_status read_count(struct line_reader *reader, void *member,
                                    struct serin_error *err)
{
    int64_t count = 0;
    TRY(json_read_integer(&reader->scan, &count, err));
    if (count < 1 || count > COUNT_MAX) {
        return serin_fail(err, SERIN_INVALID,
                          "%lld is not a count; a whole number from 1 to 2^53 is needed",
                          (long long)count);
    }
    uint64_t *event_count = member;
    *event_count = (uint64_t)count;
    return SERIN_OK;
}

static bool has_dimension(const struct label_event *event, struct text_view dimension)
{
    for (size_t i = 0; i < event->slice_count; i++) {
        if (text_equal(event->slices[i].dimension, dimension)) {
            return true;
        }
    }
    return false;
}

static enum serin_status read_slice(struct line_reader *reader, struct serin_error *err)
{
    struct label_event *event = reader->event;
    if (event->slice_count == SLICE_DIMENSIONS_MAX) {
        return serin_fail(err, SERIN_INVALID, "more than %d dimensions", SLICE_DIMENSIONS_MAX);
    }
    struct slice_value *slice = &event->slices[event->slice_count];
    TRY(read_filled_text(&reader->scan, &slice->dimension, err));
    if (has_dimension(event, slice->dimension)) {
        return serin_fail(err, SERIN_INVALID, "dimension %s twice", TEXT_QUOTE(slice->dimension));
    }
    if (!json_take(&reader->scan, ':')) {
        return json_expected(&reader->scan, "\":\"", err);
    }
    TRY(read_filled_text(&reader->scan, &slice->value, err));
    event->slice_count++;
    return SERIN_OK;
}

static enum serin_status read_slices(struct line_reader *reader, void *member,
                                     struct serin_error *err)
{
    (void)member;
    if (!json_take(&reader->scan, '{')) {
        return json_expected(&reader->scan, "an object such as {\"region\":\"eu\"}", err);
    }
    if (json_take(&reader->scan, '}')) {
        return SERIN_OK;
    }
    do {
        TRY(read_slice(reader, err));
    } while (json_take(&reader->scan, ','));
    if (!json_take(&reader->scan, '}')) {
        return json_expected(&reader->scan, "\",\" or \"}\"", err);
    }
    return SERIN_OK;
}

/* ---- fields ---------------------------------------------------------------------------------- */

struct field_row {
    struct text_view name;
    struct text_view written; /* in JSON, with its colon */
    read_value *read;
    size_t offset;
};

#define FIELD(name)  TEXT_VIEW(#name), TEXT_VIEW("\"" #name "\":")
#define MEMBER(name) offsetof(struct label_event, name)

static const struct field_row field_rows[FIELDS] = {
    [FIELD_STREAM] = {FIELD(stream),    read_text,   MEMBER(stream)   },
    [FIELD_TIME] = {FIELD(time),      read_time,   MEMBER(time_ms)  },
    [FIELD_ARM] = {FIELD(arm),       read_text,   MEMBER(arm)      },
    [FIELD_POD] = {FIELD(pod),       read_text,   MEMBER(pod)      },
    [FIELD_LABEL] = {FIELD(label),     read_text,   MEMBER(label)    },
    [FIELD_REFERENCE] = {FIELD(reference), read_text,   MEMBER(reference)},
    [FIELD_KEY] = {FIELD(key),       read_text,   MEMBER(key)      },
    [FIELD_SLICES] = {FIELD(slices),    read_slices, 0                },
    [FIELD_COUNT] = {FIELD(count),     read_count,  MEMBER(count)    },
};
static const char field_names[] = "stream, time, arm, pod, label, reference, key, slices, count";

static const struct field_row *find_field(struct text_view name)
{
    for (size_t i = 0; i < FIELDS; i++) {
        if (text_equal(field_rows[i].name, name)) {
            return &field_rows[i];
        }
    }
    return NULL;
}

static enum serin_status read_field_name(struct line_reader *reader, enum field *out,
                                         struct serin_error *err)
{
    struct json_scan before = reader->scan;
    struct text_view name = {0};
    TRY(json_read_text(&reader->scan, EVENT_TEXT_BYTES_MAX, &name, err));
    const struct field_row *row = find_field(name);
    if (!row) {
        return serin_fail(err, SERIN_INVALID, "unknown field %s; known: %s", TEXT_QUOTE(name),
                          field_names);
    }
    /* A name that was written with escapes is not needed any longer. */
    reader->scan.spare = before.spare;
    reader->scan.spare_size = before.spare_size;
    *out = (enum field)(row - field_rows);
    return SERIN_OK;
}

static inline uint64_t load_eight(const char *bytes)
{
    uint64_t word;
    memcpy(&word, bytes, sizeof(word));
    return word;
}

static inline uint32_t load_four(const char *bytes)
{
    uint32_t word;
    memcpy(&word, bytes, sizeof(word));
    return word;
}

/* Whether two texts of 4 to 16 bytes are equal: two loads each, which overlap in the middle. */
static inline bool is_same(const char *a, const char *b, size_t length)
{
    if (length < 8) {
        size_t last = length - 4;
        return load_four(a) == load_four(b) && load_four(a + last) == load_four(b + last);
    }
    size_t last = length - 8;
    return load_eight(a) == load_eight(b) && load_eight(a + last) == load_eight(b + last);
}

/*
 * Most lines name the fields as the line before did, without spaces: one comparison then does for
 * reading, unescaping and looking up. Whether `guess` comes next, with its colon; then it is
 * skipped.
 */
static bool take_guessed_field(struct json_scan *scan, enum field guess)
{
    struct text_view written = field_rows[guess].written;
    if ((size_t)(scan->end - scan->at) < written.length ||
        !is_same(scan->at, written.start, written.length)) {
        return false;
    }
    scan->at += written.length;
    return true;
}

static enum serin_status read_field_start(struct line_reader *reader, enum field previous,
                                          enum field *out, struct serin_error *err)
{
    uint8_t *guess = &reader->successor[previous];
    if (take_guessed_field(&reader->scan, *guess)) {
        *out = *guess;
        return SERIN_OK;
    }
    enum field field = FIELDS;
    TRY(read_field_name(reader, &field, err));
    if (!json_take(&reader->scan, ':')) {
        return json_expected(&reader->scan, "\":\"", err);
    }
    *guess = (uint8_t)field;
    *out = field;
    return SERIN_OK;
}

static enum serin_status read_field_value(struct line_reader *reader, enum field field,
                                          struct serin_error *err)
{
    if (reader->seen & BIT(field)) {
        return serin_fail(err, SERIN_INVALID, "given twice");
    }
    reader->seen |= BIT(field);
    if (json_take_null(&reader->scan)) {
        return SERIN_OK;
    }
    reader->set |= BIT(field);
    return field_rows[field].read(reader, (char *)reader->event + field_rows[field].offset, err);
}

/* `*field` is the field before (FIELDS at the start) and becomes the one read. */
static enum serin_status read_field(struct line_reader *reader, enum field *field,
                                    struct serin_error *err)
{
    TRY(read_field_start(reader, *field, field, err));
    enum serin_status status = read_field_value(reader, *field, err);
    if (status != SERIN_OK) {
        serin_error_at(err, "%s", field_rows[*field].name.start);
    }
    return status;
}

/* ---- the line -------------------------------------------------------------------------------- */

static enum serin_status read_object(struct line_reader *reader, struct serin_error *err)
{
    if (!json_take(&reader->scan, '{')) {
        return json_expected(&reader->scan, "a JSON object", err);
    }
    if (!json_take(&reader->scan, '}')) {
        enum field field = FIELDS;
        do {
            TRY(read_field(reader, &field, err));
        } while (json_take(&reader->scan, ','));
        if (!json_take(&reader->scan, '}')) {
            return json_expected(&reader->scan, "\",\" or \"}\"", err);
        }
    }
    return json_read_end(&reader->scan, "the end of the line", err);
}

static enum serin_status missing(enum field field, const char *why, struct serin_error *err)
{
    serin_error_at(err, "%s", field_rows[field].name.start);
    return serin_fail(err, SERIN_INVALID, "missing%s", why);
}

static enum serin_status check_required(uint32_t set, struct serin_error *err)
{
    static const enum field of_every_line[] = {FIELD_STREAM, FIELD_TIME};
    static const enum field of_label[] = {FIELD_ARM, FIELD_POD};
    for (size_t i = 0; i < ARRAY_LENGTH(of_every_line); i++) {
        if (!(set & BIT(of_every_line[i]))) {
            return missing(of_every_line[i], "", err);
        }
    }
    bool is_late_reference = (set & BIT(FIELD_KEY)) && (set & BIT(FIELD_REFERENCE));
    if (!(set & BIT(FIELD_LABEL))) {
        return is_late_reference ? SERIN_OK
                                 : missing(FIELD_LABEL,
                                           "; only a reference that arrives later, with key and "
                                           "reference, does without",
                                           err);
    }
    for (size_t i = 0; i < ARRAY_LENGTH(of_label); i++) {
        if (!(set & BIT(of_label[i]))) {
            return missing(of_label[i], "", err);
        }
    }
    return SERIN_OK;
}

/* Only the slices that there are: the rest of the array is most of an event. */
static void copy_event(const struct label_event *event, struct label_event *out)
{
    memcpy(out, event, offsetof(struct label_event, slices));
    memcpy(out->slices, event->slices, event->slice_count * sizeof(event->slices[0]));
    out->slice_count = event->slice_count;
}

static void fill_in(struct line_reader *reader, const struct event_defaults *defaults)
{
    if (!(reader->set & BIT(FIELD_STREAM)) && defaults->stream.length > 0) {
        reader->event->stream = defaults->stream;
        reader->set |= BIT(FIELD_STREAM);
    }
    if (!(reader->set & BIT(FIELD_TIME)) && defaults->has_time) {
        reader->event->time_ms = defaults->time_ms;
        reader->set |= BIT(FIELD_TIME);
    }
}

enum serin_status event_object_parse(struct text_view object, const struct event_defaults *defaults,
                                     struct event_scratch *scratch, struct label_event *out,
                                     struct serin_error *err)
{
    struct label_event event;
    event.count = 1;
    event.slice_count = 0;
    event.arm = event.pod = event.label = event.reference = event.key = (struct text_view){0};
    struct line_reader reader = {
        .scan = {object.start, object.start, object.start + object.length, scratch->bytes,
                 sizeof(scratch->bytes)},
        .event = &event,
        .successor = scratch->successor,
    };
    _Static_assert(sizeof(scratch->successor) > FIELDS,
                   "a guess after each field and at the start");
    TRY(read_object(&reader, err));
    fill_in(&reader, defaults);
    TRY(check_required(reader.set, err));
    event.has_label = reader.set & BIT(FIELD_LABEL);
    event.has_reference = reader.set & BIT(FIELD_REFERENCE);
    event.has_key = reader.set & BIT(FIELD_KEY);
    copy_event(&event, out);
    return SERIN_OK;
}

enum serin_status event_line_parse(struct text_view line, struct event_scratch *scratch,
                                   struct label_event *out, struct serin_error *err)
{
    static const struct event_defaults none = {.has_time = false};
    return event_object_parse(line, &none, scratch, out, err);
}
