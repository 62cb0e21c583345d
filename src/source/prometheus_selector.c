#include "source/prometheus_selector.h"

#include "source/promql.h"

#include <string.h>

/* ---- checking a stream ----------------------------------------------------------------------- */

static enum serin_status check_label(const char *key, const char *name, struct serin_error *err)
{
    if (!name) {
        return serin_fail(err, SERIN_INVALID,
                          "%s is missing; a source of type prometheus needs the name of a metric "
                          "label there",
                          key);
    }
    if (!promql_is_label_name(text_view_of(name))) {
        return serin_fail(err, SERIN_INVALID,
                          "%s %s is no label name of Prometheus; use letters, digits, _ and, from "
                          "Prometheus 3 on, . - /",
                          key, TEXT_QUOTE(text_view_of(name)));
    }
    return SERIN_OK;
}

static enum serin_status check_metric(const char *key, const char *name, struct serin_error *err)
{
    if (!name) {
        return serin_fail(err, SERIN_INVALID,
                          "%s is missing; a source of type prometheus needs the name of a counter "
                          "there",
                          key);
    }
    if (!promql_is_metric_name(text_view_of(name))) {
        return serin_fail(
            err, SERIN_INVALID,
            "%s %s is no metric name of Prometheus; use letters, digits, _ : and, from "
            "Prometheus 3 on, . - /",
            key, TEXT_QUOTE(text_view_of(name)));
    }
    return SERIN_OK;
}

enum serin_status selector_check_arm(const struct stream *stream, struct serin_error *err)
{
    if (!stream->arm_label == !stream->arm_pod_prefix) {
        return serin_fail(err, SERIN_INVALID,
                          "arm must have either label (a label that holds the pod-template hash) "
                          "or pod_prefix (such as \"checkout-" ARM_HASH_PLACE "-\")");
    }
    if (stream->arm_pod_prefix && !strstr(stream->arm_pod_prefix, ARM_HASH_PLACE)) {
        return serin_fail(err, SERIN_INVALID,
                          "arm.pod_prefix %s holds no " ARM_HASH_PLACE
                          ", so both arms would be the same pods",
                          TEXT_QUOTE(text_view_of(stream->arm_pod_prefix)));
    }
    return SERIN_OK;
}

static enum serin_status check_slices(const struct stream *stream, struct serin_error *err)
{
    for (size_t i = 0; i < stream->slice_count; i++) {
        TRY(check_label("slices", stream->slices[i], err));
    }
    return SERIN_OK;
}

enum serin_status prometheus_check_stream(const struct stream *stream, struct serin_error *err)
{
    TRY(check_metric("metric", stream->metric, err));
    TRY(check_label("label", stream->label, err));
    TRY(check_label("pod", stream->pod, err));
    if (stream->reference) {
        TRY(check_label("reference", stream->reference, err));
    }
    if (stream->process_start) {
        TRY(check_metric("process_start", stream->process_start, err));
    }
    TRY(check_slices(stream, err));
    TRY(selector_check_arm(stream, err));
    if (stream->arm_label) {
        TRY(check_label("arm.label", stream->arm_label, err));
    }
    return stream->matchers ? promql_check_matchers(text_view_of(stream->matchers), err) : SERIN_OK;
}

/* ---- selectors ------------------------------------------------------------------------------- */

/* A regular expression that matches names beginning as the arm's pods do; PromQL anchors it. */
static void append_pod_regex(struct buffer *regex, const char *prefix, const char *arm)
{
    const char *rest = prefix;
    for (const char *place = strstr(rest, ARM_HASH_PLACE); place;
         place = strstr(rest, ARM_HASH_PLACE)) {
        promql_append_literal(regex, (struct text_view){rest, (size_t)(place - rest)});
        promql_append_literal(regex, text_view_of(arm));
        rest = place + strlen(ARM_HASH_PLACE);
    }
    promql_append_literal(regex, text_view_of(rest));
    buffer_append_text(regex, ".+");
}

/* Moves `rest` past `text`; false when it does not begin with it. */
static bool take(struct text_view *rest, struct text_view text)
{
    if (!text_starts_with(*rest, text)) {
        return false;
    }
    rest->start += text.length;
    rest->length -= text.length;
    return true;
}

bool selector_is_pod_of(const char *prefix, const char *arm, struct text_view pod)
{
    const char *rest = prefix;
    for (const char *place = strstr(rest, ARM_HASH_PLACE); place;
         place = strstr(rest, ARM_HASH_PLACE)) {
        if (!take(&pod, (struct text_view){rest, (size_t)(place - rest)}) ||
            !take(&pod, text_view_of(arm))) {
            return false;
        }
        rest = place + strlen(ARM_HASH_PLACE);
    }
    return take(&pod, text_view_of(rest)) && pod.length > 0;
}

enum { REGEX_BYTES_MAX = 64 * 1024 };

/* An empty hash would select what belongs to no arm, or to every one. */
enum serin_status selector_append_arm(struct buffer *query, const struct stream *stream,
                                      const char *arm, struct serin_error *err)
{
    if (!arm || arm[0] == '\0') {
        return serin_fail(err, SERIN_INVALID, "an arm without a pod-template hash");
    }
    if (stream->arm_label) {
        promql_append_label_name(query, text_view_of(stream->arm_label));
        buffer_append_char(query, '=');
        promql_append_quoted(query, text_view_of(arm));
        return SERIN_OK;
    }
    owned(buffer) regex = buffer_create(REGEX_BYTES_MAX);
    if (regex) {
        append_pod_regex(regex, stream->arm_pod_prefix, arm);
    }
    enum serin_status status = regex ? buffer_status(regex) : SERIN_NO_MEMORY;
    if (status != SERIN_OK) {
        return serin_fail(err, status, "the pod names of an arm make too long a query");
    }
    promql_append_label_name(query, text_view_of(stream->pod));
    buffer_append_text(query, "=~");
    promql_append_quoted(query, buffer_view(regex));
    return SERIN_OK;
}

static enum serin_status append_range(struct buffer *query, int64_t range_ms,
                                      struct serin_error *err)
{
    buffer_printf(query, "}[%lldms]", (long long)range_ms);
    enum serin_status status = buffer_status(query);
    return status == SERIN_OK ? SERIN_OK
                              : serin_fail(err, status, "the query to a Prometheus is too long");
}

enum serin_status prometheus_append_counters(struct buffer *query, const struct stream *stream,
                                             const char *arm, int64_t range_ms,
                                             struct serin_error *err)
{
    promql_open_selector(query, text_view_of(stream->metric));
    TRY(selector_append_arm(query, stream, arm, err));
    if (stream->matchers) {
        buffer_printf(query, ",%s", stream->matchers);
    }
    return append_range(query, range_ms, err);
}

enum serin_status prometheus_append_start_times(struct buffer *query, const struct stream *stream,
                                                const char *arm, int64_t range_ms,
                                                struct serin_error *err)
{
    promql_open_selector(query, text_view_of(stream->process_start));
    TRY(selector_append_arm(query, stream, arm, err));
    return append_range(query, range_ms, err);
}
