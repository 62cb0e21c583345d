#include "tap/inputs.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    SENDERS_MAX = 16, /* connections to a stream socket */
    LOOK_MS = 50,     /* between two looks at the file */
    GATHER_MS = 10,   /* after a small read, for small writes to become one larger read */
    GATHER_BELOW = 32 * 1024,
    READS_PER_TURN = 64,
    PIPE_BYTES = 1024 * 1024,
    PIECE_BYTES = 64 * 1024 + 1 /* a datagram above the longest line shows that it is */
};

/* Standard input or a connection. */
struct sender {
    int fd; /* -1: none */
    struct tap_intake *intake;
};

enum { WATCH_WAKE, WATCH_SOCKET, WATCH_SENDERS, WATCHED = WATCH_SENDERS + SENDERS_MAX };

struct inputs {
    struct inputs_options options;
    struct tap *tap;
    pthread_t thread;
    bool has_thread;
    int wake; /* an eventfd: stop */
    atomic_bool is_over;
    struct follower *follower;
    struct tap_intake *follower_intake;
    int socket;
    struct tap_intake *datagram_intake;
    struct sender senders[SENDERS_MAX]; /* the first is standard input, where that is read */
    char piece[PIECE_BYTES];
};

/* ---- reading --------------------------------------------------------------------------------- */

static void end_sender(struct inputs *inputs, struct sender *sender)
{
    tap_intake_finish(sender->intake);
    tap_intake_destroy(sender->intake);
    sender->intake = NULL;
    if (sender->fd == STDIN_FILENO) {
        bool is_only = !inputs->follower && inputs->socket < 0;
        atomic_store(&inputs->is_over, is_only);
    } else {
        (void)close(sender->fd);
    }
    sender->fd = -1;
}

static bool has_input(int fd)
{
    struct pollfd watched = {.fd = fd, .events = POLLIN};
    return poll(&watched, 1, 0) > 0;
}

/* Standard input may block; it is only read when something is there. Returns the bytes read. */
static size_t read_sender(struct inputs *inputs, struct sender *sender)
{
    size_t total = 0;
    for (size_t i = 0; i < READS_PER_TURN && has_input(sender->fd); i++) {
        ssize_t got = read(sender->fd, inputs->piece, sizeof(inputs->piece));
        if (got < 0 && (errno == EINTR || errno == EAGAIN)) {
            continue;
        }
        if (got <= 0) {
            end_sender(inputs, sender);
            return total;
        }
        tap_intake_push(sender->intake, inputs->piece, (size_t)got);
        total += (size_t)got;
    }
    return total;
}

/* A datagram holds whole lines; the last one needs no line feed. */
static size_t read_datagrams(struct inputs *inputs)
{
    size_t total = 0;
    for (size_t i = 0; i < READS_PER_TURN; i++) {
        ssize_t got = recv(inputs->socket, inputs->piece, sizeof(inputs->piece), MSG_DONTWAIT);
        if (got < 0) {
            break;
        }
        tap_intake_push(inputs->datagram_intake, inputs->piece, (size_t)got);
        tap_intake_finish(inputs->datagram_intake);
        total += (size_t)got;
    }
    return total;
}

static struct sender *free_sender(struct inputs *inputs)
{
    for (size_t i = 0; i < SENDERS_MAX; i++) {
        if (inputs->senders[i].fd < 0) {
            return &inputs->senders[i];
        }
    }
    return NULL;
}

