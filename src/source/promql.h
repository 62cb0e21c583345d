/*
 * PromQL text: what values from outside become before they stand in a query, and what the
 * configuration may put there.
 */
#ifndef SERIN_SOURCE_PROMQL_H
#define SERIN_SOURCE_PROMQL_H

#include "base/buffer.h"
#include "base/text.h"
#include "serin/error.h"

#include <stdbool.h>

/*
 * Whether a configuration may name a metric or a label so. [a-zA-Z_:][a-zA-Z0-9_:]* (labels without
 * colons) is what every Prometheus knows. From 3 on names may be any text; of these the ones that
 * instruments really have are let through, with dots, hyphens, slashes and letters of any script,
 * and not `sum(x)` or a slip of the pen.
 */
bool promql_is_metric_name(struct text_view text);
bool promql_is_label_name(struct text_view text);

/* [a-zA-Z_:][a-zA-Z0-9_:]*: what every Prometheus knows. */
bool promql_is_plain_metric_name(struct text_view text);

/* [a-zA-Z_][a-zA-Z0-9_]*: what every Prometheus, and a Loki, knows. */
bool promql_is_plain_label_name(struct text_view text);

/* Appends a metric's name and the brace that its matchers follow, or a label's name. */
void promql_open_selector(struct buffer *query, struct text_view metric);
void promql_append_label_name(struct buffer *query, struct text_view name);

/*
 * Appends `text` as a string literal in double quotes that every PromQL parser reads back as the
 * same bytes, whatever they are: the one way for a value to enter a query.
 */
void promql_append_quoted(struct buffer *query, struct text_view text);

/* Appends `text` such that a regular expression (RE2) matches just this text there. */
void promql_append_literal(struct buffer *regex, struct text_view text);

/*
 * Whether `matchers` is a list like `namespace="shop", "k8s.region"!~"us-.*"` and nothing else, so
 * that it stays inside the braces it is put into. SERIN_INVALID says what is wrong, and where.
 */
SERIN_MUST_CHECK enum serin_status promql_check_matchers(struct text_view matchers,
                                                         struct serin_error *err);

#endif
