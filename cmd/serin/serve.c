#include "command.h"

#include "http/observe.h"
#include "http/server.h"
#include "platform/signal.h"
#include "platform/terminal.h"
#include "source/store.h"

#include <stdio.h>
#include <unistd.h>

extern char **environ;

enum { API_THREADS = 2, METRIC_SERIES_MAX = 20000, SWEEP_MS = 1000, DRAIN_STEP_MS = 20 };

struct serve_flags {
    char *config;
    bool is_check;
};

static const struct decode_field serve_fields[] = {
    {.name = "config",
     DECODE_TEXT(struct serve_flags, config),
     .is_required = true,
     .help = "YAML file; see docs/configuration.md"},
    {.name = "check_config",
     DECODE_BOOL(struct serve_flags, is_check),
     .fallback = "false",
     .help = "check the file and exit"             },
};
static const struct decode_table serve_table = DECODE_TABLE(struct serve_flags, serve_fields);

/* Everything that runs, in the order of creation; torn down in the reverse order. */
struct running {
    struct signals *signals;
    struct log *log;
    struct metrics *metrics;
    struct store *store;
    struct service *service;
    struct workers *workers;
    struct server *api;
    struct server *operators;
    const char *config_path;
};

static enum log_format choose_format(enum log_format_choice choice)
{
    switch (choice) {
    case LOG_CHOICE_JSON:
        return LOG_FORMAT_JSON;
    case LOG_CHOICE_LOGFMT:
        return LOG_FORMAT_LOGFMT;
    case LOG_CHOICE_AUTO:
        break;
    }
    return isatty(STDERR_FILENO) ? LOG_FORMAT_LOGFMT : LOG_FORMAT_JSON;
}

/* ---- starting -------------------------------------------------------------------------------- */

static enum serin_status start_telemetry(struct running *running, const struct config *config,
                                         struct serin_error *err)
{
    struct log_settings settings = {.fd = STDERR_FILENO,
                                    .format = choose_format(config->log_format)};
    log_set_level(config->log_level);
    running->log = log_create(&settings);
    running->metrics = metrics_create(METRIC_SERIES_MAX);
    if (!running->log || !running->metrics) {
        return serin_fail(err, SERIN_NO_MEMORY, "no memory to start");
    }
    return observe_register(running->metrics, err);
}

static enum serin_status start_service(struct running *running, const struct config *config,
                                       struct serin_error *err)
{
    struct store_options options = {.path = config->store_path, .clock = clock_system()};
    TRY(store_open(&options, &running->store, err));
    struct service_parts parts = {.store = running->store,
                                  .metrics = running->metrics,
                                  .log = running->log,
                                  .clock = clock_system()};
    TRY(service_create(&parts, &running->service, err));
    return workers_create(config->limits.workers, config->limits.queue, &running->workers, err);
}

static enum serin_status start_listeners(struct running *running, const struct config *config,
                                         struct serin_error *err)
{
    struct server_options operators = {.listen = config->operators_listen,
                                       .routes = &operator_routes,
                                       .limits = &config->limits,
                                       .threads = 1};
    TRY(server_start(running->service, &operators, &running->operators, err));
    struct server_options api = {.listen = config->listen,
                                 .routes = &public_routes,
                                 .limits = &config->limits,
                                 .tls = &config->tls,
                                 .workers = running->workers,
                                 .threads = API_THREADS};
    return server_start(running->service, &api, &running->api, err);
}

static void announce(const struct running *running, const struct config *config)
{
    if (config->auth.is_none) {
        log_warning(running->log,
                    "auth: none is configured: whoever can connect may analyze and push",
                    log_text("listen", server_address(running->api)));
    }
    log_info(running->log, "serving", log_text("version", SERIN_VERSION),
             log_text("api", server_address(running->api)),
             log_text("operators", server_address(running->operators)),
             log_bool("tls", config->tls.certificate != NULL),
             log_text("store", config->store_path));
}

static enum serin_status start(struct running *running, struct serin_error *err)
{
    owned(config) config = NULL;
    TRY(config_load(running->config_path, environ, &config, err));
    TRY(signals_create(&running->signals, err));
    TRY(start_telemetry(running, config, err));
    TRY(start_service(running, config, err));
    TRY(start_listeners(running, config, err));
    const struct config *in_force = config;
    TRY(service_configure(running->service, config, err));
    config = NULL; /* the service owns it now */
    announce(running, in_force);
    return SERIN_OK;
}

/* ---- running --------------------------------------------------------------------------------- */

