/*
 * A tiny HTTP peer on loopback that gives every request the same canned answer (or one after the
 * other, or what a function says), in one of several bad or good manners.
 */
#ifndef SERIN_TESTS_TEST_SERVER_H
#define SERIN_TESTS_TEST_SERVER_H

#include <stddef.h>

struct test_server;

enum test_server_manner {
    SERVER_KEEPS,  /* answers, and waits for the connection's next request */
    SERVER_CLOSES, /* answers, then closes */
    SERVER_RESETS, /* answers, then resets the connection */
    SERVER_HANGS,  /* answers, then neither sends nor closes */
    SERVER_DRIPS,  /* answers in many small pieces, then closes */
};

/* Starts on a free port; ends the process when it cannot. `answer` is copied, may be empty. */
struct test_server *test_server_start(const char *answer, size_t length,
                                      enum test_server_manner manner);

/*
 * What to send for a request (head and body, zero-terminated): the whole answer, head and body, to
 * be freed with free(), and its length. Called from the connections' threads.
 */
typedef char *test_server_responder(const void *context, const char *request, size_t *out_length);
struct test_server *test_server_start_with(test_server_responder *responder, const void *context,
                                           enum test_server_manner manner);
void test_server_stop(struct test_server *server);

/* One more answer, before any request: the requests get them in order, the last one ever after. */
void test_server_add(struct test_server *server, const char *answer, size_t length);

/* "http://127.0.0.1:<port><path>"; lives as long as the server, one at a time. */
const char *test_server_url(struct test_server *server, const char *path);

/* The last request received, headers and body, zero-terminated; "" before the first. */
const char *test_server_request(struct test_server *server);

/* How many connections were accepted so far. */
int test_server_connections(struct test_server *server);

/* How many requests were answered so far. */
int test_server_requests(struct test_server *server);

#endif
