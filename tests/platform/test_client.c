#include "platform/client.h"

#include "support/fake_clock.h"
#include "support/temp_folder.h"
#include "support/test_server.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char ok_answer[] = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
                                "Content-Length: 7\r\n\r\n{\"a\":1}";

/* Far enough ahead that only a hang would reach it. */
static struct deadline ample(void)
{
    return deadline_after(clock_system(), 60000);
}

static struct deadline short_one(void)
{
    return deadline_after(clock_system(), 150);
}

static struct client *make_client(const struct client_settings *settings)
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

static void open_fixture(struct fixture *fixture, const char *answer, size_t length,
                         enum test_server_manner manner)
{
    *fixture = (struct fixture){.server = test_server_start(answer, length, manner),
                                .client = make_client(NULL)};
    fixture->request = (struct client_request){.url = test_server_url(fixture->server, "/api"),
                                               .response_limit = 1 << 20};
}

static enum serin_status fetch(struct fixture *fixture, struct deadline deadline)
{
    memory_free(fixture->body);
    fixture->body = NULL;
    return client_fetch(fixture->client, &fixture->request, deadline, &fixture->response,
                        &fixture->body, &fixture->length, &fixture->err);
}

static void close_fixture(struct fixture *fixture)
{
    memory_free(fixture->body);
    client_destroy(fixture->client);
    test_server_stop(fixture->server);
}

static void require_in(const char *text, const char *part)
{
    cr_assert(ne(ptr, strstr(text, part), NULL), "no \"%s\" in: %s", part, text);
}

/* ---- good answers ------------------------------------------------------------------------------
 */

Test(client, a_get_brings_status_type_and_body)
{
    struct fixture fixture;
    open_fixture(&fixture, ok_answer, strlen(ok_answer), SERVER_KEEPS);
    fixture.request.headers = &(struct client_header){"Accept", "application/json"};
    fixture.request.header_count = 1;
    cr_assert(eq(int, fetch(&fixture, ample()), SERIN_OK), "%s", fixture.err.detail);
    cr_assert(eq(int, fixture.response.status, 200));
    cr_assert(eq(str, fixture.response.content_type, "application/json"));
    cr_assert(eq(u64, fixture.response.body_length, 7));
    cr_assert(eq(str, fixture.body, "{\"a\":1}"));
    const char *request = test_server_request(fixture.server);
    require_in(request, "GET /api HTTP/1.1\r\n");
    require_in(request, "\r\nAccept: application/json\r\n");
    require_in(request, "\r\nUser-Agent: serin/");
    cr_assert(eq(ptr, strstr(request, "Authorization"), NULL));
    close_fixture(&fixture);
}

Test(client, a_post_carries_its_body_and_type_without_expecting_a_go_ahead)
{
    struct fixture fixture;
    enum { LENGTH = 1200000 }; /* long enough for libcurl to want a go-ahead */
    owned_memory char *body = memory_allocate(LENGTH, 1);
    memset(body, 'b', LENGTH);
    open_fixture(&fixture, ok_answer, strlen(ok_answer), SERVER_KEEPS);
    fixture.request.method = CLIENT_POST;
    fixture.request.content_type = "application/x-www-form-urlencoded";
    fixture.request.body = body;
    fixture.request.body_length = LENGTH;
    cr_assert(eq(int, fetch(&fixture, ample()), SERIN_OK), "%s", fixture.err.detail);
    const char *request = test_server_request(fixture.server);
    require_in(request, "POST /api HTTP/1.1\r\n");
    require_in(request, "\r\nContent-Length: 1200000\r\n");
    require_in(request, "\r\nContent-Type: application/x-www-form-urlencoded\r\n");
    cr_assert(eq(ptr, strstr(request, "Expect"), NULL));
    cr_assert(eq(sz, strlen(strstr(request, "\r\n\r\n") + 4), LENGTH));
    close_fixture(&fixture);
}

