/*
 * Counters, gauges and histograms of the process, and their text for Prometheus.
 *
 *   static const struct metric_family answers = {
 *       .name = "serin_analyses_total", .kind = METRIC_COUNTER,
 *       .help = "Analyses answered, by verdict.", .labels = {"stream", "verdict"}};
 *   ...
 *   metrics_add(metrics, &answers, METRIC_LABELS(stream->name, "promote"), 1.0);
 *
 * Label values are names from the configuration or constants, never texts from requests. Beyond
 * `series_limit` series in all, further label values share one series of their family, in which
 * every label reads "other".
 *
 * Everything may be called from several threads at once. Updating a series already known takes one
 * lock and no allocation.
 */
#ifndef SERIN_PLATFORM_METRICS_H
#define SERIN_PLATFORM_METRICS_H

#include "base/memory.h"
#include "base/text.h"
#include "serin/error.h"

#include <stddef.h>
#include <stdint.h>

struct buffer;
struct metrics;

enum { METRIC_LABELS_MAX = 4, METRIC_BUCKETS_MAX = 24 };

enum metric_kind { METRIC_COUNTER, METRIC_GAUGE, METRIC_HISTOGRAM };

/* One family; a constant that outlives the registry. */
struct metric_family {
    const char *name; /* counters end in _total; base units: _seconds, _bytes */
    enum metric_kind kind;
    const char *help; /* one sentence without quotes, backslashes and line breaks */
    const char *labels[METRIC_LABELS_MAX]; /* names; unused ones NULL */
    const double *buckets;                 /* histogram: upper bounds, rising, without infinity */
    size_t bucket_count;
};

/* The label values of one series, in the order of the family's labels. */
struct metric_labels {
    const char *values[METRIC_LABELS_MAX];
};
#define METRIC_LABELS(...) (&(const struct metric_labels){{__VA_ARGS__}})
#define METRIC_UNLABELLED  (&(const struct metric_labels){{NULL}})

/* NULL when memory is short. */
struct metrics *metrics_create(size_t series_limit);
void metrics_destroy(struct metrics *metrics); /* NULL is fine */
DEFINE_CLEANUP(metrics)

/*
 * Adds a family, which is from then on rendered in the order of registration; a family without
 * labels shows 0 at once. SERIN_CONFLICT when the name is taken, SERIN_BUG when the family is not
 * well formed.
 */
SERIN_MUST_CHECK enum serin_status metrics_register(struct metrics *metrics,
                                                    const struct metric_family *family,
                                                    struct serin_error *err);

/* Adds `count` families in order, as above. */
SERIN_MUST_CHECK enum serin_status metrics_register_all(struct metrics *metrics,
                                                        const struct metric_family *const *families,
                                                        size_t count, struct serin_error *err);

/*
 * Updates. A `metrics` of NULL, and a family that was never registered, is ignored: measuring never
 * fails its caller. `labels` are copied.
 */
void metrics_add(struct metrics *metrics, const struct metric_family *family,
                 const struct metric_labels *labels, double amount); /* counter, gauge */
void metrics_set(struct metrics *metrics, const struct metric_family *family,
                 const struct metric_labels *labels,
                 double value); /* gauge; a counter kept elsewhere */
void metrics_observe(struct metrics *metrics, const struct metric_family *family,
                     const struct metric_labels *labels, double value); /* histogram */

/* Removes all series of a family, before a gauge is set anew for names that may have gone. */
void metrics_clear(struct metrics *metrics, const struct metric_family *family);

enum metrics_format {
    METRICS_TEXT,       /* text/plain; version=0.0.4 */
    METRICS_OPENMETRICS /* application/openmetrics-text; version=1.0.0 */
};
/* The Content-Type of a format. */
const char *metrics_content_type(enum metrics_format format);

/*
 * Appends `separator`, which is "{" or ",", and a label in both formats: name="value", escaped. For
 * counters that are kept and rendered elsewhere.
 */
void metrics_render_label(const char *separator, struct text_view name, struct text_view value,
                          struct buffer *out);

/*
 * Appends all families to `out`: those registered in order, series ordered by label values. Fails
 * with SERIN_TOO_LARGE or SERIN_NO_MEMORY as the buffer does.
 */
SERIN_MUST_CHECK enum serin_status metrics_render(struct metrics *metrics,
                                                  enum metrics_format format, struct buffer *out,
                                                  struct serin_error *err);

#endif
