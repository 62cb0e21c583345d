#include "command.h"

#include "platform/deadline.h"
#include "platform/listen.h"
#include "platform/log.h"
#include "platform/signal.h"
#include "source/promql.h"
#include "tap/bearer.h"
#include "tap/endpoint.h"
#include "tap/inputs.h"
#include "tap/push.h"
#include "tap/telemetry.h"

#include <stdbool.h>
#include <stdint.h>
#include <unistd.h>

enum { METRIC_SERIES_MAX = 1000, TICK_MS = 200 };

/* Where events come from and where counts go to. */
struct tap_flags {
    bool from_beginning;
    char *socket;
    enum unix_socket_kind socket_kind;
    char *listen;
    char *token_file;
    int64_t linger_ms;
};

static const struct decode_name socket_kinds[] = {
    {"datagram", UNIX_SOCKET_DATAGRAM},
    {"stream",   UNIX_SOCKET_STREAM  },
    {NULL,       0                   },
};

static const struct decode_field tap_fields[] = {
    {.name = "from_beginning",
     DECODE_BOOL(struct tap_flags, from_beginning),
     .fallback = "false",
     .help = "read a file that is there already from its beginning instead of from its end"},
    {.name = "socket",
     DECODE_TEXT(struct tap_flags, socket),
     .takes = "a path",
     .help = "take lines on a Unix socket too"},
    {.name = "socket_type",
     DECODE_ENUM(struct tap_flags, socket_kind, socket_kinds),
     .fallback = "datagram",
     .help = "what that socket is"},
    {.name = "listen",
     DECODE_TEXT(struct tap_flags, listen),
     .takes = "an address",
     .fallback = "127.0.0.1:9464",
     .help = "where to serve /metrics, /v1/tap/blocks, /livez and /readyz and, to this host only, "
             "POST /v1/events; \":9464\" for every address"},
    {.name = "token_file",
     DECODE_TEXT(struct tap_flags, token_file),
     .takes = "a file",
     .help =
         "bearer token that whoever reads /metrics or /v1/tap/blocks has to show; read anew for "
         "each request"},
    {.name = "linger",
     DECODE_DURATION(struct tap_flags, linger_ms),
     .fallback = "1m",
     .help = "how long to go on serving after the end of standard input"},
};
static const struct decode_table tap_table = DECODE_TABLE(struct tap_flags, tap_fields);

/* Everything that runs, in the order of creation; torn down in the reverse order. */
struct running {
    struct tap_flags flags;
    struct tap_options options;
    struct push_options push;
    const char *file; /* "-": standard input; NULL: none */
    struct signals *signals;
    struct log *log;
    struct metrics *metrics;
    struct tap *tap;
    struct endpoint *endpoint;
    struct pusher *pusher; /* NULL: nothing is sent */
    struct inputs *inputs;
};

/* ---- starting -------------------------------------------------------------------------------- */

static enum serin_status start_telemetry(struct running *running, struct serin_error *err)
{
    struct log_settings settings = {
        .fd = STDERR_FILENO, .format = isatty(STDERR_FILENO) ? LOG_FORMAT_LOGFMT : LOG_FORMAT_JSON};
    running->log = log_create(&settings);
    running->metrics = metrics_create(METRIC_SERIES_MAX);
    if (!running->log || !running->metrics) {
        return serin_fail(err, SERIN_NO_MEMORY, "no memory to start");
    }
    TRY(telemetry_register(running->metrics, err));
    return running->push.url ? push_register(running->metrics, err) : SERIN_OK;
}

static enum serin_status start_inputs(struct running *running, struct serin_error *err)
{
    struct inputs_options options = {.file = running->file,
                                     .start = running->flags.from_beginning ? FOLLOW_FROM_BEGINNING
                                                                            : FOLLOW_FROM_END,
                                     .socket = running->flags.socket,
                                     .socket_kind = running->flags.socket_kind};
    return inputs_start(&options, running->tap, &running->inputs, err);
}

/* Counts are for Prometheus to see; but who else may is not for us to know. */
static void warn_if_open(const struct running *running)
{
    bool is_loopback = true;
    if (!running->flags.token_file &&
        listen_is_loopback(running->flags.listen, &is_loopback, NULL) == SERIN_OK && !is_loopback) {
        log_warning(running->log, "counts can be read by whoever can connect; see --token-file",
                    log_text("listen", endpoint_address(running->endpoint)));
    }
}

static void announce(const struct running *running)
{
    warn_if_open(running);
    log_info(running->log, "tapping", log_text("version", SERIN_VERSION),
             log_text("listen", endpoint_address(running->endpoint)),
             log_text("arm", running->options.arm), log_text("file", running->file),
             log_text("socket", running->flags.socket), log_text("push", running->push.url));
}

