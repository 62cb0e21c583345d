#include "analysis/ingest.h"

#include "base/number.h"
#include "base/rfc3339.h"
#include "platform/gzip.h"
#include "source/event_line.h"
#include "source/ndjson.h"

#include <string.h>

enum {
    EXPANSION_MAX = 200,        /* of a compressed body; real events reach about 30 */
    AHEAD_MAX_MS = 3600 * 1000, /* clocks of senders may be wrong, but not by so much */
};

struct ingest {
    const struct catalog *catalog;
    struct store *store;
    struct ingest_request request;
    struct store_batch *batch;
    struct ndjson_reader *reader;
    struct gzip_inflater *inflater; /* NULL: the body is not compressed */
    uint64_t bytes;                 /* of lines so far */
    struct serin_error failure;     /* the first one; SERIN_OK: none */

    const struct catalog_stream *last; /* stream of the event before */
};

/* ---- one event ------------------------------------------------------------------------------- */

static enum serin_status find_stream(const struct ingest *ingest, struct text_view name,
                                     const struct catalog_stream **out, struct serin_error *err)
{
    char text[EVENT_TEXT_BYTES_MAX + 1];
    const struct catalog_stream *stream = NULL;
    memcpy(text, name.start, name.length);
    text[name.length] = '\0';
    enum serin_status status = catalog_stream_find(ingest->catalog, text, &stream, err);
    serin_error_at(err, "stream");
    TRY(status);
    if (ingest->request.may_write &&
        !ingest->request.may_write(ingest->request.context, stream->stream.name)) {
        return serin_fail(err, SERIN_DENIED, "this sender may not write to stream \"%s\"",
                          stream->stream.name);
    }
    if (stream->driver != &store_driver) {
        return serin_fail(err, SERIN_INVALID,
                          "stream \"%s\" is read from source \"%s\"; only streams of the embedded "
                          "store take events",
                          stream->stream.name, stream->stream.source);
    }
    serin_error_clear(err);
    *out = stream;
    return SERIN_OK;
}

static enum serin_status stream_of(struct ingest *ingest, const struct label_event *event,
                                   const struct stream **out, struct serin_error *err)
{
    if (!ingest->last || !text_equals(event->stream, ingest->last->stream.name)) {
        TRY(find_stream(ingest, event->stream, &ingest->last, err));
    }
    *out = &ingest->last->stream;
    return SERIN_OK;
}

static enum serin_status too_old(const struct stream *stream, int64_t time_ms,
                                 const struct ingest *ingest, struct serin_error *err)
{
    char text[RFC3339_SIZE];
    int64_t as_seconds_ms = 0;
    bool overflows = __builtin_mul_overflow(time_ms, INT64_C(1000), &as_seconds_ms);
    int64_t now_ms = ingest->request.now_ms;
    bool are_seconds = !overflows && as_seconds_ms >= now_ms - stream->retention_ms &&
                       as_seconds_ms <= now_ms + AHEAD_MAX_MS;
    rfc3339_format(time_ms, text);
    serin_error_at(err, "time");
    return serin_fail(err, SERIN_INVALID, "%s is older than the %s that stream \"%s\" %s", text,
                      number_write_duration(stream->retention_ms, NUMBER_TEXT), stream->name,
                      are_seconds ? "keeps; the number looks like seconds, send milliseconds"
                                  : "keeps events for");
}

static enum serin_status check_time(const struct ingest *ingest, const struct stream *stream,
                                    int64_t time_ms, struct serin_error *err)
{
    int64_t now_ms = ingest->request.now_ms;
    if (time_ms < now_ms - stream->retention_ms) {
        return too_old(stream, time_ms, ingest, err);
    }
    if (time_ms > now_ms + AHEAD_MAX_MS) {
        char text[RFC3339_SIZE];
        rfc3339_format(time_ms, text);
        serin_error_at(err, "time");
        return serin_fail(err, SERIN_INVALID,
                          "%s is more than an hour ahead; check the sender's clock", text);
    }
    return SERIN_OK;
}

static bool has_dimension(const struct stream *stream, struct text_view dimension)
{
    for (size_t i = 0; i < stream->slice_count; i++) {
        if (text_equals(dimension, stream->slices[i])) {
            return true;
        }
    }
    return false;
}

static enum serin_status check_slices(const struct stream *stream, const struct label_event *event,
                                      struct serin_error *err)
{
    for (size_t i = 0; i < event->slice_count; i++) {
        if (!has_dimension(stream, event->slices[i].dimension)) {
            serin_error_at(err, "slices");
            return serin_fail(
                err, SERIN_INVALID,
                "stream \"%s\" has no slice dimension %s; add it to its configuration "
                "or leave it out",
                stream->name, TEXT_QUOTE(event->slices[i].dimension));
        }
    }
    return SERIN_OK;
}

