#include "http/observe.h"

#include "base/number.h"
#include "platform/process_metrics.h"
#include "source/store.h"

static const double seconds[] = {0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05,
                                 0.1,    0.25,  0.5,    1.0,   2.5,  5.0,   10.0};

static const struct metric_family requests = {
    .name = "serin_http_requests_total",
    .kind = METRIC_COUNTER,
    .help = "Requests answered, by route and status code.",
    .labels = {"route", "code"}
};
static const struct metric_family request_seconds = {
    .name = "serin_http_request_seconds",
    .kind = METRIC_HISTOGRAM,
    .help = "Time from a request's first line to its answer.",
    .labels = {"route"},
    .buckets = seconds,
    .bucket_count = ARRAY_LENGTH(seconds)};
static const struct metric_family refusals = {
    .name = "serin_refusals_total",
    .kind = METRIC_COUNTER,
    .help = "Requests refused or failed, by route and kind; Argo hides their bodies.",
    .labels = {"route", "kind"}
};
static const struct metric_family in_flight = {
    .name = "serin_http_requests_in_flight",
    .kind = METRIC_GAUGE,
    .help = "Requests being received, worked on or answered, this one among them."};
static const struct metric_family analyses = {
    .name = "serin_analyses_total",
    .kind = METRIC_COUNTER,
    .help = "Analyses answered, by stream, verdict and reason.",
    .labels = {"stream", "verdict", "reason"}
};
static const struct metric_family delta = {
    .name = "serin_canary_delta",
    .kind = METRIC_GAUGE,
    .help = "Canary minus stable of the last analysis: estimate and interval.",
    .labels = {"stream", "bound"}
};
static const struct metric_family samples = {
    .name = "serin_arm_samples",
    .kind = METRIC_GAUGE,
    .help = "Label events used by the last analysis, by stream and arm.",
    .labels = {"stream", "arm"}
};
static const struct metric_family source_seconds = {
    .name = "serin_source_seconds",
    .kind = METRIC_HISTOGRAM,
    .help = "Time an analysis spent waiting for its source.",
    .labels = {"stream"},
    .buckets = seconds,
    .bucket_count = ARRAY_LENGTH(seconds)};
static const struct metric_family source_errors = {
    .name = "serin_source_errors_total",
    .kind = METRIC_COUNTER,
    .help = "Failures of a source, by the stream that asked and kind.",
    .labels = {"stream", "kind"}
};
static const struct metric_family source_circuit = {
    .name = "serin_source_circuit_open",
    .kind = METRIC_GAUGE,
    .help = "Whether a source failed so often that it is left alone for a while, 1 or 0.",
    .labels = {"source"}};
static const struct metric_family events = {.name = "serin_events_accepted_total",
                                            .kind = METRIC_COUNTER,
                                            .help = "Label events made durable."};
static const struct metric_family batches = {
    .name = "serin_event_batches_total",
    .kind = METRIC_COUNTER,
    .help = "Batches of label events acknowledged: new ones and repeats.",
    .labels = {"result"}};
static const struct metric_family log_records = {
    .name = "serin_log_records_total",
    .kind = METRIC_COUNTER,
    .help = "Log records received: all, those counted before, and those rejected.",
    .labels = {"result"}};
static const struct metric_family reloads = {.name = "serin_config_reloads_total",
                                             .kind = METRIC_COUNTER,
                                             .help = "Configurations put in force or refused.",
                                             .labels = {"result"}};
static const struct metric_family ready = {
    .name = "serin_ready", .kind = METRIC_GAUGE, .help = "1 while requests are taken, else 0."};

static const struct metric_family store_size = {
    .name = "serin_store_items",
    .kind = METRIC_GAUGE,
    .help = "What the embedded store holds in memory, by kind.",
    .labels = {"kind"}};
static const struct metric_family store_bytes = {
    .name = "serin_store_memory_bytes",
    .kind = METRIC_GAUGE,
    .help = "Memory held by the embedded store's counts and item keys, about."};
static const struct metric_family journal_bytes = {
    .name = "serin_store_journal_bytes",
    .kind = METRIC_GAUGE,
    .help = "Batches made durable and not yet folded into the store's blocks."};

static const struct metric_family store_failing = {
    .name = "serin_store_failing",
    .kind = METRIC_GAUGE,
    .help = "1 when the embedded store's last attempt to write failed, by job: append or upkeep.",
    .labels = {"job"}};

static const struct metric_family *const families[] = {
    &store_size,      &store_bytes,   &journal_bytes,  &store_failing, &requests,
    &request_seconds, &refusals,      &analyses,       &delta,         &samples,
    &source_seconds,  &source_errors, &source_circuit, &events,        &batches,
    &log_records,     &reloads,       &ready,          &in_flight,
};

enum serin_status observe_register(struct metrics *metrics, struct serin_error *err)
{
    TRY(metrics_register_all(metrics, families, ARRAY_LENGTH(families), err));
    return process_metrics_register(metrics, err);
}

void observe_request(struct service *service, const struct request *request, int code,
                     int64_t elapsed_ns)
{
    struct metrics *metrics = service_metrics(service);
    metrics_add(metrics, &requests,
                METRIC_LABELS(request->route, number_write_int64(code, NUMBER_TEXT)), 1.0);
    metrics_observe(metrics, &request_seconds, METRIC_LABELS(request->route),
                    (double)elapsed_ns / 1e9);
}

void observe_refusal(struct service *service, const struct request *request, int code,
                     const struct serin_error *err)
{
    metrics_add(service_metrics(service), &refusals,
                METRIC_LABELS(request->route, serin_status_name(err->status)), 1.0);
    log_warning(service_log(service), "request refused", log_text("request_id", request->id),
                log_text("method", request->method), log_text("path", request->path),
                log_i64("code", code), log_text("kind", serin_status_name(err->status)),
                log_text("field", err->field), log_text("detail", err->detail),
                log_text("caller", principal_name(request->principal)));
}

