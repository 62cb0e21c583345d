/* The registry as text. Formats: Prometheus text 0.0.4 and OpenMetrics 1.0. */
#include "base/buffer.h"
#include "base/number.h"
#include "platform/metrics_registry.h"
#include "platform/thread.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

struct writer {
    struct buffer *out;
    enum metrics_format format;
};

const char *metrics_content_type(enum metrics_format format)
{
    switch (format) {
    case METRICS_TEXT:
        return "text/plain; version=0.0.4; charset=utf-8";
    case METRICS_OPENMETRICS:
        return "application/openmetrics-text; version=1.0.0; charset=utf-8";
    }
    return "text/plain";
}

static void write_number(const struct writer *writer, double value)
{
    if (isnan(value)) {
        buffer_append_text(writer->out, "NaN");
    } else if (isinf(value)) {
        buffer_append_text(writer->out, value > 0.0 ? "+Inf" : "-Inf");
    } else {
        buffer_append_text(writer->out, number_write_double(value, NUMBER_TEXT));
    }
}

static void write_escaped(struct text_view text, struct buffer *out)
{
    for (size_t i = 0; i < text.length; i++) {
        char c = text.start[i];
        if (c == '\n') {
            buffer_append_text(out, "\\n");
            continue;
        }
        if (c == '"' || c == '\\') {
            buffer_append_char(out, '\\');
        }
        buffer_append_char(out, c);
    }
}

void metrics_render_label(const char *separator, struct text_view name, struct text_view value,
                          struct buffer *out)
{
    buffer_append_text(out, separator);
    buffer_append_view(out, name);
    buffer_append_text(out, "=\"");
    write_escaped(value, out);
    buffer_append_char(out, '"');
}

/* OpenMetrics names a counter's family without the _total of its samples. */
static void write_family_name(const struct writer *writer, const struct metric_family *family)
{
    size_t length = strlen(family->name);
    bool cuts_total = writer->format == METRICS_OPENMETRICS && family->kind == METRIC_COUNTER;
    buffer_append(writer->out, family->name, length - (cuts_total ? strlen("_total") : 0));
}

static void write_head(const struct writer *writer, const struct metric_family *family)
{
    static const char *const kinds[] = {
        [METRIC_COUNTER] = "counter",
        [METRIC_GAUGE] = "gauge",
        [METRIC_HISTOGRAM] = "histogram",
    };
    buffer_append_text(writer->out, "# HELP ");
    write_family_name(writer, family);
    buffer_append_char(writer->out, ' ');
    buffer_append_text(writer->out, family->help);
    buffer_append_text(writer->out, "\n# TYPE ");
    write_family_name(writer, family);
    buffer_append_char(writer->out, ' ');
    buffer_append_text(writer->out, kinds[family->kind]);
    buffer_append_char(writer->out, '\n');
}

/* `bound` is the text of the label le, or NULL where there is none. */
static void write_sample_name(const struct writer *writer, const struct metric_entry *entry,
                              const struct metric_series *series, const char *suffix,
                              const char *bound)
{
    buffer_append_text(writer->out, entry->family->name);
    buffer_append_text(writer->out, suffix);
    const char *separator = "{";
    for (size_t i = 0; i < entry->label_count; i++) {
        metrics_render_label(separator, text_view_of(entry->family->labels[i]),
                             text_view_of(series->values[i]), writer->out);
        separator = ",";
    }
    if (bound) {
        metrics_render_label(separator, (struct text_view)TEXT_VIEW("le"), text_view_of(bound),
                             writer->out);
    }
    bool has_labels = entry->label_count > 0 || bound;
    buffer_append_text(writer->out, has_labels ? "} " : " ");
}

static void write_count(const struct writer *writer, uint64_t count)
{
    buffer_append_text(writer->out, number_write_uint64(count, NUMBER_TEXT));
    buffer_append_char(writer->out, '\n');
}

/* The text of a bucket's bound is part of its identity: OpenMetrics asks for "1.0", not "1". */
static const char *bound_text(const struct writer *writer, double bound,
                              char out[NUMBER_TEXT_SIZE + 2])
{
    (void)number_write_double(bound, out);
    if (writer->format == METRICS_OPENMETRICS && strspn(out, "-0123456789") == strlen(out)) {
        memcpy(out + strlen(out), ".0", sizeof(".0"));
    }
    return out;
}

static void write_histogram(const struct writer *writer, const struct metric_entry *entry,
                            const struct metric_series *series)
{
    const struct metric_family *family = entry->family;
    uint64_t below = 0;
    for (size_t i = 0; i < family->bucket_count; i++) {
        char text[NUMBER_TEXT_SIZE + 2];
        below += series->buckets[i];
        write_sample_name(writer, entry, series, "_bucket",
                          bound_text(writer, family->buckets[i], text));
        write_count(writer, below);
    }
    below += series->buckets[family->bucket_count];
    write_sample_name(writer, entry, series, "_bucket", "+Inf");
    write_count(writer, below);
    write_sample_name(writer, entry, series, "_sum", NULL);
    write_number(writer, series->value);
    buffer_append_char(writer->out, '\n');
    write_sample_name(writer, entry, series, "_count", NULL);
    write_count(writer, below);
}

static void write_entry(const struct writer *writer, const struct metric_entry *entry)
{
    write_head(writer, entry->family);
    for (size_t i = 0; i < entry->series_count; i++) {
        const struct metric_series *series = entry->series[i];
        if (entry->family->kind == METRIC_HISTOGRAM) {
            write_histogram(writer, entry, series);
        } else {
            write_sample_name(writer, entry, series, "", NULL);
            write_number(writer, series->value);
            buffer_append_char(writer->out, '\n');
        }
    }
}

enum serin_status metrics_render(struct metrics *metrics, enum metrics_format format,
                                 struct buffer *out, struct serin_error *err)
{
    const struct writer writer = {.out = out, .format = format};
    scoped_lock held = mutex_hold(&metrics->mutex);
    for (size_t i = 0; i < metrics->entry_count; i++) {
        write_entry(&writer, &metrics->entries[i]);
    }
    if (format == METRICS_OPENMETRICS) {
        buffer_append_text(out, "# EOF\n");
    }
    enum serin_status status = buffer_status(out);
    return status == SERIN_OK ? SERIN_OK
                              : serin_fail(err, status, "the metrics do not fit into the answer");
}
