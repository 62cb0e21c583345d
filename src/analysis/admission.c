#include "analysis/admission.h"

#include "analysis/ingest.h"
#include "base/number.h"
#include "base/rfc3339.h"
#include "source/event_line.h"

#include <string.h>

enum { AHEAD_MAX_MS = 3600 * 1000 /* clocks of senders may be wrong, but not by so much */ };

struct admission admission_of(const struct catalog *catalog, const struct ingest_request *request)
{
    return (struct admission){.catalog = catalog,
                              .now_ms = request->now_ms,
                              .may_write = request->may_write,
                              .context = request->context};
}

static enum serin_status find_stream(const struct admission *admission, struct text_view name,
                                     const struct catalog_stream **out, struct serin_error *err)
{
    char text[EVENT_TEXT_BYTES_MAX + 1];
    const struct catalog_stream *stream = NULL;
    memcpy(text, name.start, name.length);
    text[name.length] = '\0';
    enum serin_status status = catalog_stream_find(admission->catalog, text, &stream, err);
    serin_error_at(err, "stream");
    TRY(status);
    if (admission->may_write && !admission->may_write(admission->context, stream->stream.name)) {
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

static enum serin_status stream_of(struct admission *admission, const struct label_event *event,
                                   const struct stream **out, struct serin_error *err)
{
    if (!admission->last || !text_equals(event->stream, admission->last->stream.name)) {
        TRY(find_stream(admission, event->stream, &admission->last, err));
    }
    *out = &admission->last->stream;
    return SERIN_OK;
}

static enum serin_status too_old(const struct stream *stream, int64_t time_ms,
                                 const struct admission *admission, struct serin_error *err)
{
    char text[RFC3339_SIZE];
    int64_t as_seconds_ms = 0;
    bool overflows = __builtin_mul_overflow(time_ms, INT64_C(1000), &as_seconds_ms);
    int64_t now_ms = admission->now_ms;
    bool are_seconds = !overflows && as_seconds_ms >= now_ms - stream->retention_ms &&
                       as_seconds_ms <= now_ms + AHEAD_MAX_MS;
    rfc3339_format(time_ms, text);
    serin_error_at(err, "time");
    return serin_fail(err, SERIN_INVALID, "%s is older than the %s that stream \"%s\" %s", text,
                      number_write_duration(stream->retention_ms, NUMBER_TEXT), stream->name,
                      are_seconds ? "keeps; the number looks like seconds, send milliseconds"
                                  : "keeps events for");
}

static enum serin_status check_time(const struct admission *admission, const struct stream *stream,
                                    int64_t time_ms, struct serin_error *err)
{
    int64_t now_ms = admission->now_ms;
    if (time_ms < now_ms - stream->retention_ms) {
        return too_old(stream, time_ms, admission, err);
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

static enum serin_status check_slices(const struct stream *stream, const struct label_event *event,
                                      struct serin_error *err)
{
    for (size_t i = 0; i < event->slice_count; i++) {
        if (!stream_has_slice(stream, event->slices[i].dimension)) {
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

enum serin_status admission_add(struct admission *admission, struct store_batch *batch,
                                const struct label_event *event, struct serin_error *err)
{
    const struct stream *stream = NULL;
    TRY(stream_of(admission, event, &stream, err));
    TRY(check_time(admission, stream, event->time_ms, err));
    TRY(check_slices(stream, event, err));
    return store_batch_add(batch, stream, event, err);
}
