#include "command.h"

#include "http/observe.h"
#include "http/server.h"
#include "platform/listen.h"
#include "platform/signal.h"
#include "platform/terminal.h"
#include "source/store.h"

#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
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
     .takes = "a file",
     .is_required = true,
     .help = "YAML file; see docs/configuration.md"},
    {.name = "check_config",
     DECODE_BOOL(struct serve_flags, is_check),
     .fallback = "false",
     .help = "check the file and exit"},
};
static const struct decode_table serve_table = DECODE_TABLE(struct serve_flags, serve_fields);

/* Everything that runs, in the order of creation; torn down in the reverse order. */
struct running {
    struct signals *signals;
    struct log *log;
    struct metrics *metrics;
    struct store *store;
    struct service *service;
    struct lanes *lanes;
    struct server *api;
    struct server *operators;
    const char *config_path;
    bool is_urgent; /* told twice to stop */
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
    running->lanes = lanes_create(config->limits.workers, config->limits.queue);
    return running->lanes ? SERIN_OK : serin_fail(err, SERIN_NO_MEMORY, "no memory to start");
}

static enum serin_status start_listeners(struct running *running, const struct config *config,
                                         struct serin_error *err)
{
    struct server_options operators = {.listen = config->operators_listen,
                                       .routes = &operator_routes,
                                       .lanes = running->lanes,
                                       .threads = 1,
                                       .limits = &config->limits};
    TRY(server_start(running->service, &operators, &running->operators, err));
    struct server_options api = {.listen = config->listen,
                                 .routes = &public_routes,
                                 .lanes = running->lanes,
                                 .threads = API_THREADS,
                                 .limits = &config->limits,
                                 .tls = &config->tls};
    return server_start(running->service, &api, &running->api, err);
}

/* The soft limit is for programs that select(2); what the system allows is the hard one. */
static uint64_t claim_descriptors(void)
{
    struct rlimit limit = {0};
    (void)getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    (void)setrlimit(RLIMIT_NOFILE, &limit);
    (void)getrlimit(RLIMIT_NOFILE, &limit);
    return limit.rlim_cur;
}

/* A limit that cannot be reached would not keep room for honest peers either. */
static void fit_connections(const struct running *running, struct config *config)
{
    enum { OWN_DESCRIPTORS = 64 }; /* files, listeners, connections to sources */
    uint64_t descriptors = claim_descriptors();
    uint64_t most =
        descriptors > 2 * OWN_DESCRIPTORS ? descriptors - OWN_DESCRIPTORS : descriptors / 2 + 1;
    if (config->limits.connections > most) {
        log_warning(running->log,
                    "fewer descriptors than limits.connections needs; raise the limit (ulimit -n)",
                    log_u64("descriptors", descriptors), log_u64("connections", most));
        config->limits.connections = most;
    }
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
    fit_connections(running, config);
    TRY(start_service(running, config, err));
    owned(snapshot) snapshot = NULL;
    TRY(snapshot_create(running->service, config, &snapshot, err));
    const struct config *in_force = give(config); /* the snapshot owns it now */
    service_configure(running->service, give(snapshot));
    TRY(start_listeners(running, in_force, err));
    announce(running, in_force);
    return SERIN_OK;
}

/* ---- running --------------------------------------------------------------------------------- */

/* What only a new process can change, told apart because everything else takes effect at once. */
static void warn_of_restart(struct running *running, const struct config *before,
                            const struct config *after)
{
    const struct {
        const char *key;
        bool differs;
    } rows[] = {
        {"listen", strcmp(before->listen, after->listen) != 0},
        {"operators_listen", strcmp(before->operators_listen, after->operators_listen) != 0},
        {"store", strcmp(before->store_path, after->store_path) != 0},
        {"log_format", before->log_format != after->log_format},
        {"limits.workers", before->limits.workers != after->limits.workers},
        {"limits.queue", before->limits.queue != after->limits.queue},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        if (rows[i].differs) {
            log_warning(running->log, "a changed setting takes effect at the next start only",
                        log_text("field", rows[i].key));
        }
    }
}

