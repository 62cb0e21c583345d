#include "analysis/cloud_events.h"

#include "analysis/admission.h"
#include "analysis/once.h"
#include "source/event_line.h"

#include <stdio.h>
#include <string.h>

/* One request being read, perhaps more than once. */
struct reading {
    const struct cloud_events_request *request;
    struct text_view body; /* unpacked */
    struct admission admission;
    struct event_ids *ids;
    struct store_batch *batch;
    uint64_t events;
    struct cloud_event_scratch envelope_scratch;
    struct event_scratch event_scratch;
};

/* Puts what is around a place before it: "label" becomes "data.label". */
static void within(struct serin_error *err, const char *around, const char *separator)
{
    if (err) {
        char inner[sizeof(err->field)];
        memcpy(inner, err->field, sizeof(inner));
        serin_error_at(err, "%s%s%s", around, inner[0] ? separator : "", inner);
    }
}

/* ---- one event ------------------------------------------------------------------------------- */

/* Neither part can hold a zero byte, so no two events have the same text. */
static enum serin_status note_id(struct reading *reading, const struct cloud_event *event,
                                 bool *out_is_new, struct serin_error *err)
{
    char text[2 * CLOUD_EVENT_TEXT_BYTES_MAX + 1];
    memcpy(text, event->source.start, event->source.length);
    text[event->source.length] = '\0';
    memcpy(text + event->source.length + 1, event->id.start, event->id.length);
    struct text_view id = {text, event->source.length + 1 + event->id.length};
    enum serin_status status = event_ids_note(reading->ids, id, out_is_new);
    return status == SERIN_OK ? SERIN_OK : serin_fail(err, status, "no memory for the event's id");
}

static enum serin_status take_data(struct reading *reading, const struct cloud_event *envelope,
                                   struct serin_error *err)
{
    struct label_event event;
    struct event_defaults defaults = {.has_time = envelope->has_time, .time_ms = envelope->time_ms};
    if (envelope->subject.length <= EVENT_TEXT_BYTES_MAX) {
        defaults.stream = envelope->subject;
    }
    TRY(event_object_parse(envelope->data, &defaults, &reading->event_scratch, &event, err));
    bool is_new = false;
    TRY(note_id(reading, envelope, &is_new, err));
    return is_new ? admission_add(&reading->admission, reading->batch, &event, err) : SERIN_OK;
}

static enum serin_status take_envelope(struct reading *reading, struct json_scan *scan,
                                       struct serin_error *err)
{
    struct cloud_event envelope;
    reading->events++;
    TRY(cloud_event_parse(scan, &reading->envelope_scratch, &envelope, err));
    if (envelope.data.length == 0) {
        serin_error_at(err, "data");
        return serin_fail(err, SERIN_INVALID, "missing; it holds the label event");
    }
    enum serin_status status = take_data(reading, &envelope, err);
    if (status != SERIN_OK) {
        within(err, "data", ".");
    }
    return status;
}

/* ---- the modes ------------------------------------------------------------------------------- */

static const char body_end[] = "the end of the body";

static enum serin_status read_structured(struct reading *reading, struct json_scan *scan,
                                         struct serin_error *err)
{
    TRY(take_envelope(reading, scan, err));
    return json_read_end(scan, body_end, err);
}

static enum serin_status read_item(void *context, struct json_scan *scan, struct serin_error *err)
{
    struct reading *reading = context;
    char place[32];
    enum serin_status status = take_envelope(reading, scan, err);
    if (status != SERIN_OK) {
        (void)snprintf(place, sizeof(place), "event %llu", (unsigned long long)reading->events);
        within(err, place, ": ");
    }
    return status;
}

static enum serin_status read_batched(struct reading *reading, struct json_scan *scan,
                                      struct serin_error *err)
{
    TRY(json_read_list(scan, "a list of CloudEvents", read_item, reading, err));
    return json_read_end(scan, body_end, err);
}

static enum serin_status read_binary(struct reading *reading, struct json_scan *scan,
                                     struct serin_error *err)
{
    struct cloud_event envelope;
    (void)scan;
    TRY(cloud_event_from_headers(reading->request->headers, &reading->envelope_scratch, &envelope,
                                 err));
    envelope.data = reading->body;
    reading->events++;
    return take_data(reading, &envelope, err);
}

typedef enum serin_status read_mode(struct reading *reading, struct json_scan *scan,
                                    struct serin_error *err);
static read_mode *const modes[] = {
    [CLOUD_EVENT_STRUCTURED] = read_structured,
    [CLOUD_EVENT_BATCHED] = read_batched,
    [CLOUD_EVENT_BINARY] = read_binary,
};

static enum serin_status read_request(void *context, struct event_ids *ids,
                                      struct store_batch *batch, struct serin_error *err)
{
    struct reading *reading = context;
    struct json_scan scan = json_scan_of(reading->body);
    reading->ids = ids;
    reading->batch = batch;
    reading->events = 0;
    return modes[reading->request->mode](reading, &scan, err);
}

enum serin_status cloud_events_ingest(const struct catalog *catalog, struct store *store,
                                      const struct cloud_events_request *request,
                                      struct cloud_events_result *out, struct serin_error *err)
{
    const struct ingest_request *about = request->about;
    owned_memory char *unpacked = NULL;
    struct append_result appended = {0};
    struct reading reading = {.request = request, .admission = admission_of(catalog, about)};
    TRY(once_unpack(request->body, about->is_gzip, &reading.body, &unpacked, err));
    TRY(once_append(store, read_request, &reading, &appended, err));
    *out = (struct cloud_events_result){reading.events, reading.events - appended.accepted};
    return SERIN_OK;
}
