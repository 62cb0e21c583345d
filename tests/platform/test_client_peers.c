/* The client against peers that refuse, redirect, hang, break off or talk too much. */
#include "support/client_fixture.h"
#include "support/fake_clock.h"

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