Test(client, a_post_without_type_and_body_sends_neither)
{
    struct fixture fixture;
    open_fixture(&fixture, ok_answer, strlen(ok_answer), SERVER_KEEPS);
    fixture.request.method = CLIENT_POST;
    cr_assert(eq(int, fetch(&fixture, ample()), SERIN_OK), "%s", fixture.err.detail);
    cr_assert(eq(ptr, strstr(test_server_request(fixture.server), "Content-Type"), NULL));
    require_in(test_server_request(fixture.server), "\r\nContent-Length: 0\r\n");
    close_fixture(&fixture);
}

Test(client, a_slow_peer_is_waited_for)
{
    struct fixture fixture;
    open_fixture(&fixture, ok_answer, strlen(ok_answer), SERVER_DRIPS);
    cr_assert(eq(int, fetch(&fixture, ample()), SERIN_OK), "%s", fixture.err.detail);
    cr_assert(eq(str, fixture.body, "{\"a\":1}"));
    close_fixture(&fixture);
}

Test(client, a_chunked_answer_is_put_together)
{
    static const char answer[] = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                                 "4\r\none \r\n3\r\ntwo\r\n0\r\n\r\n";
    struct fixture fixture;
    open_fixture(&fixture, answer, strlen(answer), SERVER_KEEPS);
    cr_assert(eq(int, fetch(&fixture, ample()), SERIN_OK), "%s", fixture.err.detail);
    cr_assert(eq(str, fixture.body, "one two"));
    close_fixture(&fixture);
}

Test(client, an_answer_without_body_is_an_empty_text)
{
    static const char answer[] = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
    struct fixture fixture;
    open_fixture(&fixture, answer, strlen(answer), SERVER_KEEPS);
    cr_assert(eq(int, fetch(&fixture, ample()), SERIN_OK), "%s", fixture.err.detail);
    cr_assert(eq(str, fixture.body, ""));
    cr_assert(eq(sz, fixture.length, 0));
    cr_assert(eq(str, fixture.response.content_type, ""));
    close_fixture(&fixture);
}

struct tally {
    size_t bytes;
    size_t pieces;
    size_t stop_after;
};

static enum serin_status count(void *context, const char *bytes, size_t length,
                               struct serin_error *err)
{
    struct tally *tally = context;
    cr_assert(ne(ptr, (void *)bytes, NULL));
    tally->bytes += length;
    tally->pieces++;
    return tally->bytes > tally->stop_after ? serin_fail(err, SERIN_CONFLICT, "seen enough")
                                            : SERIN_OK;
}

/* A large body: a head that tells `told` bytes, and `given` bytes. */
static char *large_answer(size_t told, size_t given, size_t *out_length)
{
    char *answer = memory_allocate(given + 200, 1);
    int head = snprintf(answer, 200, "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n", told);
    memset(answer + head, 'x', given);
    *out_length = (size_t)head + given;
    return answer;
}

Test(client, a_large_body_comes_in_pieces)
{
    size_t length = 0;
    char *answer = large_answer(1000000, 1000000, &length);
    struct fixture fixture;
    struct tally tally = {.stop_after = SIZE_MAX};
    open_fixture(&fixture, answer, length, SERVER_KEEPS);
    cr_assert(eq(int,
                 client_send(fixture.client, &fixture.request, ample(), count, &tally,
                             &fixture.response, &fixture.err),
                 SERIN_OK));
    cr_assert(eq(sz, tally.bytes, 1000000));
    cr_assert(gt(sz, tally.pieces, 10));
    close_fixture(&fixture);
    memory_free(answer);
}

Test(client, the_receivers_failure_ends_the_transfer_and_is_handed_on)
{
    size_t length = 0;
    char *answer = large_answer(1000000, 1000000, &length);
    struct fixture fixture;
    struct tally tally = {.stop_after = 100000};
    open_fixture(&fixture, answer, length, SERVER_KEEPS);
    fixture.response.status = 7;
    cr_assert(eq(int,
                 client_send(fixture.client, &fixture.request, ample(), count, &tally,
                             &fixture.response, &fixture.err),
                 SERIN_CONFLICT));
    cr_assert(eq(str, fixture.err.detail, "seen enough"));
    cr_assert(eq(int, fixture.response.status, 7));
    close_fixture(&fixture);
    memory_free(answer);
}

