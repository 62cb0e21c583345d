#include "support/test_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { CONNECTIONS_MAX = 256, REQUEST_MAX = 2 * 1024 * 1024, DRIP_BYTES = 7, ANSWERS_MAX = 8 };

struct answer {
    char *bytes;
    size_t length;
};

struct connection {
    struct test_server *server;
    pthread_t thread;
    int fd;
};

struct test_server {
    int listener;
    unsigned port;
    pthread_t thread;
    struct answer answers[ANSWERS_MAX];
    int answer_count;
    test_server_responder *responder; /* NULL: the answers above */
    const void *context;
    enum test_server_manner manner;
    pthread_mutex_t mutex; /* guards what follows */
    struct connection connections[CONNECTIONS_MAX];
    int connection_count;
    int request_count;
    bool stopping;
    char request[REQUEST_MAX];
    char url[256];
};

static void fail(const char *what)
{
    perror(what);
    exit(EXIT_FAILURE);
}

/* ---- one connection ----------------------------------------------------------------------------
 */

static size_t body_length(const char *head)
{
    const char *at = strcasestr(head, "content-length:");
    return at ? (size_t)strtoul(at + strlen("content-length:"), NULL, 10) : 0;
}

/* Reads a request with its body; false when the peer has gone. */
static bool read_request(int fd, char *out)
{
    size_t length = 0;
    while (length + 1 < REQUEST_MAX) {
        ssize_t got = recv(fd, out + length, REQUEST_MAX - 1 - length, 0);
        if (got <= 0) {
            return false;
        }
        length += (size_t)got;
        out[length] = '\0';
        const char *end = strstr(out, "\r\n\r\n");
        if (end && length >= (size_t)(end + 4 - out) + body_length(out)) {
            return true;
        }
    }
    return false;
}

static bool send_all(int fd, const char *bytes, size_t length, size_t piece)
{
    const struct timespec pause = {.tv_nsec = 1000000};
    for (size_t done = 0; done < length;) {
        size_t left = length - done < piece ? length - done : piece;
        ssize_t sent = send(fd, bytes + done, left, MSG_NOSIGNAL);
        if (sent <= 0) {
            return false;
        }
        done += (size_t)sent;
        if (piece < length) {
            (void)nanosleep(&pause, NULL);
        }
    }
    return true;
}

