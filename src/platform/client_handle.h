/*
 * What a client is made of; shared by the client*.c files only.
 */
#ifndef SERIN_PLATFORM_CLIENT_HANDLE_H
#define SERIN_PLATFORM_CLIENT_HANDLE_H

#include "platform/client.h"

#include <curl/curl.h>
#include <pthread.h>

struct client {
    struct client_settings settings; /* texts are owned */
    pthread_mutex_t mutex;           /* guards what follows */
    CURL **idle;                     /* owned; room for settings.idle_connections */
    size_t idle_count;
};

/* A handle from the pool with its open connections, or a new one; NULL when memory is short. */
CURL *client_take_handle(struct client *client);

/* Puts a handle back, or ends it where the pool is full. */
void client_return_handle(struct client *client, CURL *handle);

enum { CLIENT_HOST_SIZE = 128 };

/*
 * Checks that a URL is http or https, has a host and no credentials, and writes "host:port" (the
 * port only where the URL names one) for messages.
 */
SERIN_MUST_CHECK enum serin_status client_check_url(const char *url, char out[CLIENT_HOST_SIZE],
                                                    struct serin_error *err);

/* Turns libcurl's result into a status and a message that names `host`. */
enum serin_status client_fail(CURL *handle, CURLcode code, const char *host,
                              struct serin_error *err);

#endif