static enum serin_status take_event(void *context, const struct label_event *event,
                                    struct serin_error *err)
{
    struct ingest *ingest = context;
    const struct stream *stream = NULL;
    TRY(stream_of(ingest, event, &stream, err));
    TRY(check_time(ingest, stream, event->time_ms, err));
    TRY(check_slices(stream, event, err));
    return store_batch_add(ingest->batch, stream, event, err);
}

/* ---- the body -------------------------------------------------------------------------------- */

static enum serin_status take_lines(void *context, const char *bytes, size_t length,
                                    struct serin_error *err)
{
    struct ingest *ingest = context;
    ingest->bytes += length;
    if (ingest->bytes > INGEST_BODY_BYTES_MAX) {
        return serin_fail(err, SERIN_TOO_LARGE,
                          "the body has more than %d bytes; send events in several batches",
                          INGEST_BODY_BYTES_MAX);
    }
    return ndjson_reader_push(ingest->reader, bytes, length, err);
}

static enum serin_status no_memory(struct serin_error *err)
{
    return serin_fail(err, SERIN_NO_MEMORY, "no memory left for the batch");
}

static enum serin_status prepare(struct ingest *ingest, struct serin_error *err)
{
    ingest->batch = store_batch_create(ingest->store);
    ingest->reader = ndjson_reader_create(take_event, ingest);
    if (!ingest->batch || !ingest->reader) {
        return no_memory(err);
    }
    if (!ingest->request.is_gzip) {
        return SERIN_OK;
    }
    struct gzip_limits limits = {.output = INGEST_BODY_BYTES_MAX, .ratio = EXPANSION_MAX};
    return gzip_inflater_create(limits, take_lines, ingest, &ingest->inflater, err);
}

static enum serin_status check_name(struct text_view name, struct serin_error *err)
{
    const char *wrong = name.length > STORE_BATCH_NAME_MAX ? "longer than 256 bytes"
                        : !text_is_printable(name) ? "has control characters or is not UTF-8"
                                                   : NULL;
    if (wrong) {
        serin_error_at(err, "Idempotency-Key");
        return serin_fail(err, SERIN_INVALID, "%s", wrong);
    }
    return SERIN_OK;
}

enum serin_status ingest_create(const struct catalog *catalog, struct store *store,
                                const struct ingest_request *request, struct ingest **out,
                                struct serin_error *err)
{
    TRY(check_name(request->batch, err));
    owned(ingest) ingest = memory_allocate(1, sizeof(*ingest));
    if (!ingest) {
        return no_memory(err);
    }
    ingest->catalog = catalog;
    ingest->store = store;
    ingest->request = *request;
    TRY(prepare(ingest, err));
    *out = give(ingest);
    return SERIN_OK;
}

void ingest_destroy(struct ingest *ingest)
{
    if (ingest) {
        store_batch_destroy(ingest->batch);
        ndjson_reader_destroy(ingest->reader);
        gzip_inflater_destroy(ingest->inflater);
        memory_free(ingest);
    }
}

/* Keeps the first failure and hands out that one ever after. */
static enum serin_status settle(struct ingest *ingest, enum serin_status status,
                                const struct serin_error *failure, struct serin_error *err)
{
    if (ingest->failure.status == SERIN_OK && status != SERIN_OK) {
        ingest->failure = *failure;
        ingest->failure.status = status;
    }
    if (err && ingest->failure.status != SERIN_OK) {
        *err = ingest->failure;
    }
    return ingest->failure.status;
}

enum serin_status ingest_push(struct ingest *ingest, const char *bytes, size_t length,
                              struct serin_error *err)
{
    struct serin_error failure = {0};
    enum serin_status status = SERIN_OK;
    if (ingest->failure.status == SERIN_OK) {
        status = ingest->inflater ? gzip_inflater_push(ingest->inflater, bytes, length, &failure)
                                  : take_lines(ingest, bytes, length, &failure);
    }
    return settle(ingest, status, &failure, err);
}

static enum serin_status finish(struct ingest *ingest, struct append_result *out,
                                struct serin_error *err)
{
    if (ingest->inflater) {
        TRY(gzip_inflater_finish(ingest->inflater, err));
    }
    TRY(ndjson_reader_finish(ingest->reader, err));
    return store_append(ingest->store, ingest->request.batch, ingest->batch, out, err);
}

enum serin_status ingest_finish(struct ingest *ingest, struct append_result *out,
                                struct serin_error *err)
{
    struct serin_error failure = {0};
    enum serin_status status = SERIN_OK;
    if (ingest->failure.status == SERIN_OK) {
        status = finish(ingest, out, &failure);
    }
    return settle(ingest, status, &failure, err);
}