Test(client, a_body_may_be_dropped)
{
    struct fixture fixture;
    open_fixture(&fixture, ok_answer, strlen(ok_answer), SERVER_KEEPS);
    cr_assert(eq(int,
                 client_send(fixture.client, &fixture.request, ample(), NULL, NULL,
                             &fixture.response, &fixture.err),
                 SERIN_OK));
    cr_assert(eq(u64, fixture.response.body_length, 7));
    close_fixture(&fixture);
}

/* ---- credentials -------------------------------------------------------------------------------
 */

static const char *request_with(const struct client_settings *settings, struct fixture *fixture)
{
    open_fixture(fixture, ok_answer, strlen(ok_answer), SERVER_KEEPS);
    client_destroy(fixture->client);
    fixture->client = make_client(settings);
    cr_assert(eq(int, fetch(fixture, ample()), SERIN_OK), "%s", fixture->err.detail);
    return test_server_request(fixture->server);
}

Test(client, credentials_and_tenant_go_into_their_headers)
{
    struct fixture fixture;
    const char *request = request_with(
        &(struct client_settings){.bearer_token = "t0ken", .tenant = "team-a"}, &fixture);
    require_in(request, "\r\nAuthorization: Bearer t0ken\r\n");
    require_in(request, "\r\nX-Scope-OrgID: team-a\r\n");
    close_fixture(&fixture);

    request = request_with(
        &(struct client_settings){.username = "Aladdin", .password = "open sesame"}, &fixture);
    require_in(request, "\r\nAuthorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==\r\n");
    close_fixture(&fixture);
}

Test(client, a_token_file_is_read_anew_for_every_request)
{
    const char *path = temp_file("token", "first\n", 6);
    struct fixture fixture;
    const char *request =
        request_with(&(struct client_settings){.bearer_token_file = path}, &fixture);
    require_in(request, "Authorization: Bearer first\r\n");
    (void)temp_file("token", "second", 6);
    cr_assert(eq(int, fetch(&fixture, ample()), SERIN_OK));
    require_in(test_server_request(fixture.server), "Authorization: Bearer second\r\n");

    (void)temp_file("token", "two\r\nX-Evil: 1", 13);
    cr_assert(eq(int, fetch(&fixture, ample()), SERIN_INVALID));
    (void)temp_file("token", "\n", 1);
    cr_assert(eq(int, fetch(&fixture, ample()), SERIN_INVALID));
    cr_assert(eq(int, remove(path), 0));
    cr_assert(eq(int, fetch(&fixture, ample()), SERIN_UNAVAILABLE));
    require_in(fixture.err.detail, path);
    close_fixture(&fixture);
}

Test(client, messages_never_hold_a_credential)
{
    struct fixture fixture;
    static const char refusal[] = "HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n";
    open_fixture(&fixture, refusal, strlen(refusal), SERVER_KEEPS);
    client_destroy(fixture.client);
    fixture.client = make_client(&(struct client_settings){.bearer_token = "s3cret"});
    char url[300];
    (void)snprintf(url, sizeof(url), "%s?token=s3cret", test_server_url(fixture.server, "/api"));
    fixture.request.url = url;
    cr_assert(eq(int, fetch(&fixture, ample()), SERIN_OK));
    cr_assert(eq(int, client_require_success(&fixture.request, &fixture.response, &fixture.err),
                 SERIN_UNAVAILABLE));
    require_in(fixture.err.detail, "127.0.0.1:");
    require_in(fixture.err.detail, "401");
    require_in(fixture.err.detail, "credentials");
    cr_assert(eq(ptr, strstr(fixture.err.detail, "s3cret"), NULL), "%s", fixture.err.detail);

    fixture.request.url = "http://user:s3cret@127.0.0.1/";
    cr_assert(eq(int, fetch(&fixture, ample()), SERIN_INVALID));
    cr_assert(eq(ptr, strstr(fixture.err.detail, "s3cret"), NULL), "%s", fixture.err.detail);
    close_fixture(&fixture);
}

