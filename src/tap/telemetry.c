#include "tap/telemetry.h"

#include "platform/process_metrics.h"
#include "tap/tap_state.h"

#define COUNTER(variable, family_name, help_text, ...)                                             \
    static const struct metric_family variable = {.name = (family_name),                           \
                                                  .kind = METRIC_COUNTER,                          \
                                                  .help = (help_text),                             \
                                                  .labels = {__VA_ARGS__}}
#define GAUGE(variable, family_name, help_text, ...)                                               \
    static const struct metric_family variable = {                                                 \
        .name = (family_name), .kind = METRIC_GAUGE, .help = (help_text), .labels = {__VA_ARGS__}}

COUNTER(lines, "serin_tap_lines_total", "Lines that came in, by what became of them.", "fate");
COUNTER(torn, "serin_tap_torn_lines_total", "Lines whose end was lost with their file.", NULL);
COUNTER(events, "serin_tap_events_total", "Label events counted.", NULL);
COUNTER(not_allowed, "serin_tap_not_allowed_total",
        "Labels and references that count as (other) because no list or pattern names them.", NULL);
COUNTER(masked, "serin_tap_masked_total",
        "Texts that count as (masked) because they look like personal data, by kind.", "kind");
COUNTER(folded, "serin_tap_folded_events_total",
        "Events that count as (other) because there is no room for more counters.", NULL);
COUNTER(late, "serin_tap_late_events_total",
        "Events older than the blocks that are kept; only counters count them.", NULL);
COUNTER(sampled_out, "serin_tap_sampled_out_events_total",
        "Events left out of blocks to keep within the budget; counters count them.", NULL);
COUNTER(keys_dropped, "serin_tap_dropped_keys_total", "Sampled keys for which there was no room.",
        NULL);
COUNTER(unsent, "serin_tap_unsent_events_total",
        "Events that are not sent to the service to keep within the budget.", NULL);
COUNTER(unreadable, "serin_tap_unreadable_times_total",
        "Events with a time that cannot be read, which count when they came.", NULL);
COUNTER(rotations, "serin_tap_file_rotations_total", "Other files under the name followed.", NULL);
COUNTER(truncations, "serin_tap_file_truncations_total",
        "Times that the file followed became shorter.", NULL);
COUNTER(failures, "serin_tap_file_failures_total", "Failures to read the file followed.", NULL);
GAUGE(start, "serin_tap_start_time_seconds",
      "When the tap began to count, in seconds since the Unix epoch.", "arm", "pod");
GAUGE(series, "serin_tap_series", "Counters, those that count others included.", NULL);
GAUGE(rate, "serin_tap_sample_rate", "Share of the events in blocks, and of the keys sampled.",
      "of");
GAUGE(block, "serin_tap_block_seconds", "Width of a block's time bucket by now.", NULL);
GAUGE(used, "serin_tap_used_bytes", "Memory that is used, by part.", "part");
GAUGE(budget, "serin_tap_budget_bytes", "Memory that may be used, by part.", "part");

enum serin_status telemetry_register(struct metrics *metrics, struct serin_error *err)
{
    static const struct metric_family *const families[] = {
        &lines,       &torn,         &events, &not_allowed, &masked,    &folded,      &late,
        &sampled_out, &keys_dropped, &unsent, &unreadable,  &rotations, &truncations, &failures,
        &start,       &series,       &rate,   &block,       &used,      &budget,
    };
    TRY(metrics_register_all(metrics, families, ARRAY_LENGTH(families), err));
    return process_metrics_register(metrics, err);
}

static void set_count(struct metrics *metrics, const struct metric_family *family, uint64_t value)
{
    metrics_set(metrics, family, METRIC_UNLABELLED, (double)value);
}

static void update_counts(struct metrics *metrics, struct tap *tap)
{
    struct tap_counts counts;
    tap_read_counts(tap, &counts);
    for (size_t fate = 0; fate < LINE_FATES; fate++) {
        metrics_set(metrics, &lines, METRIC_LABELS(line_fate_name((enum line_fate)fate)),
                    (double)counts.lines[fate]);
    }
    for (size_t kind = PERSONAL_NONE + 1; kind < PERSONAL_KINDS; kind++) {
        metrics_set(metrics, &masked, METRIC_LABELS(personal_data_name((enum personal_data)kind)),
                    (double)counts.masked[kind]);
    }
    set_count(metrics, &torn, counts.torn);
    set_count(metrics, &events, counts.events);
    set_count(metrics, &not_allowed, counts.not_allowed);
    set_count(metrics, &late, counts.late);
    set_count(metrics, &sampled_out, counts.sampled_out);
    set_count(metrics, &keys_dropped, counts.keys_dropped);
    set_count(metrics, &unsent, counts.unsent);
    set_count(metrics, &unreadable, counts.time_unreadable);
}

static void update_usage(struct metrics *metrics, struct tap *tap)
{
    struct tap_usage usage;
    tap_read_usage(tap, &usage);
    set_count(metrics, &folded, usage.folded);
    set_count(metrics, &series, usage.series);
    metrics_set(metrics, &rate, METRIC_LABELS("blocks"), usage.block_rate);
    metrics_set(metrics, &rate, METRIC_LABELS("keys"), usage.key_rate);
    metrics_set(metrics, &block, METRIC_UNLABELLED, (double)usage.block_ms / 1000.0);
    for (size_t part = 0; part < TAP_PARTS; part++) {
        const struct metric_labels *labels = METRIC_LABELS(tap_part_name((enum tap_part)part));
        metrics_set(metrics, &used, labels, (double)usage.bytes[part]);
        metrics_set(metrics, &budget, labels, (double)usage.budgets[part]);
    }
}

void telemetry_update(struct metrics *metrics, struct tap *tap)
{
    update_counts(metrics, tap);
    update_usage(metrics, tap);
    metrics_set(metrics, &start, METRIC_LABELS(tap->options->arm, tap->pod),
                (double)tap->start_ms / 1000.0);
    process_metrics_update(metrics);
}

void telemetry_follow(struct metrics *metrics, const struct follower_counts *counts)
{
    set_count(metrics, &rotations, counts->rotations);
    set_count(metrics, &truncations, counts->truncations);
    set_count(metrics, &failures, counts->failures);
}