static enum serin_status load_again(struct running *running, struct serin_error *err)
{
    owned(config) config = NULL;
    TRY(config_load(running->config_path, environ, &config, err));
    log_set_level(config->log_level);
    TRY(service_configure(running->service, config, err));
    config = NULL; /* the service owns it now */
    return SERIN_OK;
}

static void reload(struct running *running)
{
    struct serin_error err = {0};
    enum serin_status status = load_again(running, &err);
    observe_reload(running->service, status == SERIN_OK);
    if (status == SERIN_OK) {
        log_info(running->log, "configuration reloaded", log_text("file", running->config_path));
    } else {
        log_error(running->log, "configuration refused; the one in force stays",
                  log_text("file", running->config_path), log_text("field", err.field),
                  log_text("detail", err.detail));
    }
}

static void run_until_stopped(struct running *running)
{
    struct serin_error err = {0};
    enum signal_event event = SIGNAL_NONE;
    while (event != SIGNAL_STOP && event != SIGNAL_STOP_NOW) {
        if (signals_wait(running->signals, SWEEP_MS, &event, &err) != SERIN_OK) {
            log_error(running->log, "cannot wait for signals", log_text("detail", err.detail));
            return;
        }
        if (event == SIGNAL_RELOAD) {
            reload(running);
        }
        server_sweep(running->api);
        server_sweep(running->operators);
    }
}

/* ---- stopping -------------------------------------------------------------------------------- */

static int64_t grace_ms(struct running *running)
{
    const struct snapshot *snapshot = service_acquire(running->service);
    int64_t grace = snapshot ? snapshot_config(snapshot)->shutdown_grace_ms : 0;
    service_release(running->service, snapshot);
    return grace;
}

/* Finishes what was accepted: no new connections, but every request under way gets its answer. */
static void drain(struct running *running)
{
    struct serin_error err = {0};
    struct deadline deadline = deadline_after(clock_system(), grace_ms(running));
    service_drain(running->service);
    server_quiesce(running->api);
    log_info(running->log, "stopping", log_u64("requests", server_active(running->api)));
    enum signal_event event = SIGNAL_NONE;
    while (server_active(running->api) > 0 && !deadline_passed(deadline) &&
           event != SIGNAL_STOP_NOW) {
        server_sweep(running->api);
        if (signals_wait(running->signals, DRAIN_STEP_MS, &event, &err) != SERIN_OK) {
            break;
        }
    }
}

static void tear_down(struct running *running)
{
    if (running->workers) {
        workers_stop(running->workers);
    }
    server_destroy(running->api);
    server_destroy(running->operators);
    workers_destroy(running->workers);
    service_destroy(running->service);
    store_close(running->store);
    metrics_destroy(running->metrics);
    log_destroy(running->log);
    signals_destroy(running->signals);
}

/* ---- the command ----------------------------------------------------------------------------- */

static enum serin_status check(const char *path, struct serin_error *err)
{
    owned(config) config = NULL;
    TRY(config_load(path, environ, &config, err));
    owned(catalog) catalog = NULL;
    TRY(catalog_create(config->sources, config->streams, NULL, &catalog, err));
    (void)printf("%s: %zu streams, ready to serve\n", path, catalog_stream_count(catalog));
    return SERIN_OK;
}

static enum exit_code serve(const char *path)
{
    struct serin_error err = {0};
    struct running running = {.config_path = path};
    enum serin_status status = start(&running, &err);
    if (status == SERIN_OK) {
        run_until_stopped(&running);
        drain(&running);
        log_info(running.log, "stopped", LOG_NONE);
    }
    tear_down(&running);
    return status == SERIN_OK ? EXIT_PROMOTE : command_fail("serve", &err);
}

static enum exit_code run(const struct node *flags_given, char **arguments, size_t argument_count)
{
    (void)arguments;
    (void)argument_count;
    struct serin_error err = {0};
    struct serve_flags flags = {0};
    if (decode_map(&serve_table, flags_given, "", &flags, &err) != SERIN_OK) {
        (void)command_fail("serve", &err);
        return EXIT_USAGE;
    }
    enum exit_code code = EXIT_PROMOTE;
    if (!flags.is_check) {
        code = serve(flags.config);
    } else if (check(flags.config, &err) != SERIN_OK) {
        code = command_fail("serve", &err);
    }
    decode_clear(&serve_table, &flags);
    return code;
}

const struct command command_serve = {
    .name = "serve",
    .summary = "answer analyses over HTTP and take label events",
    .arguments = "",
    .flags = {&serve_table},
    .run = run,
};