/* ---- other statuses ----------------------------------------------------------------------------
 */

Test(client, a_redirect_is_not_followed)
{
    struct fixture target;
    struct fixture fixture;
    char answer[400];
    open_fixture(&target, ok_answer, strlen(ok_answer), SERVER_KEEPS);
    (void)snprintf(answer, sizeof(answer),
                   "HTTP/1.1 302 Found\r\nLocation: %s\r\nContent-Length: 0\r\n\r\n",
                   test_server_url(target.server, "/"));
    open_fixture(&fixture, answer, strlen(answer), SERVER_KEEPS);
    cr_assert(eq(int, fetch(&fixture, ample()), SERIN_OK));
    cr_assert(eq(int, fixture.response.status, 302));
    cr_assert(eq(int, test_server_connections(target.server), 0));
    cr_assert(eq(int, client_require_success(&fixture.request, &fixture.response, &fixture.err),
                 SERIN_UNAVAILABLE));
    require_in(fixture.err.detail, "redirects are not followed");
    close_fixture(&fixture);
    close_fixture(&target);
}

Test(client, the_body_of_an_error_is_kept_as_a_printable_excerpt)
{
    static const char answer[] = "HTTP/1.1 422 Unprocessable\r\nContent-Length: 26\r\n\r\n"
                                 "bad\r\nquery \x1b[31m \xff\xc3\xa9 \x01 end";
    struct fixture fixture;
    open_fixture(&fixture, answer, sizeof(answer) - 1, SERVER_KEEPS);
    cr_assert(eq(int, fetch(&fixture, ample()), SERIN_OK), "%s", fixture.err.detail);
    cr_assert(eq(str, fixture.body, ""));
    cr_assert(eq(str, fixture.response.excerpt, "bad  query  [31m  \xc3\xa9   end"));
    cr_assert(eq(int, client_require_success(&fixture.request, &fixture.response, &fixture.err),
                 SERIN_UNAVAILABLE));
    require_in(fixture.err.detail, "answered 422");
    require_in(fixture.err.detail, "bad  query");
    close_fixture(&fixture);
}

Test(client, a_long_error_is_cut)
{
    size_t length = 0;
    char *answer = large_answer(50000, 50000, &length);
    memcpy(answer, "HTTP/1.1 500 NO", 15);
    struct fixture fixture;
    open_fixture(&fixture, answer, length, SERVER_KEEPS);
    cr_assert(eq(int, fetch(&fixture, ample()), SERIN_OK), "%s", fixture.err.detail);
    cr_assert(eq(sz, strlen(fixture.response.excerpt), sizeof(fixture.response.excerpt) - 1));
    close_fixture(&fixture);
    memory_free(answer);
}

/* ---- bad peers ---------------------------------------------------------------------------------
 */

struct bad_peer {
    const char *name;
    const char *answer;
    enum test_server_manner manner;
    enum serin_status status;
    const char *message;
};

