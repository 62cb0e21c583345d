#include "demo_service.h"

#include "base/json_writer.h"
#include "platform/client.h"
#include "platform/clock.h"
#include "platform/file.h"
#include "platform/json.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    ADDRESS_SIZE = 64,
    FOLDER_SIZE = 256,
    LOG_BYTES_MAX = 1024 * 1024,
    POLL_US = 10000,
    ANSWER_MAX = 64 * 1024,
    PATIENCE_MS = 30000
};

struct demo_service {
    pid_t process;
    char folder[FOLDER_SIZE];
    char address[ADDRESS_SIZE];
    struct client *client;
};

static void path_in(const struct demo_service *service, const char *name, char out[static PATH_MAX])
{
    (void)snprintf(out, PATH_MAX, "%s/%s", service->folder, name);
}

/* ---- stopping -------------------------------------------------------------------------------- */

static void remove_folder(const struct demo_service *service)
{
    static const char *const names[] = {"serin.yaml",   "serin.db",         "serin.db-wal",
                                        "serin.db-shm", "serin.db-journal", "serin.log"};
    for (size_t i = 0; i < ARRAY_LENGTH(names); i++) {
        char path[PATH_MAX];
        path_in(service, names[i], path);
        (void)unlink(path);
    }
    (void)rmdir(service->folder);
}

void demo_service_destroy(struct demo_service *service)
{
    if (!service) {
        return;
    }
    if (service->process > 0) {
        (void)kill(service->process, SIGTERM);
        while (waitpid(service->process, NULL, 0) < 0 && errno == EINTR) {
        }
    }
    client_destroy(service->client);
    if (service->folder[0]) {
        remove_folder(service);
    }
    memory_free(service);
}

/* ---- starting -------------------------------------------------------------------------------- */

static enum serin_status make_folder(struct demo_service *service, struct serin_error *err)
{
    const char *base = getenv("TMPDIR");
    char pattern[FOLDER_SIZE];
    int length =
        snprintf(pattern, sizeof(pattern), "%s/serin-demo-XXXXXX", base && base[0] ? base : "/tmp");
    if (length < 0 || (size_t)length >= sizeof(pattern) || !mkdtemp(pattern)) {
        return serin_fail(err, SERIN_UNAVAILABLE, "cannot make a temporary folder: %s",
                          strerror(errno));
    }
    memcpy(service->folder, pattern, sizeof(service->folder));
    return SERIN_OK;
}

static enum serin_status write_config(const struct demo_service *service, const char *streams,
                                      struct serin_error *err)
{
    owned(buffer) config = buffer_create(64 * 1024);
    if (!config) {
        return serin_fail(err, SERIN_NO_MEMORY, "no memory for the demo's configuration");
    }
    char path[PATH_MAX];
    path_in(service, "serin.db", path);
    buffer_printf(
        config,
        "listen: 127.0.0.1:0\noperators_listen: 127.0.0.1:0\nlog_format: json\nshutdown_delay: 0s\n"
        "store: \"%s\"\n%s",
        path, streams);
    TRY(buffer_status(config));
    path_in(service, "serin.yaml", path);
    struct text_view text = buffer_view(config);
    return file_write_atomic(path, text.start, text.length, err);
}

