#include "platform/client.h"

#include "support/client_fixture.h"
#include "support/temp_folder.h"

#include <pthread.h>
#include <stdlib.h>

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

struct echo_case {
    const char *name;
    struct client_settings settings;
    const char *body;
    bool is_shown;
};

static void check_echo(const struct echo_case *c)
{
    static char answer[1024];
    (void)snprintf(answer, sizeof(answer),
                   "HTTP/1.1 403 Forbidden\r\nContent-Length: %zu\r\n\r\n%s", strlen(c->body),
                   c->body);
    struct fixture fixture;
    open_fixture(&fixture, answer, strlen(answer), SERVER_KEEPS);
    client_destroy(fixture.client);
    fixture.client = make_client(&c->settings);
    cr_assert(eq(int, fetch(&fixture, ample()), SERIN_OK), "%s", c->name);
    const char *hidden = strstr(fixture.response.excerpt, "repeats a credential");
    cr_assert(eq(int, hidden == NULL, c->is_shown), "%s: %s", c->name, fixture.response.excerpt);
    cr_assert(eq(ptr, strstr(fixture.response.excerpt, "s3cret-t"), NULL), "%s", c->name);
    close_fixture(&fixture);
}

Test(client, an_answer_that_repeats_a_credential_is_not_quoted)
{
    char cut[320];
    memset(cut, 'x', sizeof(cut));
    memcpy(cut + 247, "s3cret-token", sizeof("s3cret-token"));
    const struct client_settings token = {.bearer_token = "s3cret-token"};
    const struct client_settings pair = {.username = "me", .password = "s3cret-t"};
    const struct echo_case cases[] = {
        {"harmless",          token,              "no entry",                                   true },
        {"the token",         token,              "Authorization: Bearer s3cret-token\r\nHost", false},
        {"the token, cut",    token,              cut,                                          false},
        {"the password",      pair,               "wrong password s3cret-t",                    false},
        {"the encoded pair",  pair,               "Authorization: Basic bWU6czNjcmV0LXQ=",      false},
        {"a harmless answer", pair,               "Authorization: Basic realm=x",               true },
        {"no password",       {.username = "me"}, "hello me",                                   true },
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        check_echo(&cases[i]);
    }
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
        {{.bearer_token = "two\nlines"},                          "bearer_token"     },
        {{.password = "a"},                                       "username"         },
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
