#include "source/logql.h"

#include "source/prometheus_selector.h"
#include "source/promql.h"

/* ---- checking a stream ----------------------------------------------------------------------- */

static enum serin_status check_matchers(const struct stream *stream, struct serin_error *err)
{
    if (!stream->matchers) {
        return serin_fail(err, SERIN_INVALID,
                          "matchers is missing; a source of type loki needs label matchers there "
                          "that choose the log streams, as in app=\"segmenter\"");
    }
    return promql_check_matchers(text_view_of(stream->matchers), err);
}

/* Other characters of a field's name are _ in the label Loki makes of it. */
static enum serin_status check_label(const char *key, const char *name, struct serin_error *err)
{
    if (!name) {
        return serin_fail(err, SERIN_INVALID,
                          "%s is missing; a source of type loki needs the name of a label or field "
                          "there",
                          key);
    }
    if (!promql_is_plain_label_name(text_view_of(name))) {
        return serin_fail(err, SERIN_INVALID,
                          "%s %s is no label name of Loki, which has letters, digits and _; the "
                          "field a.b is the label a_b",
                          key, TEXT_QUOTE(text_view_of(name)));
    }
    return SERIN_OK;
}

static enum serin_status check_key(const struct stream *stream, struct serin_error *err)
{
    if (stream->key) {
        return check_label("key", stream->key, err);
    }
    return stream->keyed ? serin_fail(err, SERIN_INVALID,
                                      "key is missing; a keyed stream needs the name of the label "
                                      "or field that holds the item's id")
                         : SERIN_OK;
}

enum serin_status logql_check_stream(const struct stream *stream, struct serin_error *err)
{
    TRY(check_matchers(stream, err));
    TRY(check_label("label", stream->label, err));
    TRY(check_label("pod", stream->pod, err));
    if (stream->reference) {
        TRY(check_label("reference", stream->reference, err));
    }
    TRY(check_key(stream, err));
    for (size_t i = 0; i < stream->slice_count; i++) {
        TRY(check_label("slices", stream->slices[i], err));
    }
    TRY(selector_check_arm(stream, err));
    return stream->arm_label ? check_label("arm.label", stream->arm_label, err) : SERIN_OK;
}

/* ---- the parts of a query -------------------------------------------------------------------- */

static enum serin_status finish(const struct buffer *query, struct serin_error *err)
{
    enum serin_status status = buffer_status(query);
    return status == SERIN_OK ? SERIN_OK
                              : serin_fail(err, status, "the query to a Loki is too long");
}

/* Whose lines: an arm's, or those of one of its pods. */
struct lines_of {
    const char *arm;
    const char *pod; /* NULL: all */
};

static void append_pod(struct buffer *query, const struct stream *stream, const char *pod)
{
    buffer_printf(query, "%s=", stream->pod);
    promql_append_quoted(query, text_view_of(pod));
}

/* The matchers that choose an arm's streams, or those of its pod where that is what is indexed. */
static enum serin_status append_indexed(struct buffer *query, const struct stream *stream,
                                        const struct lines_of *whose, struct serin_error *err)
{
    buffer_append_char(query, ',');
    if (whose->pod && !stream->arm_label) {
        append_pod(query, stream, whose->pod);
        return SERIN_OK;
    }
    return selector_append_arm(query, stream, whose->arm, err);
}

/* The log streams, what lines hold, and how they are read. `whose` may be NULL: both arms'. */
static enum serin_status append_source(struct buffer *query, const struct stream *stream,
                                       const struct lines_of *whose, struct serin_error *err)
{
    static const char *const parsers[] = {
        [LINE_JSON] = " | json", [LINE_LOGFMT] = " | logfmt", [LINE_LABELS] = ""};
    buffer_printf(query, "{%s", stream->matchers);
    if (whose && stream->arm_indexed) {
        TRY(append_indexed(query, stream, whose, err));
    }
    buffer_append_char(query, '}');
    if (stream->contains) {
        buffer_append_text(query, " |= ");
        promql_append_quoted(query, text_view_of(stream->contains));
    }
    buffer_append_text(query, parsers[stream->format]);
    return SERIN_OK;
}

/* Lines that cannot be read have no arm, and must not be passed over for that. */
static void append_or_unreadable(struct buffer *query, const struct stream *stream)
{
    if (stream->format != LINE_LABELS) {
        buffer_append_text(query, " or " LOGQL_ERROR_LABEL "!=\"\"");
    }
}