/* In the child: becomes `serin serve`, with its log in the folder. */
static void become_service(const char *config_path, const char *log_path)
{
    int log = open(log_path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    if (log < 0 || dup2(log, STDERR_FILENO) < 0) {
        _exit(EXIT_FAILURE);
    }
    (void)execl("/proc/self/exe", "serin", "serve", "--config", config_path, (char *)NULL);
    _exit(EXIT_FAILURE);
}

static enum serin_status launch(struct demo_service *service, struct serin_error *err)
{
    char config_path[PATH_MAX];
    char log_path[PATH_MAX];
    path_in(service, "serin.yaml", config_path);
    path_in(service, "serin.log", log_path);
    service->process = fork();
    if (service->process == 0) {
        become_service(config_path, log_path);
    }
    if (service->process < 0) {
        return serin_fail(err, SERIN_UNAVAILABLE, "cannot start the service: %s", strerror(errno));
    }
    return SERIN_OK;
}

/* The service tells its address in the log line "serving". */
static bool read_address(struct text_view line, char out[static ADDRESS_SIZE])
{
    owned(document) entry = NULL;
    if (json_parse(line, &document_limits_request, &entry, NULL) != SERIN_OK) {
        return false;
    }
    const struct node *root = document_root(entry);
    const struct node *api =
        node_kind(root) == NODE_MAP ? node_find(root, text_view_of("api")) : NULL;
    if (!api || node_kind(api) != NODE_TEXT || node_text(api).length >= ADDRESS_SIZE) {
        return false;
    }
    (void)snprintf(out, ADDRESS_SIZE, "%s", node_text(api).start);
    return true;
}

static bool find_address(const char *log, char out[static ADDRESS_SIZE])
{
    for (const char *line = log; *line;) {
        size_t length = strcspn(line, "\n");
        if (line[length] && read_address((struct text_view){line, length}, out)) {
            return true;
        }
        line += length + (line[length] ? 1 : 0);
    }
    return false;
}

static enum serin_status did_not_start(struct demo_service *service, const char *log,
                                       struct serin_error *err)
{
    service->process = 0;
    return serin_fail(err, SERIN_UNAVAILABLE, "the service did not start: %s", log);
}

static enum serin_status wait_until_serving(struct demo_service *service, struct serin_error *err)
{
    char path[PATH_MAX];
    path_in(service, "serin.log", path);
    struct deadline deadline = deadline_after(clock_system(), PATIENCE_MS);
    while (!deadline_passed(deadline)) {
        owned_memory char *log = NULL;
        size_t length = 0;
        bool has_ended = waitpid(service->process, NULL, WNOHANG) == service->process;
        bool has_log = file_read(path, LOG_BYTES_MAX, &log, &length, NULL) == SERIN_OK;
        if (has_log && find_address(log, service->address)) {
            return SERIN_OK;
        }
        if (has_ended) {
            return did_not_start(service, has_log ? log : "", err);
        }
        (void)usleep(POLL_US);
    }
    return serin_fail(err, SERIN_TIMEOUT, "the service did not start within %d s",
                      PATIENCE_MS / 1000);
}

enum serin_status demo_service_start(const char *streams, struct demo_service **out,
                                     struct serin_error *err)
{
    owned(demo_service) service = memory_allocate(1, sizeof(*service));
    if (!service) {
        return serin_fail(err, SERIN_NO_MEMORY, "no memory for the demo");
    }
    struct client_settings settings = {.bearer_token = NULL};
    TRY(client_create(&settings, &service->client, err));
    TRY(make_folder(service, err));
    TRY(write_config(service, streams, err));
    TRY(launch(service, err));
    TRY(wait_until_serving(service, err));
    *out = give(service);
    return SERIN_OK;
}

const char *demo_service_address(const struct demo_service *service)
{
    return service->address;
}

/* ---- requests -------------------------------------------------------------------------------- */

/* Posts `request` to `path`; `*out` is the answer's body, freed with memory_free. */
static enum serin_status post(struct demo_service *service, const char *path,
                              struct client_request request, char **out, size_t *out_length,
                              struct serin_error *err)
{
    char url[ADDRESS_SIZE + 64];
    (void)snprintf(url, sizeof(url), "http://%s%s", service->address, path);
    request.method = CLIENT_POST;
    request.url = url;
    request.response_limit = ANSWER_MAX;
    struct client_response response;
    struct deadline deadline = deadline_after(clock_system(), PATIENCE_MS);
    owned_memory char *answer = NULL;
    TRY(client_fetch(service->client, &request, deadline, &response, &answer, out_length, err));
    TRY(client_require_success(&request, &response, err));
    *out = give(answer);
    return SERIN_OK;
}

enum serin_status demo_service_push(struct demo_service *service, const char *batch,
                                    const struct buffer *lines, struct serin_error *err)
{
    struct client_header headers[] = {
        {"Idempotency-Key", batch},
    };
    struct text_view body = buffer_view(lines);
    struct client_request request = {.headers = headers,
                                     .header_count = ARRAY_LENGTH(headers),
                                     .content_type = "application/x-ndjson",
                                     .body = body.start,
                                     .body_length = body.length};
    owned_memory char *answer = NULL;
    size_t length = 0;
    return post(service, "/v1/events", request, &answer, &length, err);
}

static enum serin_status write_question(const char *stream, const char *canary, const char *stable,
                                        struct buffer *out)
{
    struct json_writer json;
    json_writer_init(&json, out);
    json_write_object_begin(&json);
    json_field_text(&json, "stream", stream);
    json_field_text(&json, "canary", canary);
    json_field_text(&json, "stable", stable);
    json_write_object_end(&json);
    return json_writer_finish(&json);
}

enum serin_status demo_service_ask(struct demo_service *service, const char *stream,
                                   const char *canary, const char *stable, struct document **out,
                                   struct serin_error *err)
{
    owned(buffer) question = buffer_create(4096);
    if (!question) {
        return serin_fail(err, SERIN_NO_MEMORY, "no memory for the question");
    }
    TRY(write_question(stream, canary, stable, question));
    struct text_view body = buffer_view(question);
    struct client_request request = {
        .content_type = "application/json", .body = body.start, .body_length = body.length};
    owned_memory char *answer = NULL;
    size_t length = 0;
    TRY(post(service, "/v1/analysis", request, &answer, &length, err));
    return json_parse((struct text_view){answer, length}, &document_limits_request, out, err);
}
