#include "analysis/analysis.h"

#include "base/buffer.h"
#include "base/json_writer.h"
#include "labels/block_tables.h"
#include "platform/digest.h"

#include <string.h>

enum { QUESTION_BYTES_MAX = 16 * 1024 };

struct question {
    const struct catalog_stream *stream;
    struct spec *spec;
    char *text;
};

void question_destroy(struct question *question)
{
    if (question) {
        spec_destroy(question->spec);
        memory_free(question->text);
        memory_free(question);
    }
}

static enum serin_status write_text(const struct spec *spec, char **out, struct serin_error *err)
{
    owned(buffer) buffer = buffer_create(QUESTION_BYTES_MAX);
    if (!buffer) {
        return serin_fail(err, SERIN_NO_MEMORY, "no memory for the question");
    }
    struct json_writer writer;
    json_writer_init(&writer, buffer);
    spec_write_json(spec, &writer);
    enum serin_status status = json_writer_finish(&writer);
    if (status != SERIN_OK) {
        return serin_fail(err, status, "the question is longer than %d bytes", QUESTION_BYTES_MAX);
    }
    return buffer_take(buffer, out, NULL);
}

enum serin_status question_decode(const struct catalog *catalog, const struct node *request,
                                  struct question **out, struct serin_error *err)
{
    const char *name = NULL;
    TRY(spec_stream_name(request, &name, err));
    const struct catalog_stream *stream = NULL;
    TRY(catalog_stream_find(catalog, name, &stream, err));
    owned(question) question = memory_allocate(1, sizeof(*question));
    if (!question) {
        return serin_fail(err, SERIN_NO_MEMORY, "no memory for the question");
    }
    question->stream = stream;
    TRY(spec_decode(request, &stream->stream, &stream->judgement, &question->spec, err));
    TRY(write_text(question->spec, &question->text, err));
    *out = give(question);
    return SERIN_OK;
}

const struct catalog_stream *question_stream(const struct question *question)
{
    return question->stream;
}

const struct spec *question_spec(const struct question *question)
{
    return question->spec;
}

const char *question_text(const struct question *question)
{
    return question->text;
}

/* A deadline that passed before anything was asked is no failure of the source. */
static enum serin_status fetch_through(const struct catalog_stream *stream,
                                       const struct table_query *query, struct deadline deadline,
                                       struct block_tables **out, struct serin_error *err)
{
    TRY(deadline_check(deadline, "waiting for the source's turn", err));
    TRY(breaker_enter(stream->breaker, stream->stream.source, clock_monotonic(deadline.clock),
                      err));
    struct serin_error cause = {.status = SERIN_OK};
    enum serin_status status =
        stream->driver->fetch(stream->source_state, query, deadline, out, &cause);
    breaker_leave(stream->breaker, status, &cause, clock_monotonic(deadline.clock));
    if (status != SERIN_OK && err) {
        *err = cause;
    }
    return status;
}

enum serin_status question_tables(const struct question *question, int64_t now_ms,
                                  struct deadline deadline, struct block_tables **out,
                                  struct serin_error *err)
{
    const struct catalog_stream *stream = question->stream;
    const struct spec *spec = question->spec;
    struct table_query query = {
        .stream = &stream->stream,
        .arms = {[ARM_CANARY] = spec->canary, [ARM_STABLE] = spec->stable},
        .since_first_canary = spec->window.is_rollout,
        .window_ms = spec->window.width_ms,
        .now_ms = now_ms,
        .paired = spec->judgement.design == DESIGN_PAIRED,
        .limits = table_limits_default,
    };
    TRY(random_bytes(query.limits.key.bytes, sizeof(query.limits.key.bytes), err));
    return stream->breaker
               ? fetch_through(stream, &query, deadline, out, err)
               : stream->driver->fetch(stream->source_state, &query, deadline, out, err);
}

enum serin_status question_judge(const struct question *question, const struct block_tables *tables,
                                 int64_t now_ms, struct verdict *out, struct serin_error *err)
{
    const struct catalog_stream *stream = question->stream;
    struct judge_context context = {.now_ms = now_ms,
                                    .stale_after_ms = stream->stream.stale_after_ms,
                                    .is_sampled = stream_is_sampled(&stream->stream),
                                    .in_maintenance = maintenance_is_open(
                                        stream->maintenance, stream->maintenance_count, now_ms)};
    return judge(question->spec, tables, &context, out, err);
}

/* ---- the answer ------------------------------------------------------------------------------ */

static enum serin_status write_answer(const struct verdict *verdict, const char *id,
                                      struct buffer *buffer, struct serin_error *err)
{
    buffer_clear(buffer);
    struct json_writer writer;
    json_writer_init(&writer, buffer);
    answer_write_json(verdict, id, &writer);
    enum serin_status status = json_writer_finish(&writer);
    if (status != SERIN_OK) {
        return serin_fail(err, SERIN_BUG, "the answer does not fit into %d bytes",
                          ANSWER_BYTES_MAX);
    }
    return SERIN_OK;
}

