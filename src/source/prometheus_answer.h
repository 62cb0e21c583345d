/*
 * The answer of a Prometheus' /api/v1/query to a range selector, or of a Loki's query_range, read
 * as it streams in: samples of series, or lines of log streams.
 *
 * Series are handed over one after the other, so memory does not follow the number of samples. What
 * was handed over counts only once prometheus_answer_finish has said SERIN_OK: before that, the
 * answer may still turn out to be cut short, or to be an error.
 */
#ifndef SERIN_SOURCE_PROMETHEUS_ANSWER_H
#define SERIN_SOURCE_PROMETHEUS_ANSWER_H

#include "base/memory.h"
#include "base/text.h"
#include "serin/error.h"
#include "source/series_labels.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Gets what is read; views are valid during the call. Another status than SERIN_OK ends the reading
 * with it. Samples of a series come in strictly ascending time. A sink with `entry` gets the lines
 * of log streams, and an answer with samples is none for it.
 */
struct prometheus_sink {
    /* An answer begins, perhaps for the second time: forgets whatever an earlier one left. */
    enum serin_status (*begin)(void *context, struct serin_error *err);
    enum serin_status (*series)(void *context, struct series_labels labels,
                                struct serin_error *err);
    enum serin_status (*sample)(void *context, int64_t time_ms, struct text_view value,
                                struct serin_error *err);
    enum serin_status (*series_end)(void *context, struct serin_error *err);
    enum serin_status (*entry)(void *context, int64_t time_ns, struct text_view line,
                               struct serin_error *err);
    const char *product; /* whose answers they are, for messages; NULL: "Prometheus" */
};

struct prometheus_answer;

/* NULL when memory is out. `sink` and `context` are borrowed. */
struct prometheus_answer *prometheus_answer_create(const struct prometheus_sink *sink,
                                                   void *context);
void prometheus_answer_destroy(struct prometheus_answer *answer); /* NULL is fine */
DEFINE_CLEANUP(prometheus_answer)

/*
 * Reads the next bytes. Fails with SERIN_UNAVAILABLE (not such an answer), SERIN_TOO_LARGE (labels
 * or texts beyond any measure), SERIN_NO_MEMORY or what the sink returned; after a failure only
 * destroy it.
 */
SERIN_MUST_CHECK enum serin_status prometheus_answer_push(struct prometheus_answer *answer,
                                                          const char *bytes, size_t length,
                                                          struct serin_error *err);

/*
 * Tells that no more bytes come. SERIN_UNAVAILABLE when the answer is not complete or says itself
 * that it is an error.
 */
SERIN_MUST_CHECK enum serin_status prometheus_answer_finish(struct prometheus_answer *answer,
                                                            struct serin_error *err);

/*
 * Warnings that contain one of these texts are passed over; to be called before the first push. The
 * texts are borrowed.
 */
void prometheus_answer_ignore_warnings(struct prometheus_answer *answer, char *const *texts,
                                       size_t count);

/* Whose answer it is, for messages. */
const char *prometheus_answer_product(const struct prometheus_answer *answer);

/* The first warning not passed over, one line safe to print; NULL when there was none. */
const char *prometheus_answer_warning(const struct prometheus_answer *answer);

/* Whether a series had samples of a native histogram, which are passed over. */
bool prometheus_answer_has_histograms(const struct prometheus_answer *answer);

/* What an error answer gave as "errorType" and "error", one line safe to print; "" when absent. */
const char *prometheus_answer_error_type(const struct prometheus_answer *answer);
const char *prometheus_answer_error(const struct prometheus_answer *answer);

#endif