Test(client, every_kind_of_broken_answer_has_its_status_and_message)
{
    static const struct bad_peer peers[] = {
        {"hung before the head",         "",                                                                  SERVER_HANGS,  SERIN_TIMEOUT,     "no complete answer"},
        {"hung in the head",             "HTTP/1.1 200 OK\r\nContent-",                                       SERVER_HANGS,  SERIN_TIMEOUT,
         "no complete answer"                                                                                                                                       },
        {"hung in the body",             "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc",                  SERVER_HANGS,
         SERIN_TIMEOUT,                                                                                                                         "no complete answer"},
        {"closed before the head",       "",                                                                  SERVER_CLOSES, SERIN_UNAVAILABLE, "without an answer" },
        {"closed in the body",           "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc",                  SERVER_CLOSES,
         SERIN_UNAVAILABLE,                                                                                                                     "broke off"         },
        {"closed in a chunk",            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
         SERVER_CLOSES,                                                                                                      SERIN_UNAVAILABLE, "broke off"         },
        {"closed before the last chunk",
         "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n",                                  SERVER_CLOSES,
         SERIN_UNAVAILABLE,                                                                                                                     "broke off"         },
        {"reset before the head",        "",                                                                  SERVER_RESETS, SERIN_UNAVAILABLE, "127.0.0.1:"        },
        {"reset in the body",            "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc",                  SERVER_RESETS,
         SERIN_UNAVAILABLE,                                                                                                                     "127.0.0.1:"        },
        {"no HTTP",                      "SSH-2.0-OpenSSH_9.2\r\n",                                           SERVER_CLOSES, SERIN_UNAVAILABLE, "127.0.0.1:"        },
        {"bad chunk size",               "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nab\r\n",
         SERVER_CLOSES,                                                                                                      SERIN_UNAVAILABLE, "127.0.0.1:"        },
    };
    for (size_t i = 0; i < ARRAY_LENGTH(peers); i++) {
        struct fixture fixture;
        open_fixture(&fixture, peers[i].answer, strlen(peers[i].answer), peers[i].manner);
        bool hangs = peers[i].manner == SERVER_HANGS;
        enum serin_status status = fetch(&fixture, hangs ? short_one() : ample());
        cr_assert(eq(int, status, peers[i].status), "%s: %s", peers[i].name, fixture.err.detail);
        require_in(fixture.err.detail, peers[i].message);
        cr_assert(eq(ptr, fixture.body, NULL), "%s", peers[i].name);
        close_fixture(&fixture);
    }
}

Test(client, a_body_beyond_the_limit_is_refused_however_it_is_told)
{
    static const char *const answers[] = {
        "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n0123456789",
        "HTTP/1.1 200 OK\r\n\r\n0123456789",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\na\r\n0123456789\r\n0\r\n\r\n",
        "HTTP/1.1 500 No\r\nContent-Length: 10\r\n\r\n0123456789",
    };
    for (size_t i = 0; i < ARRAY_LENGTH(answers); i++) {
        struct fixture fixture;
        open_fixture(&fixture, answers[i], strlen(answers[i]), SERVER_CLOSES);
        fixture.request.response_limit = 10;
        cr_assert(eq(int, fetch(&fixture, ample()), SERIN_OK), "%s", answers[i]);
        fixture.request.response_limit = 9;
        cr_assert(eq(int, fetch(&fixture, ample()), SERIN_TOO_LARGE), "%s", answers[i]);
        require_in(fixture.err.detail, "larger");
        close_fixture(&fixture);
    }
}

Test(client, a_stalled_transfer_ends_before_a_long_deadline)
{
    static const char answer[] = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc";
    struct fixture fixture;
    open_fixture(&fixture, answer, strlen(answer), SERVER_HANGS);
    client_destroy(fixture.client);
    fixture.client = make_client(&(struct client_settings){.stall_timeout_s = 1});
    struct deadline deadline = ample();
    cr_assert(eq(int, fetch(&fixture, deadline), SERIN_TIMEOUT));
    cr_assert(not(deadline_passed(deadline)));
    close_fixture(&fixture);
}

Test(client, a_port_where_nobody_listens_is_unavailable)
{
    struct fixture fixture;
    open_fixture(&fixture, "", 0, SERVER_CLOSES);
    char url[64];
    (void)snprintf(url, sizeof(url), "%s", fixture.request.url);
    test_server_stop(fixture.server);
    fixture.request.url = url;
    cr_assert(eq(int, fetch(&fixture, ample()), SERIN_UNAVAILABLE));
    require_in(fixture.err.detail, "127.0.0.1:");
    require_in(fixture.err.detail, "cannot connect: Connection refused");
    fixture.server = test_server_start("", 0, SERVER_CLOSES);
    close_fixture(&fixture);
}

Test(client, a_deadline_that_has_passed_contacts_nobody)
{
    struct fixture fixture;
    open_fixture(&fixture, ok_answer, strlen(ok_answer), SERVER_KEEPS);
    struct fake_clock fake = fake_clock_at(0);
    cr_assert(eq(int, fetch(&fixture, deadline_after(&fake.clock, 0)), SERIN_TIMEOUT));
    cr_assert(eq(int, test_server_connections(fixture.server), 0));
    close_fixture(&fixture);
}

