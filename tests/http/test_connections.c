#include "http/connections.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <criterion/parameterized.h>
#include <criterion/theories.h>
#include <sys/socket.h>
#include <unistd.h>

/* A clock that stands still until told. */
struct still_clock {
    struct clock clock;
    int64_t now_ns;
};

static struct monotonic_time still_monotonic(const struct clock *self)
{
    return (struct monotonic_time){((const struct still_clock *)self)->now_ns};
}

static struct wall_time still_wall(const struct clock *self)
{
    (void)self;
    return (struct wall_time){0};
}

static const struct connection_limits limits = {
    .open = 8, .header_ms = 10000, .body_ms = 30000, .idle_ms = 75000};

static int64_t limit_of(enum connection_phase phase)
{
    switch (phase) {
    case CONNECTION_CONNECTED:
        return limits.header_ms;
    case CONNECTION_RECEIVING:
    case CONNECTION_SENDING:
        return limits.body_ms;
    case CONNECTION_IDLE:
        return limits.idle_ms;
    case CONNECTION_ANSWERING:
        break;
    }
    return -1;
}

static bool peer_sees_the_end(int fd)
{
    char byte;
    return recv(fd, &byte, 1, MSG_DONTWAIT) == 0;
}

TheoryDataPoints(connections, each_phase_ends_by_its_own_limit) = {
    DataPoints(int, CONNECTION_CONNECTED, CONNECTION_RECEIVING, CONNECTION_ANSWERING,
               CONNECTION_SENDING, CONNECTION_IDLE),
};

Theory((int phase), connections, each_phase_ends_by_its_own_limit)
{
    struct still_clock clock = {
        {still_wall, still_monotonic},
        0
    };
    owned(connections) connections = connections_create(&limits, &clock.clock);
    int pair[2];
    cr_assert(eq(int, socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0));
    struct connection *connection = connections_open(connections, pair[0]);
    connection_enter(connections, connection, (enum connection_phase)phase);
    int64_t limit_ms = limit_of((enum connection_phase)phase);
    clock.now_ns = (limit_ms < 0 ? 86400000 : limit_ms) * 1000000;
    cr_assert(eq(sz, connections_sweep(connections), 0));
    cr_assert(not(peer_sees_the_end(pair[1])));
    clock.now_ns += 2000000;
    cr_assert(eq(sz, connections_sweep(connections), limit_ms < 0 ? 0 : 1));
    cr_assert(eq(int, peer_sees_the_end(pair[1]), limit_ms >= 0));
    connections_close(connections, connection);
    cr_assert(eq(sz, connections_count(connections), 0));
    (void)close(pair[0]);
    (void)close(pair[1]);
}

enum { CROWD = 6 };

struct crowd_case {
    char name[48];
    int phases[CROWD]; /* of the connections in the order of their arrival, a second apart */
    int shut;          /* which one makes room for the next; -1: none */
};

ParameterizedTestParameters(connections, near_the_limit_somebody_makes_room)
{
    enum {
        NEW = CONNECTION_CONNECTED,
        UP = CONNECTION_RECEIVING,
        BUSY = CONNECTION_ANSWERING,
        DOWN = CONNECTION_SENDING,
        IDLE = CONNECTION_IDLE
    };
    static struct crowd_case cases[] = {
        {"the longest without headers", {NEW, NEW, NEW, NEW, NEW, NEW},       0 },
        {"one between requests",        {BUSY, DOWN, IDLE, NEW, UP, UP},      2 },
        {"an uploader only at last",    {UP, BUSY, UP, NEW, BUSY, BUSY},      3 },
        {"the slowest uploader",        {BUSY, UP, UP, BUSY, DOWN, UP},       1 },
        {"never one being answered",    {BUSY, BUSY, DOWN, BUSY, DOWN, BUSY}, -1},
    };
    return cr_make_param_array(struct crowd_case, cases, ARRAY_LENGTH(cases));
}

ParameterizedTest(struct crowd_case *c, connections, near_the_limit_somebody_makes_room)
{
    struct still_clock clock = {
        {still_wall, still_monotonic},
        0
    };
    owned(connections) connections = connections_create(&limits, &clock.clock);
    struct connection *opened[CROWD + 1];
    int pairs[CROWD + 1][2];
    for (int i = 0; i <= CROWD; i++) {
        cr_assert(eq(int, socketpair(AF_UNIX, SOCK_STREAM, 0, pairs[i]), 0));
        opened[i] = connections_open(connections, pairs[i][0]);
        if (i < CROWD) {
            connection_enter(connections, opened[i], (enum connection_phase)c->phases[i]);
        }
        clock.now_ns += 1000000000;
    }
    for (int i = 0; i <= CROWD; i++) {
        cr_expect(eq(int, peer_sees_the_end(pairs[i][1]), i == c->shut), "%s: %d", c->name, i);
        connections_close(connections, opened[i]);
        (void)close(pairs[i][0]);
        (void)close(pairs[i][1]);
    }
}
