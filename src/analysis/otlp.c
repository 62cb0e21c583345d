#include "analysis/otlp.h"

#include "analysis/admission.h"
#include "analysis/once.h"
#include "analysis/otlp_event.h"

#include <string.h>

/* One request being read, perhaps more than once. */
struct reading {
    struct text_view body; /* unpacked */
    struct admission admission;
    struct event_ids *ids;
    struct store_batch *batch;
    struct otlp_result result;
    struct otlp_event_scratch scratch;
};

static enum serin_status no_memory(struct serin_error *err)
{
    return serin_fail(err, SERIN_NO_MEMORY, "no memory left for the request");
}

/* ---- one record ------------------------------------------------------------------------------ */

/* Whether the record counts: one without an id of its own always does. */
static enum serin_status note_record(struct reading *reading, const struct otlp_record *record,
                                     bool *out_is_new, struct serin_error *err)
{
    static const struct text_view attribute = TEXT_VIEW("log.record.uid");
    static const char family[] = "otlp"; /* with its zero byte, which no body and no uid has */
    char bytes[sizeof(family) + OTLP_TEXT_BYTES_MAX];
    struct otlp_room room;
    struct text_view uid = {0};
    struct text_view value = otlp_record_value(record, attribute);
    if (otlp_value_text(value, &room, &uid, NULL) != SERIN_OK || uid.length == 0) {
        *out_is_new = true;
        return SERIN_OK;
    }
    memcpy(bytes, family, sizeof(family));
    memcpy(bytes + sizeof(family), uid.start, uid.length);
    struct text_view id = {bytes, sizeof(family) + uid.length};
    return event_ids_note(reading->ids, id, out_is_new) == SERIN_OK ? SERIN_OK : no_memory(err);
}

static enum serin_status add_event(struct reading *reading, const struct catalog_stream *stream,
                                   const struct otlp_record *record, struct serin_error *err)
{
    struct label_event event;
    TRY(otlp_event_make(stream, record, &reading->scratch, &event, err));
    return admission_add(&reading->admission, reading->batch, &event, err);
}

/* What is wrong with the record, and with no other. */
static bool is_its_own_fault(enum serin_status status)
{
    return status == SERIN_INVALID || status == SERIN_DENIED || status == SERIN_RANGE;
}

static void tell_reason(struct reading *reading, const struct catalog_stream *stream,
                        const struct otlp_record *record, const struct serin_error *failure)
{
    struct serin_error *reason = &reading->result.reason;
    if (reading->result.rejected > 0) {
        return;
    }
    (void)serin_fail(reason, failure->status, "log record %llu, stream \"%s\"%s%s: %s",
                     (unsigned long long)record->number, stream->stream.name,
                     failure->field[0] ? ", " : "", failure->field, failure->detail);
}

/* Adds the record's event of one stream, or remembers why it has none. */
static enum serin_status try_event(struct reading *reading, const struct catalog_stream *stream,
                                   const struct otlp_record *record, bool *is_rejected,
                                   struct serin_error *err)
{
    struct serin_error failure = {0};
    enum serin_status status = add_event(reading, stream, record, &failure);
    if (is_its_own_fault(status)) {
        tell_reason(reading, stream, record, &failure);
        *is_rejected = true;
        return SERIN_OK;
    }
    return status == SERIN_OK ? SERIN_OK : serin_fail(err, status, "%s", failure.detail);
}

/* The next stream from `*next` on that wants the record, or NULL. */
static const struct catalog_stream *next_stream(const struct reading *reading,
                                                const struct otlp_record *record, size_t *next)
{
    const struct catalog *catalog = reading->admission.catalog;
    while (*next < catalog_stream_count(catalog)) {
        const struct catalog_stream *stream = catalog_stream_at(catalog, (*next)++);
        if (stream->otlp && otlp_event_is_of(stream, record)) {
            return stream;
        }
    }
    return NULL;
}

static enum serin_status take_record(void *context, const struct otlp_record *record,
                                     struct serin_error *err)
{
    struct reading *reading = context;
    size_t next = 0;
    const struct catalog_stream *stream = next_stream(reading, record, &next);
    bool is_new = false;
    bool is_rejected = false;
    reading->result.records++;
    if (!stream) {
        return SERIN_OK;
    }
    TRY(note_record(reading, record, &is_new, err));
    for (; is_new && stream; stream = next_stream(reading, record, &next)) {
        TRY(try_event(reading, stream, record, &is_rejected, err));
    }
    reading->result.repeated += !is_new;
    reading->result.rejected += is_rejected;
    return SERIN_OK;
}

/* ---- the request ----------------------------------------------------------------------------- */

/* Exporters send a request again as it was, so its bytes tell it. */
static enum serin_status read_request(void *context, struct event_ids *ids,
                                      struct store_batch *batch, struct serin_error *err)
{
    struct reading *reading = context;
    bool is_new = false;
    reading->ids = ids;
    reading->batch = batch;
    reading->result = (struct otlp_result){.records = 0};
    if (event_ids_note(ids, reading->body, &is_new) != SERIN_OK) {
        return no_memory(err);
    }
    reading->result.is_repeat = !is_new;
    return is_new ? otlp_logs_read(reading->body, take_record, reading, err) : SERIN_OK;
}

static enum serin_status check_streams(const struct catalog *catalog, struct serin_error *err)
{
    for (size_t i = 0; i < catalog_stream_count(catalog); i++) {
        if (catalog_stream_at(catalog, i)->otlp) {
            return SERIN_OK;
        }
    }
    return serin_fail(err, SERIN_INVALID,
                      "no stream takes log records; give one the key otlp in the configuration");
}

enum serin_status otlp_ingest(const struct catalog *catalog, struct store *store,
                              const struct ingest_request *about, struct text_view body,
                              struct otlp_result *out, struct serin_error *err)
{
    owned_memory char *unpacked = NULL;
    struct append_result appended = {0};
    struct reading reading = {.admission = admission_of(catalog, about)};
    TRY(check_streams(catalog, err));
    TRY(once_unpack(body, about->is_gzip, &reading.body, &unpacked, err));
    TRY(once_append(store, read_request, &reading, &appended, err));
    reading.result.events = appended.accepted;
    *out = reading.result;
    return SERIN_OK;
}