/* An arm's lines and those that cannot be read; of a pod only the former. */
static enum serin_status append_lines_of(struct buffer *query, const struct stream *stream,
                                         const struct lines_of *whose, struct serin_error *err)
{
    TRY(append_source(query, stream, whose, err));
    if (!stream->arm_indexed) {
        buffer_append_text(query, " | ");
        TRY(selector_append_arm(query, stream, whose->arm, err));
        append_or_unreadable(query, stream);
    }
    if (whose->pod) {
        buffer_append_text(query, " | ");
        append_pod(query, stream, whose->pod);
    }
    return SERIN_OK;
}

/* The labels that are counted, after commas. */
static void append_counted(struct buffer *query, const struct stream *stream)
{
    buffer_printf(query, "%s,%s", stream->pod, stream->label);
    if (stream->reference) {
        buffer_printf(query, ",%s", stream->reference);
    }
    for (size_t i = 0; i < stream->slice_count; i++) {
        buffer_printf(query, ",%s", stream->slices[i]);
    }
    if (stream->format != LINE_LABELS) {
        buffer_append_text(query, "," LOGQL_ERROR_LABEL);
    }
}

/*
 * Loki counts after the range's start up to and including its end, while blocks begin with their
 * start. A millisecond makes the one the other for times of whole milliseconds; Loki answers
 * nothing at all to an offset of less.
 */
static void append_range(struct buffer *query, int64_t range_ms)
{
    buffer_printf(query, " [%lldms] offset 1ms))", (long long)range_ms);
}

/* ---- queries --------------------------------------------------------------------------------- */

enum serin_status logql_append_counts(struct buffer *query, const struct stream *stream,
                                      const char *arm, const char *pod, int64_t range_ms,
                                      struct serin_error *err)
{
    buffer_append_text(query, "sum by (");
    append_counted(query, stream);
    buffer_append_text(query, ") (count_over_time(");
    struct lines_of whose = {arm, pod};
    TRY(append_lines_of(query, stream, &whose, err));
    append_range(query, range_ms);
    return finish(query, err);
}

enum serin_status logql_append_pods(struct buffer *query, const struct stream *stream,
                                    const char *arm, int64_t range_ms, struct serin_error *err)
{
    bool has_errors = stream->format != LINE_LABELS;
    buffer_printf(query, "sum by (%s%s) (count_over_time(", stream->pod,
                  has_errors ? "," LOGQL_ERROR_LABEL : "");
    struct lines_of whose = {arm, NULL};
    TRY(append_lines_of(query, stream, &whose, err));
    append_range(query, range_ms);
    return finish(query, err);
}

enum serin_status logql_append_events(struct buffer *query, const struct stream *stream,
                                      const char *arm, struct serin_error *err)
{
    struct lines_of whose = {arm, NULL};
    TRY(append_lines_of(query, stream, &whose, err));
    buffer_printf(query, " | %s!=\"\"", stream->label);
    if (stream->format != LINE_LABELS) {
        buffer_append_text(query, " | " LOGQL_ERROR_LABEL "=\"\"");
    }
    buffer_printf(query, " | keep %s", stream->pod);
    return finish(query, err);
}

/*
 * Puts the key in place of the line: as a label it would make a stream of each line, which costs
 * Loki more than reading it. Label and reference follow, because where answers of replicas are
 * merged lines that look alike are taken for one.
 */
static void append_key(struct buffer *query, const struct stream *stream)
{
    buffer_printf(query, " | line_format \"{{.%s | urlencode}} {{.%s | urlencode}}", stream->key,
                  stream->label);
    if (stream->reference) {
        buffer_printf(query, " {{.%s | urlencode}}", stream->reference);
    }
    buffer_append_char(query, '"');
}

enum serin_status logql_append_lines(struct buffer *query, const struct stream *stream,
                                     const char *const arms[ARM_COUNT], struct serin_error *err)
{
    TRY(append_source(query, stream, NULL, err));
    buffer_append_text(query, " | ");
    for (size_t arm = 0; arm < ARM_COUNT; arm++) {
        buffer_append_text(query, arm > 0 ? " or " : "");
        TRY(selector_append_arm(query, stream, arms[arm], err));
    }
    if (stream->reference) {
        buffer_printf(query, " or (%s=\"\" and %s!=\"\" and %s!=\"\")", stream->label,
                      stream->reference, stream->key);
    }
    append_or_unreadable(query, stream);
    append_key(query, stream);
    buffer_append_text(query, " | keep ");
    append_counted(query, stream);
    if (stream->arm_label) {
        buffer_printf(query, ",%s", stream->arm_label);
    }
    return finish(query, err);
}
