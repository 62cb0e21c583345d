#include "http/connections.h"

#include "platform/thread.h"

#include <sys/socket.h>

struct connection {
    struct connection *next;
    struct connection *previous;
    int fd;
    enum connection_phase phase;
    struct monotonic_time since;
    bool is_shut;
};

struct connections {
    pthread_mutex_t mutex;
    struct connection *first;
    size_t count;
    size_t announced;
    struct connection_limits limits;
    const struct clock *clock;
};

struct connections *connections_create(const struct connection_limits *limits,
                                       const struct clock *clock)
{
    struct connections *connections = memory_allocate(1, sizeof(*connections));
    if (connections) {
        mutex_init(&connections->mutex);
        connections->limits = *limits;
        connections->clock = clock;
    }
    return connections;
}

void connections_destroy(struct connections *connections)
{
    if (connections) {
        mutex_clear(&connections->mutex);
        memory_free(connections);
    }
}

void connections_limit(struct connections *connections, const struct connection_limits *limits)
{
    scoped_lock held = mutex_hold(&connections->mutex);
    connections->limits = *limits;
}

/* The library then sees the end of the stream and closes the descriptor itself. */
static void shut(struct connection *connection)
{
    (void)shutdown(connection->fd, SHUT_RDWR);
    connection->is_shut = true;
}

/* How readily a connection is given up for a new one; 0: never. */
static int expendability(enum connection_phase phase)
{
    switch (phase) {
    case CONNECTION_CONNECTED:
    case CONNECTION_IDLE:
        return 2;
    case CONNECTION_RECEIVING:
        return 1;
    case CONNECTION_ANSWERING:
    case CONNECTION_SENDING:
        break;
    }
    return 0;
}

static bool is_rather_shut(const struct connection *a, const struct connection *b)
{
    int by_phase = expendability(a->phase) - expendability(b->phase);
    return by_phase != 0 ? by_phase > 0 : a->since.ns < b->since.ns;
}

static void make_room(struct connections *connections)
{
    struct connection *chosen = NULL;
    for (struct connection *each = connections->first; each; each = each->next) {
        bool is_candidate = !each->is_shut && expendability(each->phase) > 0;
        if (is_candidate && (!chosen || is_rather_shut(each, chosen))) {
            chosen = each;
        }
    }
    if (chosen) {
        shut(chosen);
    }
}

struct connection *connections_open(struct connections *connections, int fd)
{
    struct connection *connection = memory_allocate(1, sizeof(*connection));
    if (!connection) {
        return NULL;
    }
    connection->fd = fd;
    connection->phase = CONNECTION_CONNECTED;
    connection->since = clock_monotonic(connections->clock);
    scoped_lock held = mutex_hold(&connections->mutex);
    if (connections->count >= connections->limits.open - connections->limits.open / 4) {
        make_room(connections);
    }
    connection->next = connections->first;
    if (connections->first) {
        connections->first->previous = connection;
    }
    connections->first = connection;
    connections->count++;
    connections->announced -= connections->announced > 0;
    return connection;
}

void connections_announce(struct connections *connections)
{
    scoped_lock held = mutex_hold(&connections->mutex);
    connections->announced++;
}

void connections_withdraw(struct connections *connections)
{
    scoped_lock held = mutex_hold(&connections->mutex);
    connections->announced -= connections->announced > 0;
}

static void unlink_connection(struct connections *connections, struct connection *connection)
{
    scoped_lock held = mutex_hold(&connections->mutex);
    if (connection->previous) {
        connection->previous->next = connection->next;
    } else {
        connections->first = connection->next;
    }
    if (connection->next) {
        connection->next->previous = connection->previous;
    }
    connections->count--;
}

void connections_close(struct connections *connections, struct connection *connection)
{
    if (connection) {
        unlink_connection(connections, connection);
        memory_free(connection);
    }
}

void connection_enter(struct connections *connections, struct connection *connection,
                      enum connection_phase phase)
{
    if (connection) {
        struct monotonic_time now = clock_monotonic(connections->clock);
        scoped_lock held = mutex_hold(&connections->mutex);
        connection->phase = phase;
        connection->since = now;
    }
}

static int64_t phase_limit_ms(const struct connection_limits *limits, enum connection_phase phase)
{
    switch (phase) {
    case CONNECTION_CONNECTED:
        return limits->header_ms;
    case CONNECTION_RECEIVING:
    case CONNECTION_SENDING:
        return limits->body_ms;
    case CONNECTION_IDLE:
        return limits->idle_ms;
    case CONNECTION_ANSWERING:
        break;
    }
    return INT64_MAX;
}

size_t connections_sweep(struct connections *connections)
{
    struct monotonic_time now = clock_monotonic(connections->clock);
    size_t count = 0;
    scoped_lock held = mutex_hold(&connections->mutex);
    for (struct connection *each = connections->first; each; each = each->next) {
        int64_t limit = phase_limit_ms(&connections->limits, each->phase);
        if (!each->is_shut && monotonic_elapsed_ms(each->since, now) > limit) {
            shut(each);
            count++;
        }
    }
    return count;
}

size_t connections_expected(struct connections *connections, int64_t age_ms)
{
    struct monotonic_time now = clock_monotonic(connections->clock);
    scoped_lock held = mutex_hold(&connections->mutex);
    size_t count = connections->announced;
    for (struct connection *each = connections->first; each; each = each->next) {
        bool is_young = monotonic_elapsed_ms(each->since, now) < age_ms;
        bool is_waiting = each->phase == CONNECTION_CONNECTED || each->phase == CONNECTION_IDLE;
        count += is_waiting && is_young && !each->is_shut;
    }
    return count;
}

size_t connections_count(struct connections *connections)
{
    scoped_lock held = mutex_hold(&connections->mutex);
    return connections->count;
}