/* The same question answered alike has the same id, whichever replica answers. */
static enum serin_status make_id(const char *question, struct buffer *answer, char *out,
                                 struct serin_error *err)
{
    owned(buffer) both = buffer_create(QUESTION_BYTES_MAX + ANSWER_BYTES_MAX + 1);
    if (!both) {
        return serin_fail(err, SERIN_NO_MEMORY, "no memory for the answer");
    }
    buffer_append_text(both, question);
    buffer_append_char(both, '\n');
    buffer_append_view(both, buffer_view(answer));
    TRY(buffer_status(both));
    struct text_view text = buffer_view(both);
    char digest[SHA256_HEX_SIZE];
    TRY(digest_sha256_hex(text.start, text.length, digest, err));
    memcpy(out, digest, ANALYSIS_ID_SIZE - 1);
    out[ANALYSIS_ID_SIZE - 1] = '\0';
    return SERIN_OK;
}

static enum serin_status fill_result(const char *question, const struct verdict *verdict,
                                     struct analysis_result *out, struct serin_error *err)
{
    owned(buffer) buffer = buffer_create(ANSWER_BYTES_MAX);
    if (!buffer) {
        return serin_fail(err, SERIN_NO_MEMORY, "no memory for the answer");
    }
    TRY(write_answer(verdict, NULL, buffer, err));
    TRY(make_id(question, buffer, out->id, err));
    TRY(write_answer(verdict, out->id, buffer, err));
    struct text_view answer = buffer_view(buffer);
    memcpy(out->json, answer.start, answer.length);
    out->json[answer.length] = '\0';
    out->length = answer.length;
    out->decision = verdict->decision;
    out->reason = verdict->reason;
    out->delta = verdict->delta;
    for (size_t arm = 0; arm < ARM_COUNT; arm++) {
        out->samples[arm] = verdict->arms[arm].samples;
    }
    return SERIN_OK;
}

static bool is_source_failure(enum serin_status status)
{
    return status == SERIN_UNAVAILABLE || status == SERIN_TIMEOUT;
}

/*
 * The question was understood, so whatever a source says against it (too large an answer, a token
 * file that is empty) is the source's failure and not the request's.
 */
static enum serin_status blame_source(enum serin_status status, struct serin_error *err)
{
    switch (status) {
    case SERIN_OK:
    case SERIN_UNAVAILABLE:
    case SERIN_TIMEOUT:
    case SERIN_BUSY:
    case SERIN_NO_MEMORY:
    case SERIN_BUG:
        return status;
    case SERIN_INVALID:
    case SERIN_NOT_FOUND:
    case SERIN_CONFLICT:
    case SERIN_TOO_LARGE:
    case SERIN_DENIED:
    case SERIN_UNDEFINED:
    case SERIN_RANGE:
        break;
    }
    err->status = SERIN_UNAVAILABLE;
    return SERIN_UNAVAILABLE;
}

static enum serin_status answer_without_data(const struct question *question,
                                             const struct serin_error *cause,
                                             struct analysis_result *out, struct serin_error *err)
{
    struct verdict verdict;
    verdict_source_unavailable(question->spec, &verdict);
    struct analysis_result result = {.source_ms = out->source_ms};
    TRY(fill_result(question->text, &verdict, &result, err));
    result.source_status = cause->status;
    memcpy(result.source_error, cause->detail, sizeof(result.source_error));
    *out = result;
    return SERIN_OK;
}

static enum serin_status answer_from_tables(const struct question *question,
                                            const struct block_tables *tables, int64_t now_ms,
                                            struct deadline deadline, struct analysis_result *out,
                                            struct serin_error *err)
{
    struct monotonic_time start = clock_monotonic(deadline.clock);
    struct verdict verdict;
    TRY(question_judge(question, tables, now_ms, &verdict, err));
    TRY(fill_result(question->text, &verdict, out, err));
    out->judge_us = monotonic_elapsed_ns(start, clock_monotonic(deadline.clock)) / 1000;
    return SERIN_OK;
}

enum serin_status question_answer(const struct question *question, int64_t now_ms,
                                  struct deadline deadline, struct analysis_result *out,
                                  struct serin_error *err)
{
    struct serin_error cause = {.status = SERIN_OK};
    owned(block_tables) tables = NULL;
    struct monotonic_time start = clock_monotonic(deadline.clock);
    enum serin_status status =
        blame_source(question_tables(question, now_ms, deadline, &tables, &cause), &cause);
    struct analysis_result result = {
        .source_ms = monotonic_elapsed_ms(start, clock_monotonic(deadline.clock))};
    if (status == SERIN_OK) {
        TRY(answer_from_tables(question, tables, now_ms, deadline, &result, err));
    } else if (is_source_failure(status) &&
               question->stream->on_source_error == ON_SOURCE_ERROR_INCONCLUSIVE) {
        TRY(answer_without_data(question, &cause, &result, err));
    } else {
        if (err) {
            *err = cause;
        }
        return status;
    }
    *out = result;
    return SERIN_OK;
}
