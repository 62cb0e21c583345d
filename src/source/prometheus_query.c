#include "source/prometheus_query.h"

#include <stdio.h>
#include <string.h>

enum { QUERY_BYTES_MAX = 1 << 20 }; /* of the form that carries a query */

/* ---- the peer -------------------------------------------------------------------------------- */

enum serin_status prometheus_peer_init(struct prometheus_peer *peer,
                                       const struct peer_options *options, const char *path,
                                       struct serin_error *err)
{
    *peer = (struct prometheus_peer){.timeout_ms = options->timeout_ms,
                                     .bytes_max = options->max_bytes};
    TRY(peer_url(options, path, &peer->url, err));
    return peer_client(options, &peer->client, err);
}

void prometheus_peer_clear(struct prometheus_peer *peer)
{
    client_destroy(peer->client);
    memory_free(peer->url);
}

/* ---- the form -------------------------------------------------------------------------------- */

static bool is_unreserved(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c != '\0' && strchr("-._~", c));
}

void prometheus_form_append(struct buffer *form, const char *name, const char *value)
{
    if (buffer_view(form).length > 0) {
        buffer_append_char(form, '&');
    }
    buffer_append_text(form, name);
    buffer_append_char(form, '=');
    for (const char *c = value; *c != '\0'; c++) {
        if (is_unreserved(*c)) {
            buffer_append_char(form, *c);
        } else {
            buffer_printf(form, "%%%02X", (unsigned)(unsigned char)*c);
        }
    }
}

/* Milliseconds as seconds with three decimals. */
static void append_seconds(struct buffer *form, const char *name, int64_t ms)
{
    buffer_printf(form, "&%s=%lld.%03lld", name, (long long)(ms / 1000), (long long)(ms % 1000));
}

/* What `partial_response` is for Thanos; others pass over a field that they do not know. */
static enum serin_status compose(const struct prometheus_peer *peer, const char *query,
                                 int64_t time_ms, int64_t timeout_ms, struct buffer *form,
                                 struct serin_error *err)
{
    prometheus_form_append(form, "query", query);
    append_seconds(form, "time", time_ms);
    append_seconds(form, "timeout", timeout_ms);
    prometheus_form_append(form, "partial_response",
                           peer->ignored_warning_count > 0 ? "true" : "false");
    enum serin_status status = buffer_status(form);
    return status == SERIN_OK ? SERIN_OK
                              : serin_fail(err, status, "the query to a Prometheus is too long");
}

/* ---- answers that are errors ----------------------------------------------------------------- */

static enum serin_status ignore_begin(void *context, struct serin_error *err)
{
    (void)context;
    (void)err;
    return SERIN_OK;
}

static enum serin_status ignore_series(void *context, struct series_labels labels,
                                       struct serin_error *err)
{
    (void)labels;
    return ignore_begin(context, err);
}

static enum serin_status ignore_sample(void *context, int64_t time_ms, struct text_view value,
                                       struct serin_error *err)
{
    (void)time_ms;
    (void)value;
    return ignore_begin(context, err);
}

static const struct prometheus_sink ignoring_sink = {.begin = ignore_begin,
                                                     .series = ignore_series,
                                                     .sample = ignore_sample,
                                                     .series_end = ignore_begin};

/* A time limit of the server is ours, given with the question. */
static enum serin_status explain(const struct client_request *request,
                                 const struct client_response *response, struct serin_error *err)
{
    owned(prometheus_answer) answer = prometheus_answer_create(&ignoring_sink, NULL);
    if (!answer) {
        return serin_fail(err, SERIN_NO_MEMORY, "no memory left for an answer");
    }
    struct serin_error ignored = {0};
    enum serin_status parsed =
        prometheus_answer_push(answer, response->excerpt, strlen(response->excerpt), &ignored);
    const char *type = prometheus_answer_error_type(answer);
    const char *text = prometheus_answer_error(answer);
    if (parsed != SERIN_OK || type[0] == '\0' || text[0] == '\0') {
        return client_require_success(request, response, err);
    }
    bool is_timeout = response->status == 503 && strcmp(type, "timeout") == 0;
    return serin_fail(err, is_timeout ? SERIN_TIMEOUT : SERIN_UNAVAILABLE, "%s answered %d: %s: %s",
                      request->url, response->status, type, text);
}

/* ---- asking ---------------------------------------------------------------------------------- */