static enum serin_status start_endpoint(struct running *running, struct serin_error *err)
{
    struct endpoint_options options = {.address = running->flags.listen,
                                       .token_file = running->flags.token_file};
    if (options.token_file) {
        serin_error_at(err, "token_file");
        TRY(bearer_check_file(options.token_file, err));
        serin_error_clear(err);
    }
    return endpoint_start(&options, running->tap, running->metrics, &running->endpoint, err);
}

static enum serin_status start(struct running *running, struct serin_error *err)
{
    TRY(signals_create(&running->signals, err));
    TRY(start_telemetry(running, err));
    TRY(tap_create(&running->options, clock_system(), &running->tap, err));
    TRY(start_endpoint(running, err));
    if (running->push.url) {
        TRY(pusher_start(&running->push, running->tap, running->log, running->metrics,
                         &running->pusher, err));
    }
    TRY(start_inputs(running, err));
    announce(running);
    return SERIN_OK;
}

/* ---- running --------------------------------------------------------------------------------- */

static void tell_of_file(const struct running *running)
{
    struct follower_counts counts = inputs_follower_counts(running->inputs);
    telemetry_follow(running->metrics, &counts);
}

/* Until told to stop, or until standard input has been over for long enough. */
static void run_until_stopped(struct running *running)
{
    struct serin_error err = {0};
    enum signal_event event = SIGNAL_NONE;
    struct deadline end = {0};
    bool is_over = false;
    while (event != SIGNAL_STOP && event != SIGNAL_STOP_NOW && !(is_over && deadline_passed(end))) {
        if (signals_wait(running->signals, TICK_MS, &event, &err) != SERIN_OK) {
            log_error(running->log, "cannot wait for signals", log_text("detail", err.detail));
            return;
        }
        tell_of_file(running);
        if (!is_over && inputs_are_over(running->inputs)) {
            is_over = true;
            end = deadline_after(clock_system(), running->flags.linger_ms);
            log_info(running->log, "standard input is over",
                     log_i64("linger_ms", running->flags.linger_ms));
        }
    }
}

static void stop(struct running *running)
{
    struct tap_counts counts;
    endpoint_drain(running->endpoint);
    inputs_destroy(running->inputs);
    running->inputs = NULL;
    pusher_destroy(running->pusher);
    running->pusher = NULL;
    tap_read_counts(running->tap, &counts);
    log_info(running->log, "stopped", log_u64("events", counts.events));
}

static void tear_down(struct running *running)
{
    inputs_destroy(running->inputs);
    pusher_destroy(running->pusher);
    endpoint_destroy(running->endpoint);
    tap_destroy(running->tap);
    metrics_destroy(running->metrics);
    log_destroy(running->log);
    signals_destroy(running->signals);
}

/* ---- the command ----------------------------------------------------------------------------- */

static enum serin_status check(const struct running *running, struct serin_error *err)
{
    struct text_view metric = text_view_of(running->options.metric);
    if (!promql_is_plain_metric_name(metric)) {
        serin_error_at(err, "metric");
        return serin_fail(err, SERIN_INVALID,
                          "%s is not the name of a counter; letters, digits, _ and : make one",
                          TEXT_QUOTE(metric));
    }
    return push_options_check(&running->push, err);
}

static enum exit_code tap(struct running *running)
{
    struct serin_error err = {0};
    enum serin_status status = start(running, &err);
    if (status == SERIN_OK) {
        run_until_stopped(running);
        stop(running);
    }
    tear_down(running);
    return status == SERIN_OK ? EXIT_PROMOTE : command_fail("tap", &err);
}

static enum exit_code run(const struct node *flags_given, char **arguments, size_t argument_count)
{
    struct serin_error err = {0};
    struct running running = {.file = argument_count > 0 ? arguments[0] : NULL};
    const struct decode_target targets[] = {
        {&tap_table,          &running.flags,   false},
        {&tap_options_table,  &running.options, false},
        {&push_options_table, &running.push,    false},
    };
    enum serin_status status =
        decode_map_into(targets, ARRAY_LENGTH(targets), flags_given, "", &err);
    if (status == SERIN_OK) {
        status = check(&running, &err);
    }
    enum exit_code code = status == SERIN_OK ? tap(&running) : command_misuse("tap", &err);
    decode_clear(&tap_table, &running.flags);
    decode_clear(&tap_options_table, &running.options);
    decode_clear(&push_options_table, &running.push);
    return code;
}

const struct command command_tap = {
    .name = "tap",
    .summary = "beside a pod: turn its label events into counters and blocks",
    .arguments = "[FILE]",
    .most_arguments = 1,
    .flags = {&tap_options_table, &tap_table, &push_options_table},
    .run = run,
};