static void reset_connection(int fd)
{
    const struct linger at_once = {.l_onoff = 1, .l_linger = 0};
    (void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
}

/* Silent until the peer gives up or the test ends and shuts the socket down. */
static void wait_for_end(int fd)
{
    char ignored[64];
    while (recv(fd, ignored, sizeof(ignored), 0) > 0) {
    }
}

static void send_answer(const struct connection *connection, struct answer answer)
{
    bool drips = connection->server->manner == SERVER_DRIPS;
    (void)send_all(connection->fd, answer.bytes, answer.length,
                   drips ? DRIP_BYTES : answer.length + 1);
}

static void answer_once(const struct connection *connection, const char *request, int number)
{
    const struct test_server *server = connection->server;
    if (server->responder) {
        struct answer answer = {0};
        answer.bytes = server->responder(server->context, request, &answer.length);
        send_answer(connection, answer);
        free(answer.bytes);
        return;
    }
    int last = server->answer_count - 1;
    send_answer(connection, server->answers[number < last ? number : last]);
}

static void *serve_connection(void *context)
{
    struct connection *connection = context;
    struct test_server *server = connection->server;
    char *request = malloc(REQUEST_MAX);
    bool goes_on = request != NULL;
    while (goes_on && read_request(connection->fd, request)) {
        (void)pthread_mutex_lock(&server->mutex);
        memcpy(server->request, request, strlen(request) + 1);
        int number = server->request_count++;
        (void)pthread_mutex_unlock(&server->mutex);
        answer_once(connection, request, number);
        goes_on = server->manner == SERVER_KEEPS;
    }
    if (server->manner == SERVER_HANGS) {
        wait_for_end(connection->fd);
    }
    if (server->manner == SERVER_RESETS) {
        reset_connection(connection->fd);
    }
    free(request);
    (void)pthread_mutex_lock(&server->mutex);
    (void)close(connection->fd);
    connection->fd = -1;
    (void)pthread_mutex_unlock(&server->mutex);
    return NULL;
}

/* ---- all of them -------------------------------------------------------------------------------
 */

static void add_connection(struct test_server *server, int fd)
{
    (void)pthread_mutex_lock(&server->mutex);
    bool has_room = server->connection_count < CONNECTIONS_MAX && !server->stopping;
    if (has_room) {
        struct connection *connection = &server->connections[server->connection_count++];
        connection->server = server;
        connection->fd = fd;
        if (pthread_create(&connection->thread, NULL, serve_connection, connection) != 0) {
            fail("pthread_create");
        }
    }
    (void)pthread_mutex_unlock(&server->mutex);
    if (!has_room) {
        (void)close(fd);
    }
}

static void *accept_connections(void *context)
{
    struct test_server *server = context;
    for (;;) {
        int fd = accept(server->listener, NULL, NULL);
        if (fd < 0) {
            return NULL;
        }
        add_connection(server, fd);
    }
}

void test_server_add(struct test_server *server, const char *answer, size_t length)
{
    char *bytes = server->answer_count < ANSWERS_MAX ? malloc(length + 1) : NULL;
    if (!bytes) {
        fail("test server");
    }
    memcpy(bytes, answer, length);
    server->answers[server->answer_count++] = (struct answer){bytes, length};
}

static struct test_server *create(enum test_server_manner manner)
{
    struct test_server *server = calloc(1, sizeof(*server));
    if (!server) {
        fail("test server");
    }
    server->manner = manner;
    return server;
}

static void start_listening(struct test_server *server)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)}};
    socklen_t size = sizeof(address);
    server->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (server->listener < 0 || bind(server->listener, (struct sockaddr *)&address, size) != 0 ||
        listen(server->listener, 16) != 0 ||
        getsockname(server->listener, (struct sockaddr *)&address, &size) != 0 ||
        pthread_mutex_init(&server->mutex, NULL) != 0 ||
        pthread_create(&server->thread, NULL, accept_connections, server) != 0) {
        fail("test server");
    }
    server->port = ntohs(address.sin_port);
}

struct test_server *test_server_start(const char *answer, size_t length,
                                      enum test_server_manner manner)
{
    struct test_server *server = create(manner);
    test_server_add(server, answer, length);
    start_listening(server);
    return server;
}

struct test_server *test_server_start_with(test_server_responder *responder, const void *context,
                                           enum test_server_manner manner)
{
    struct test_server *server = create(manner);
    server->responder = responder;
    server->context = context;
    start_listening(server);
    return server;
}

void test_server_stop(struct test_server *server)
{
    (void)pthread_mutex_lock(&server->mutex);
    server->stopping = true;
    for (int i = 0; i < server->connection_count; i++) {
        if (server->connections[i].fd >= 0) {
            (void)shutdown(server->connections[i].fd, SHUT_RDWR);
        }
    }
    (void)pthread_mutex_unlock(&server->mutex);
    (void)shutdown(server->listener, SHUT_RDWR);
    (void)pthread_join(server->thread, NULL);
    for (int i = 0; i < server->connection_count; i++) {
        (void)pthread_join(server->connections[i].thread, NULL);
    }
    (void)close(server->listener);
    (void)pthread_mutex_destroy(&server->mutex);
    for (int i = 0; i < server->answer_count; i++) {
        free(server->answers[i].bytes);
    }
    free(server);
}

const char *test_server_url(struct test_server *server, const char *path)
{
    (void)snprintf(server->url, sizeof(server->url), "http://127.0.0.1:%u%s", server->port, path);
    return server->url;
}

const char *test_server_request(struct test_server *server)
{
    return server->request;
}

int test_server_connections(struct test_server *server)
{
    (void)pthread_mutex_lock(&server->mutex);
    int count = server->connection_count;
    (void)pthread_mutex_unlock(&server->mutex);
    return count;
}

int test_server_requests(struct test_server *server)
{
    (void)pthread_mutex_lock(&server->mutex);
    int count = server->request_count;
    (void)pthread_mutex_unlock(&server->mutex);
    return count;
}