Test(client, a_failure_leaves_the_client_usable)
{
    struct fixture fixture;
    open_fixture(&fixture, "", 0, SERVER_CLOSES);
    cr_assert(eq(int, fetch(&fixture, ample()), SERIN_UNAVAILABLE));
    test_server_stop(fixture.server);
    fixture.server = test_server_start(ok_answer, strlen(ok_answer), SERVER_KEEPS);
    fixture.request.url = test_server_url(fixture.server, "/again");
    cr_assert(eq(int, fetch(&fixture, ample()), SERIN_OK));
    close_fixture(&fixture);
}

/* ---- requests and settings ---------------------------------------------------------------------
 */

Test(client, addresses_that_are_not_plain_http_are_refused)
{
    static const char *const urls[] = {
        "",
        "prometheus",
        "/path",
        "ftp://host/",
        "file:///etc/passwd",
        "http://",
        "http://ho st/",
        "gopher://host/",
        "http://u@host/",
        "http://u:p@host/",
        "https://:0",
        "http://host:99999/",
        "javascript:x",
        "http://\nhost/",
        "httpx://host/",
    };
    struct fixture fixture;
    open_fixture(&fixture, ok_answer, strlen(ok_answer), SERVER_KEEPS);
    for (size_t i = 0; i < ARRAY_LENGTH(urls); i++) {
        fixture.request.url = urls[i];
        cr_assert(eq(int, fetch(&fixture, ample()), SERIN_INVALID), "%s", urls[i]);
    }
    close_fixture(&fixture);
}

Test(client, a_header_cannot_smuggle_another_one)
{
    static const struct client_header bad[] = {
        {"X-One",          "a\r\nX-Two: b"},
        {"X-One",          "a\nb"         },
        {"X-One\r\nX-Two", "a"            },
        {"X:One",          "a"            },
        {"",               "a"            },
        {"X-One",          ""             },
        {"X One",          "a"            },
        {"X-One",          "\x7f"         },
    };
    struct fixture fixture;
    open_fixture(&fixture, ok_answer, strlen(ok_answer), SERVER_KEEPS);
    for (size_t i = 0; i < ARRAY_LENGTH(bad); i++) {
        fixture.request.headers = &bad[i];
        fixture.request.header_count = 1;
        cr_assert(eq(int, fetch(&fixture, ample()), SERIN_INVALID), "header %zu", i);
    }
    cr_assert(eq(int, test_server_connections(fixture.server), 0));
    close_fixture(&fixture);
}

Test(client, proxies_from_the_environment_are_ignored_and_configured_ones_used)
{
    struct fixture fixture;
    (void)setenv("http_proxy", "http://127.0.0.1:1", 1);
    (void)setenv("ALL_PROXY", "http://127.0.0.1:1", 1);
    open_fixture(&fixture, ok_answer, strlen(ok_answer), SERVER_KEEPS);
    cr_assert(eq(int, fetch(&fixture, ample()), SERIN_OK), "%s", fixture.err.detail);

    client_destroy(fixture.client);
    fixture.client =
        make_client(&(struct client_settings){.proxy = test_server_url(fixture.server, "")});
    fixture.request.url = "http://prometheus.invalid:9090/api";
    cr_assert(eq(int, fetch(&fixture, ample()), SERIN_OK), "%s", fixture.err.detail);
    require_in(test_server_request(fixture.server), "GET http://prometheus.invalid:9090/api ");
    close_fixture(&fixture);
}

Test(client, connections_are_reused)
{
    struct fixture fixture;
    open_fixture(&fixture, ok_answer, strlen(ok_answer), SERVER_KEEPS);
    for (int i = 0; i < 20; i++) {
        cr_assert(eq(int, fetch(&fixture, ample()), SERIN_OK), "%s", fixture.err.detail);
    }
    cr_assert(eq(int, test_server_connections(fixture.server), 1));
    close_fixture(&fixture);
}