static void put_in_force(struct running *running, struct snapshot *next)
{
    const struct config *after = snapshot_config(next);
    const struct snapshot *current = service_acquire(running->service);
    warn_of_restart(running, snapshot_config(current), after);
    service_release(running->service, current);
    log_set_level(after->log_level);
    service_configure(running->service, next);
}

/*
 * A new `listen` waits for the next start, so whether callers must show who they are is decided by
 * the address that is listened on, not by the one in the file.
 */
static enum serin_status check_reach(const struct running *running, const struct config *loaded,
                                     struct serin_error *err)
{
    const char *address = server_address(running->api);
    bool is_loopback = false;
    TRY(listen_is_loopback(address, &is_loopback, err));
    if (is_loopback || !config_is_open(loaded) || loaded->auth.is_none) {
        return SERIN_OK;
    }
    serin_error_at(err, "auth");
    return serin_fail(err, SERIN_INVALID,
                      "%s is listened on until the next start and can be reached from other "
                      "machines, so credentials cannot be dropped before; restart, or say auth: "
                      "none",
                      address);
}

/* All or nothing: whatever can fail comes before the first change. */
static enum serin_status load_again(struct running *running, struct serin_error *err)
{
    owned(config) config = NULL;
    owned(snapshot) next = NULL;
    TRY(config_load(running->config_path, environ, &config, err));
    TRY(check_reach(running, config, err));
    TRY(snapshot_create(running->service, config, &next, err));
    const struct config *loaded = give(config); /* the snapshot owns it now */
    TRY(server_renew(running->operators, &loaded->limits, NULL, err));
    TRY(server_renew(running->api, &loaded->limits, &loaded->tls, err));
    put_in_force(running, give(next));
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

/* One step of waiting; false when the time is over, or a second signal says that it is. */
static bool may_go_on(struct running *running, struct deadline deadline)
{
    struct serin_error err = {0};
    enum signal_event event = SIGNAL_NONE;
    if (running->is_urgent || deadline_passed(deadline)) {
        return false;
    }
    server_sweep(running->api);
    server_sweep(running->operators);
    running->is_urgent = signals_wait(running->signals, DRAIN_STEP_MS, &event, &err) != SERIN_OK ||
                         event == SIGNAL_STOP_NOW;
    return true;
}

static bool is_needed(const struct running *running)
{
    return service_active(running->service) > 0 || server_expects_requests(running->api);
}

/*
 * Finishes what was accepted. First load balancers get time to notice that the service is no longer
 * ready; then nobody is let in any more, but every request under way gets its answer.
 */
static void drain(struct running *running)
{
    const struct snapshot *snapshot = service_acquire(running->service);
    int64_t delay_ms = snapshot_config(snapshot)->shutdown_delay_ms;
    int64_t grace_ms = snapshot_config(snapshot)->shutdown_grace_ms;
    service_release(running->service, snapshot);
    service_drain(running->service);
    log_info(running->log, "stopping", log_u64("requests", service_active(running->service)));
    struct deadline delay = deadline_after(clock_system(), delay_ms);
    while (may_go_on(running, delay)) {
    }
    server_quiesce(running->api);
    struct deadline grace = deadline_after(clock_system(), grace_ms);
    while (is_needed(running) && may_go_on(running, grace)) {
    }
}

static void tear_down(struct running *running)
{
    if (running->lanes) {
        lanes_stop(running->lanes);
    }
    server_destroy(running->api);
    server_destroy(running->operators);
    lanes_destroy(running->lanes);
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
    size_t count = catalog_stream_count(catalog);
    (void)printf("%s: %zu stream%s, ready to serve\n", path, count, count == 1 ? "" : "s");
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
        return command_misuse("serve", &err);
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
