#include "analysis/otlp_event.h"

#include "base/memory.h"
#include "base/number.h"
#include "base/rfc3339.h"
#include "serin/table.h"
#include "source/json_members.h"

/* One event in the making. */
struct making {
    const struct catalog_stream *stream;
    const struct otlp_mapping *mapping;
    const struct otlp_record *record;
    struct otlp_room *room; /* of the next text */
    struct label_event event;
};

/* ---- which records --------------------------------------------------------------------------- */

static bool value_is(struct text_view any_value, const char *wanted)
{
    struct otlp_room room;
    struct text_view text = {0};
    return otlp_value_text(any_value, &room, &text, NULL) == SERIN_OK && text_equals(text, wanted);
}

static bool has_event_name(const struct otlp_record *record, const char *wanted)
{
    static const struct text_view attribute = TEXT_VIEW("event.name");
    return record->event_name.length > 0 ? json_text_is(record->event_name, text_view_of(wanted))
                                         : value_is(otlp_record_value(record, attribute), wanted);
}

bool otlp_event_is_of(const struct catalog_stream *stream, const struct otlp_record *record)
{
    static const struct text_view service_name = TEXT_VIEW("service.name");
    const struct otlp_mapping *mapping = stream->otlp;
    return (!mapping->event_name || has_event_name(record, mapping->event_name)) &&
           (!mapping->service ||
            value_is(otlp_resource_value(record, service_name), mapping->service)) &&
           (!mapping->scope || json_text_is(record->scope, text_view_of(mapping->scope)));
}

/* ---- values ---------------------------------------------------------------------------------- */

/* The text of an attribute; empty where it is not there or empty. */
static enum serin_status find_text(struct making *making, const char *field, const char *attribute,
                                   struct text_view *out, struct serin_error *err)
{
    struct text_view value = otlp_record_value(making->record, text_view_of(attribute));
    enum serin_status status = otlp_value_text(value, making->room++, out, err);
    if (status != SERIN_OK) {
        serin_error_at(err, "%s, from attribute %s", field, attribute);
    }
    return status;
}

static enum serin_status missing(const char *field, const char *attribute, struct serin_error *err)
{
    serin_error_at(err, "%s", field);
    return serin_fail(
        err, SERIN_INVALID,
        "neither the record nor its resource has a value for attribute \"%s\"; add it, or name "
        "another one in otlp.%s",
        attribute, field);
}

static enum serin_status read_texts(struct making *making, struct serin_error *err)
{
    const struct otlp_mapping *mapping = making->mapping;
    struct label_event *event = &making->event;
    TRY(find_text(making, "label", mapping->label, &event->label, err));
    TRY(find_text(making, "reference", mapping->reference, &event->reference, err));
    TRY(find_text(making, "key", mapping->key, &event->key, err));
    TRY(find_text(making, "arm", mapping->arm, &event->arm, err));
    TRY(find_text(making, "pod", mapping->pod, &event->pod, err));
    event->has_label = event->label.length > 0;
    event->has_reference = event->reference.length > 0;
    event->has_key = event->key.length > 0;
    return SERIN_OK;
}

/* A record without label is a reference that arrives later. */
static enum serin_status check_texts(const struct making *making, struct serin_error *err)
{
    const struct otlp_mapping *mapping = making->mapping;
    const struct label_event *event = &making->event;
    if (!event->has_label) {
        return event->has_key && event->has_reference ? SERIN_OK
                                                      : missing("label", mapping->label, err);
    }
    TRY(event->arm.length > 0 ? SERIN_OK : missing("arm", mapping->arm, err));
    return event->pod.length > 0 ? SERIN_OK : missing("pod", mapping->pod, err);
}

static enum serin_status read_record_time(struct making *making, struct serin_error *err)
{
    const struct otlp_record *record = making->record;
    struct label_event *event = &making->event;
    bool known = false;
    TRY(otlp_time(record->time, &known, &event->time_ms, err));
    if (!known) {
        TRY(otlp_time(record->observed_time, &known, &event->time_ms, err));
    }
    if (!known) {
        return serin_fail(err, SERIN_INVALID,
                          "the record has neither timeUnixNano nor observedTimeUnixNano");
    }
    return SERIN_OK;
}

static enum serin_status read_time(struct making *making, struct serin_error *err)
{
    const char *attribute = making->mapping->time;
    struct text_view text = {0};
    if (!attribute) {
        enum serin_status status = read_record_time(making, err);
        if (status != SERIN_OK) {
            serin_error_at(err, "time");
        }
        return status;
    }
    TRY(find_text(making, "time", attribute, &text, err));
    if (text.length == 0) {
        return missing("time", attribute, err);
    }
    int64_t *time_ms = &making->event.time_ms;
    if (unix_ms_parse(text, time_ms) != SERIN_OK && rfc3339_parse(text, time_ms) != SERIN_OK) {
        serin_error_at(err, "time, from attribute %s", attribute);
        return serin_fail(err, SERIN_INVALID,
                          "%s is neither an RFC 3339 time nor Unix milliseconds", TEXT_QUOTE(text));
    }
    return SERIN_OK;
}

static enum serin_status read_count(struct making *making, struct serin_error *err)
{
    const char *attribute = making->mapping->count;
    struct text_view text = {0};
    uint64_t *count = &making->event.count;
    *count = 1;
    if (!attribute) {
        return SERIN_OK;
    }
    TRY(find_text(making, "count", attribute, &text, err));
    bool is_number = text.length == 0 || number_parse_uint64(text, count) == SERIN_OK;
    if (!is_number || *count < 1 || *count > SERIN_TOTAL_MAX) {
        serin_error_at(err, "count, from attribute %s", attribute);
        return serin_fail(err, SERIN_INVALID, "%s is not a whole number from 1 to 2^53",
                          TEXT_QUOTE(text));
    }
    return SERIN_OK;
}

static enum serin_status read_slices(struct making *making, struct serin_error *err)
{
    const struct stream *stream = &making->stream->stream;
    struct label_event *event = &making->event;
    event->slice_count = 0;
    for (size_t i = 0; i < stream->slice_count; i++) {
        const char *dimension = stream->slices[i];
        const char *attribute = otlp_mapping_slice(making->mapping, dimension);
        struct text_view value = {0};
        TRY(find_text(making, dimension, attribute, &value, err));
        if (value.length > 0) {
            event->slices[event->slice_count++] =
                (struct slice_value){text_view_of(dimension), value};
        }
    }
    return SERIN_OK;
}

enum serin_status otlp_event_make(const struct catalog_stream *stream,
                                  const struct otlp_record *record,
                                  struct otlp_event_scratch *scratch, struct label_event *out,
                                  struct serin_error *err)
{
    struct making making = {.stream = stream,
                            .mapping = stream->otlp,
                            .record = record,
                            .room = scratch->rooms,
                            .event.stream = text_view_of(stream->stream.name)};
    TRY(read_texts(&making, err));
    TRY(check_texts(&making, err));
    TRY(read_time(&making, err));
    TRY(read_count(&making, err));
    TRY(read_slices(&making, err));
    *out = making.event;
    return SERIN_OK;
}