Test(client, nothing_of_a_request_is_left_for_the_next)
{
    struct fixture fixture;
    open_fixture(&fixture, ok_answer, strlen(ok_answer), SERVER_KEEPS);
    struct client_request plain = fixture.request;
    fixture.request.method = CLIENT_POST;
    fixture.request.body = "secret";
    fixture.request.body_length = 6;
    fixture.request.headers = &(struct client_header){"X-Once", "1"};
    fixture.request.header_count = 1;
    cr_assert(eq(int, fetch(&fixture, ample()), SERIN_OK));
    fixture.request = plain;
    cr_assert(eq(int, fetch(&fixture, ample()), SERIN_OK));
    require_in(test_server_request(fixture.server), "GET /api ");
    cr_assert(eq(ptr, strstr(test_server_request(fixture.server), "X-Once"), NULL));
    cr_assert(eq(ptr, strstr(test_server_request(fixture.server), "secret"), NULL));
    close_fixture(&fixture);
}

static void *fetch_many(void *context)
{
    const struct fixture *shared = context;
    uintptr_t failures = 0;
    for (int i = 0; i < 20; i++) {
        struct client_response response;
        char *body = NULL;
        size_t length = 0;
        enum serin_status status = client_fetch(shared->client, &shared->request, ample(),
                                                &response, &body, &length, NULL);
        failures += status != SERIN_OK || strcmp(body, "{\"a\":1}") != 0;
        memory_free(body);
    }
    return (void *)failures;
}

Test(client, several_threads_share_a_client_and_its_few_idle_connections)
{
    struct fixture fixture;
    pthread_t threads[6];
    open_fixture(&fixture, ok_answer, strlen(ok_answer), SERVER_KEEPS);
    client_destroy(fixture.client);
    fixture.client = make_client(&(struct client_settings){.idle_connections = 2});
    for (size_t i = 0; i < ARRAY_LENGTH(threads); i++) {
        cr_assert(eq(int, pthread_create(&threads[i], NULL, fetch_many, &fixture), 0));
    }
    for (size_t i = 0; i < ARRAY_LENGTH(threads); i++) {
        void *failures = NULL;
        cr_assert(eq(int, pthread_join(threads[i], &failures), 0));
        cr_assert(eq(ptr, failures, NULL));
    }
    close_fixture(&fixture);
}

Test(client, settings_that_contradict_or_cannot_work_name_their_field)
{
    static const struct {
        struct client_settings settings;
        const char *field;
    } cases[] = {
        {{.bearer_token = "a", .username = "b"},                  "bearer_token"     },
        {{.bearer_token = "a", .bearer_token_file = "/dev/null"}, "bearer_token"     },
        {{.certificate_file = "/dev/null"},                       "key_file"         },
        {{.key_file = "/dev/null"},                               "certificate_file" },
        {{.ca_file = "/no/such/file"},                            "ca_file"          },
        {{.bearer_token_file = "/no/such/file"},                  "bearer_token_file"},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        struct client *client = NULL;
        struct serin_error err = {.status = SERIN_OK};
        cr_assert(eq(int, client_create(&cases[i].settings, &client, &err), SERIN_INVALID));
        cr_assert(eq(str, err.field, (char *)cases[i].field));
        cr_assert(eq(ptr, client, NULL));
    }
}

Test(client, running_out_of_memory_is_reported)
{
    static const struct client_settings settings = {.bearer_token = "a", .tenant = "b"};
    for (uint64_t n = 1; n <= 4; n++) {
        struct client *client = NULL;
        memory_fail_after(n);
        enum serin_status status = client_create(&settings, &client, NULL);
        memory_fail_after(0);
        cr_assert(eq(int, status, SERIN_NO_MEMORY), "allocation %d", (int)n);
    }
    struct fixture fixture;
    open_fixture(&fixture, ok_answer, strlen(ok_answer), SERVER_KEEPS);
    for (uint64_t n = 1; n <= 2; n++) {
        memory_fail_after(n);
        enum serin_status status = fetch(&fixture, ample());
        memory_fail_after(0);
        cr_assert(eq(int, status, SERIN_NO_MEMORY), "allocation %d", (int)n);
    }
    close_fixture(&fixture);
}