static void observe_numbers(struct metrics *metrics, const char *stream,
                            const struct analysis_result *result)
{
    for (size_t arm = 0; arm < ARM_COUNT; arm++) {
        metrics_set(metrics, &samples, METRIC_LABELS(stream, arm_name((enum arm)arm)),
                    (double)result->samples[arm]);
    }
    if (result->delta.defined) {
        metrics_set(metrics, &delta, METRIC_LABELS(stream, "estimate"), result->delta.value);
        metrics_set(metrics, &delta, METRIC_LABELS(stream, "lower"), result->delta.lower);
        metrics_set(metrics, &delta, METRIC_LABELS(stream, "upper"), result->delta.upper);
    }
}

void observe_analysis(struct service *service, const struct request *request,
                      const struct question *question, const struct analysis_result *result)
{
    const char *stream = question_stream(question)->stream.name;
    const struct spec *spec = question_spec(question);
    struct metrics *metrics = service_metrics(service);
    metrics_add(metrics, &analyses,
                METRIC_LABELS(stream, decision_name(result->decision), result->reason), 1.0);
    metrics_observe(metrics, &source_seconds, METRIC_LABELS(stream),
                    (double)result->source_ms / 1e3);
    observe_numbers(metrics, stream, result);
    log_info(service_log(service), "analysis answered", log_text("request_id", request->id),
             log_text("analysis", result->id), log_text("stream", stream),
             log_text("rollout", spec->rollout), log_text("canary", spec->canary),
             log_text("stable", spec->stable), log_text("verdict", decision_name(result->decision)),
             log_text("reason", result->reason),
             log_u64("canary_samples", result->samples[ARM_CANARY]),
             log_u64("stable_samples", result->samples[ARM_STABLE]),
             log_i64("source_ms", result->source_ms), log_i64("judge_us", result->judge_us),
             log_text("source_error", result->source_error),
             log_text("caller", principal_name(request->principal)));
}

void observe_source_error(struct service *service, const char *stream, enum serin_status status)
{
    metrics_add(service_metrics(service), &source_errors,
                METRIC_LABELS(stream, serin_status_name(status)), 1.0);
}

void observe_batch(struct service *service, uint64_t accepted, bool is_duplicate)
{
    struct metrics *metrics = service_metrics(service);
    metrics_add(metrics, &batches, METRIC_LABELS(is_duplicate ? "duplicate" : "accepted"), 1.0);
    if (!is_duplicate) {
        metrics_add(metrics, &events, METRIC_UNLABELLED, (double)accepted);
    }
}

void observe_logs(struct service *service, const struct request *request,
                  const struct otlp_result *result)
{
    struct metrics *metrics = service_metrics(service);
    metrics_add(metrics, &log_records, METRIC_LABELS("received"), (double)result->records);
    metrics_add(metrics, &log_records, METRIC_LABELS("repeated"), (double)result->repeated);
    metrics_add(metrics, &log_records, METRIC_LABELS("rejected"), (double)result->rejected);
    observe_batch(service, result->events, result->is_repeat);
    if (result->rejected > 0) {
        log_warning(service_log(service), "log records rejected",
                    log_text("request_id", request->id), log_u64("rejected", result->rejected),
                    log_text("detail", result->reason.detail),
                    log_text("caller", principal_name(request->principal)));
    }
}

void observe_reload(struct service *service, bool is_success)
{
    metrics_add(service_metrics(service), &reloads,
                METRIC_LABELS(is_success ? "success" : "failure"), 1.0);
}

static void update_store(struct service *service)
{
    struct metrics *metrics = service_metrics(service);
    struct store_stats stats;
    store_stats(service_store(service), &stats);
    metrics_set(metrics, &store_size, METRIC_LABELS("streams"), (double)stats.streams);
    metrics_set(metrics, &store_size, METRIC_LABELS("blocks"), (double)stats.blocks);
    metrics_set(metrics, &store_size, METRIC_LABELS("cells"), (double)stats.cells);
    metrics_set(metrics, &store_size, METRIC_LABELS("keys"), (double)stats.keys);
    metrics_set(metrics, &store_bytes, METRIC_UNLABELLED, (double)stats.bytes);
    metrics_set(metrics, &journal_bytes, METRIC_UNLABELLED, (double)stats.journal_bytes);
    metrics_set(metrics, &store_failing, METRIC_LABELS("append"), stats.append_fails ? 1.0 : 0.0);
    metrics_set(metrics, &store_failing, METRIC_LABELS("upkeep"), stats.upkeep_fails ? 1.0 : 0.0);
}

/* Names may have gone with a reload. */
static void update_sources(struct metrics *metrics, const struct catalog *catalog)
{
    metrics_clear(metrics, &source_circuit);
    for (size_t i = 0; i < catalog_source_count(catalog); i++) {
        struct source_health health = catalog_source_health(catalog, i);
        metrics_set(metrics, &source_circuit, METRIC_LABELS(health.name),
                    health.state == BREAKER_CLOSED ? 0.0 : 1.0);
    }
}

void observe_update(struct service *service, const struct catalog *catalog)
{
    struct metrics *metrics = service_metrics(service);
    update_store(service);
    update_sources(metrics, catalog);
    metrics_set(metrics, &in_flight, METRIC_UNLABELLED, (double)service_active(service));
    metrics_set(metrics, &ready, METRIC_UNLABELLED, service_is_draining(service) ? 0.0 : 1.0);
    process_metrics_update(metrics);
}