/* Who is one too many waits until another leaves. */
static void accept_senders(struct inputs *inputs)
{
    for (struct sender *sender = free_sender(inputs); sender; sender = free_sender(inputs)) {
        int fd = accept4(inputs->socket, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
        if (fd < 0) {
            return;
        }
        sender->intake = tap_intake_create(inputs->tap);
        if (!sender->intake) {
            (void)close(fd);
            return;
        }
        sender->fd = fd;
    }
}

static size_t read_socket(struct inputs *inputs)
{
    if (inputs->options.socket_kind == UNIX_SOCKET_DATAGRAM) {
        return read_datagrams(inputs);
    }
    accept_senders(inputs);
    return 0;
}

/* Everything that is there. Returns the bytes read, not counting the file's. */
static size_t read_all(struct inputs *inputs)
{
    size_t total = inputs->socket >= 0 ? read_socket(inputs) : 0;
    for (size_t i = 0; i < SENDERS_MAX; i++) {
        total += inputs->senders[i].fd >= 0 ? read_sender(inputs, &inputs->senders[i]) : 0;
    }
    return total;
}

/* ---- the thread ------------------------------------------------------------------------------ */

static void watch(const struct inputs *inputs, struct pollfd watched[WATCHED])
{
    bool can_accept = inputs->options.socket_kind == UNIX_SOCKET_DATAGRAM ||
                      free_sender((struct inputs *)inputs) != NULL;
    watched[WATCH_WAKE] = (struct pollfd){.fd = inputs->wake, .events = POLLIN};
    watched[WATCH_SOCKET] =
        (struct pollfd){.fd = can_accept ? inputs->socket : -1, .events = POLLIN};
    for (size_t i = 0; i < SENDERS_MAX; i++) {
        watched[WATCH_SENDERS + i] = (struct pollfd){.fd = inputs->senders[i].fd, .events = POLLIN};
    }
}

/* Waits until there is something to read; false when it is time to stop. */
static bool wait_for_input(const struct inputs *inputs, int timeout_ms)
{
    struct pollfd watched[WATCHED];
    watch(inputs, watched);
    (void)poll(watched, WATCHED, timeout_ms);
    return !(watched[WATCH_WAKE].revents & POLLIN);
}

/*
 * Senders that write line by line would wake this thread once a line. Datagrams cannot wait: the
 * kernel queues only a few.
 */
static bool gather(const struct inputs *inputs, size_t bytes)
{
    struct pollfd wake = {.fd = inputs->wake, .events = POLLIN};
    bool can_wait = inputs->socket < 0 || inputs->options.socket_kind == UNIX_SOCKET_STREAM;
    if (!can_wait || bytes == 0 || bytes >= GATHER_BELOW) {
        return true;
    }
    return poll(&wake, 1, GATHER_MS) <= 0;
}

static void *run(void *context)
{
    struct inputs *inputs = context;
    bool goes_on = true;
    while (goes_on) {
        bool has_more = inputs->follower && follower_look(inputs->follower);
        int timeout_ms = has_more ? 0 : inputs->follower ? LOOK_MS : -1;
        goes_on = wait_for_input(inputs, timeout_ms) && gather(inputs, read_all(inputs));
    }
    return NULL;
}

/* ---- starting and stopping ------------------------------------------------------------------- */

static enum serin_status no_memory(struct serin_error *err)
{
    return serin_fail(err, SERIN_NO_MEMORY, "no memory for reading events");
}

/* A larger pipe lets its writer go on while lines are gathered; where it is none nothing changes.
 */
static enum serin_status open_standard_input(struct inputs *inputs, struct serin_error *err)
{
    inputs->senders[0].intake = tap_intake_create(inputs->tap);
    if (!inputs->senders[0].intake) {
        return no_memory(err);
    }
    (void)fcntl(STDIN_FILENO, F_SETPIPE_SZ, PIPE_BYTES);
    inputs->senders[0].fd = STDIN_FILENO;
    return SERIN_OK;
}

static enum serin_status open_file(struct inputs *inputs, struct serin_error *err)
{
    if (!inputs->options.file) {
        return SERIN_OK;
    }
    if (strcmp(inputs->options.file, "-") == 0) {
        return open_standard_input(inputs, err);
    }
    inputs->follower_intake = tap_intake_create(inputs->tap);
    if (!inputs->follower_intake) {
        return no_memory(err);
    }
    return follower_create(inputs->options.file, inputs->options.start, inputs->follower_intake,
                           &inputs->follower, err);
}

static enum serin_status open_socket(struct inputs *inputs, struct serin_error *err)
{
    if (!inputs->options.socket) {
        return SERIN_OK;
    }
    inputs->datagram_intake = tap_intake_create(inputs->tap);
    if (!inputs->datagram_intake) {
        return no_memory(err);
    }
    return unix_socket_open(inputs->options.socket, inputs->options.socket_kind, &inputs->socket,
                            err);
}

static enum serin_status start_thread(struct inputs *inputs, struct serin_error *err)
{
    inputs->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (inputs->wake < 0 || pthread_create(&inputs->thread, NULL, run, inputs) != 0) {
        return serin_fail(err, SERIN_UNAVAILABLE,
                          "cannot start reading: threads or descriptors are short");
    }
    inputs->has_thread = true;
    return SERIN_OK;
}

enum serin_status inputs_start(const struct inputs_options *options, struct tap *tap,
                               struct inputs **out, struct serin_error *err)
{
    owned(inputs) inputs = memory_allocate(1, sizeof(*inputs));
    if (!inputs) {
        return no_memory(err);
    }
    inputs->options = *options;
    inputs->tap = tap;
    inputs->wake = inputs->socket = -1;
    for (size_t i = 0; i < SENDERS_MAX; i++) {
        inputs->senders[i].fd = -1;
    }
    TRY(open_file(inputs, err));
    TRY(open_socket(inputs, err));
    TRY(start_thread(inputs, err));
    *out = give(inputs);
    return SERIN_OK;
}

/* What was written before the stop is counted. */
static void take_the_rest(struct inputs *inputs)
{
    for (size_t i = 0; i < READS_PER_TURN && read_all(inputs) > 0; i++) {
    }
    for (size_t i = 0; i < READS_PER_TURN && inputs->follower && follower_look(inputs->follower);
         i++) {
    }
    for (size_t i = 0; i < SENDERS_MAX; i++) {
        if (inputs->senders[i].fd >= 0) {
            end_sender(inputs, &inputs->senders[i]);
        }
    }
}

static void close_all(struct inputs *inputs)
{
    if (inputs->socket >= 0) {
        unix_socket_close(inputs->options.socket, inputs->socket);
    }
    if (inputs->wake >= 0) {
        (void)close(inputs->wake);
    }
    for (size_t i = 0; i < SENDERS_MAX; i++) {
        tap_intake_destroy(inputs->senders[i].intake);
    }
    follower_destroy(inputs->follower);
    tap_intake_destroy(inputs->follower_intake);
    tap_intake_destroy(inputs->datagram_intake);
}

void inputs_destroy(struct inputs *inputs)
{
    if (!inputs) {
        return;
    }
    if (inputs->has_thread) {
        (void)eventfd_write(inputs->wake, 1);
        (void)pthread_join(inputs->thread, NULL);
        take_the_rest(inputs);
    }
    close_all(inputs);
    memory_free(inputs);
}

bool inputs_are_over(const struct inputs *inputs)
{
    return atomic_load(&inputs->is_over);
}

struct follower_counts inputs_follower_counts(const struct inputs *inputs)
{
    return inputs->follower ? follower_counts(inputs->follower) : (struct follower_counts){0};
}
