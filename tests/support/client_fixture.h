/*
 * What the client's tests share: a client, its peer, a request and what came of it.
 */
#ifndef SERIN_TESTS_CLIENT_FIXTURE_H
#define SERIN_TESTS_CLIENT_FIXTURE_H

#include "base/memory.h"
#include "platform/client.h"
#include "support/test_server.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <string.h>

static const char ok_answer[] __attribute__((unused)) =
    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
    "Content-Length: 7\r\n\r\n{\"a\":1}";

/* Far enough ahead that only a hang would reach it. */
static inline struct deadline ample(void)
{
    return deadline_after(clock_system(), 60000);
}

static inline struct deadline short_one(void)
{
    return deadline_after(clock_system(), 150);
}

static inline struct client *make_client(const struct client_settings *settings)
{
    static const struct client_settings plain = {.bearer_token = NULL};
    struct client *client = NULL;
    struct serin_error err = {.status = SERIN_OK};
    cr_assert(eq(int, client_create(settings ? settings : &plain, &client, &err), SERIN_OK), "%s",
              err.detail);
    return client;
}

struct fixture {
    struct test_server *server;
    struct client *client;
    struct client_request request;
    struct client_response response;
    struct serin_error err;
    char *body;
    size_t length;
};

static inline void open_fixture(struct fixture *fixture, const char *answer, size_t length,
                                enum test_server_manner manner)
{
    *fixture = (struct fixture){.server = test_server_start(answer, length, manner),
                                .client = make_client(NULL)};
    fixture->request = (struct client_request){.url = test_server_url(fixture->server, "/api"),
                                               .response_limit = 1 << 20};
}

static inline enum serin_status fetch(struct fixture *fixture, struct deadline deadline)
{
    memory_free(fixture->body);
    fixture->body = NULL;
    return client_fetch(fixture->client, &fixture->request, deadline, &fixture->response,
                        &fixture->body, &fixture->length, &fixture->err);
}

static inline void close_fixture(struct fixture *fixture)
{
    memory_free(fixture->body);
    client_destroy(fixture->client);
    test_server_stop(fixture->server);
}

static inline void require_in(const char *text, const char *part)
{
    cr_assert(ne(ptr, strstr(text, part), NULL), "no \"%s\" in: %s", part, text);
}

/* A large body: a head that tells `told` bytes, and `given` bytes. */
static inline char *large_answer(size_t told, size_t given, size_t *out_length)
{
    char *answer = memory_allocate(given + 200, 1);
    int head = snprintf(answer, 200, "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n", told);
    memset(answer + head, 'x', given);
    *out_length = (size_t)head + given;
    return answer;
}

#endif