/* One attempt, and whether another one might go better. */
struct attempt {
    struct prometheus_answer *answer;
    enum serin_status answer_failure; /* why reading the answer ended the transfer */
    bool may_go_better;
};

static enum serin_status on_chunk(void *context, const char *bytes, size_t length,
                                  struct serin_error *err)
{
    struct attempt *attempt = context;
    attempt->answer_failure = prometheus_answer_push(attempt->answer, bytes, length, err);
    return attempt->answer_failure;
}

static enum serin_status send(const struct prometheus_peer *peer, struct text_view form,
                              struct deadline deadline, struct attempt *attempt,
                              struct serin_error *err)
{
    static const struct client_header headers[] = {
        {"Accept", "application/json"}
    };
    struct client_request request = {
        .method = CLIENT_POST,
        .url = peer->url,
        .headers = headers,
        .header_count = ARRAY_LENGTH(headers),
        .content_type = "application/x-www-form-urlencoded",
        .body = form.start,
        .body_length = form.length,
        .response_limit = peer->bytes_max,
    };
    struct client_response response;
    enum serin_status status =
        client_send(peer->client, &request, deadline, on_chunk, attempt, &response, err);
    if (status != SERIN_OK) {
        attempt->may_go_better = status == SERIN_UNAVAILABLE && attempt->answer_failure == SERIN_OK;
        return status;
    }
    if (response.status >= 200 && response.status < 300) {
        return prometheus_answer_finish(attempt->answer, err);
    }
    status = explain(&request, &response, err);
    attempt->may_go_better = status == SERIN_UNAVAILABLE && response.status >= 500;
    return status;
}

static void note_remarks(const struct prometheus_answer *answer, struct block_tables *tables)
{
    const char *warning = prometheus_answer_warning(answer);
    char reason[256];
    if (warning) {
        (void)snprintf(reason, sizeof(reason), "%s warned: %s", prometheus_answer_product(answer),
                       warning);
        block_tables_set_incomplete(tables, reason);
    }
    if (prometheus_answer_has_histograms(answer)) {
        block_tables_set_incomplete(
            tables, "some samples are native histograms, which are no counts; name a counter as "
                    "the stream's metric");
    }
}

static enum serin_status try_once(const struct prometheus_peer *peer, struct text_view form,
                                  struct deadline deadline, const struct prometheus_sink *sink,
                                  void *context, struct block_tables *tables,
                                  bool *out_may_go_better, struct serin_error *err)
{
    owned(prometheus_answer) answer = prometheus_answer_create(sink, context);
    if (!answer) {
        return serin_fail(err, SERIN_NO_MEMORY, "no memory left for an answer");
    }
    prometheus_answer_ignore_warnings(answer, peer->ignored_warnings, peer->ignored_warning_count);
    struct attempt attempt = {.answer = answer};
    TRY(sink->begin(context, err));
    enum serin_status status = send(peer, form, deadline, &attempt, err);
    *out_may_go_better = attempt.may_go_better;
    if (status == SERIN_OK) {
        note_remarks(answer, tables);
    }
    return status;
}

enum serin_status prometheus_send_form(const struct prometheus_peer *peer, struct text_view form,
                                       struct deadline limit, const struct prometheus_sink *sink,
                                       void *context, struct block_tables *tables,
                                       struct serin_error *err)
{
    bool may_go_better = false;
    enum serin_status status =
        try_once(peer, form, limit, sink, context, tables, &may_go_better, err);
    if (status != SERIN_OK && may_go_better && !deadline_passed(limit)) {
        status = try_once(peer, form, limit, sink, context, tables, &may_go_better, err);
    }
    return status;
}

enum serin_status prometheus_ask(const struct prometheus_peer *peer, const char *query,
                                 int64_t time_ms, struct deadline deadline,
                                 const struct prometheus_sink *sink, void *context,
                                 struct block_tables *tables, struct serin_error *err)
{
    struct deadline limit = deadline_within(deadline, peer->timeout_ms);
    owned(buffer) form = buffer_create(QUERY_BYTES_MAX);
    if (!form) {
        return serin_fail(err, SERIN_NO_MEMORY, "no memory left to ask a Prometheus");
    }
    TRY(compose(peer, query, time_ms, deadline_left_ms(limit), form, err));
    return prometheus_send_form(peer, buffer_view(form), limit, sink, context, tables, err);
}
