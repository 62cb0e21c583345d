#include "platform/client.h"

#include "base/text.h"
#include "platform/client_handle.h"
#include "platform/thread.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

enum { DEFAULT_CONNECT_TIMEOUT_MS = 3000, DEFAULT_IDLE_CONNECTIONS = 8 };

/* ---- settings ----------------------------------------------------------------------------------
 */

static enum serin_status check_file(const char *field, const char *path, struct serin_error *err)
{
    if (path && access(path, R_OK) != 0) {
        int cause = errno;
        serin_error_at(err, "%s", field);
        return serin_fail(err, SERIN_INVALID, "cannot read \"%s\": %s", path, strerror(cause));
    }
    return SERIN_OK;
}

static enum serin_status check_settings(const struct client_settings *settings,
                                        struct serin_error *err)
{
    int ways = (settings->bearer_token != NULL) + (settings->bearer_token_file != NULL) +
               (settings->username != NULL);
    if (ways > 1) {
        serin_error_at(err, "bearer_token");
        return serin_fail(err, SERIN_INVALID,
                          "give one of bearer_token, bearer_token_file and username, not several");
    }
    if (settings->password && !settings->username) {
        serin_error_at(err, "username");
        return serin_fail(err, SERIN_INVALID, "a password needs a username");
    }
    if (settings->bearer_token && !text_is_printable(text_view_of(settings->bearer_token))) {
        serin_error_at(err, "bearer_token");
        return serin_fail(err, SERIN_INVALID, "not one line of text");
    }
    if (!settings->certificate_file != !settings->key_file) {
        serin_error_at(err, settings->key_file ? "certificate_file" : "key_file");
        return serin_fail(err, SERIN_INVALID,
                          "a client certificate needs both certificate_file and key_file");
    }
    TRY(check_file("bearer_token_file", settings->bearer_token_file, err));
    TRY(check_file("ca_file", settings->ca_file, err));
    TRY(check_file("certificate_file", settings->certificate_file, err));
    return check_file("key_file", settings->key_file, err);
}

/* Where the texts of the settings stand, so that copying and freeing them is written once. */
static const size_t text_offsets[] = {
    offsetof(struct client_settings, bearer_token),
    offsetof(struct client_settings, bearer_token_file),
    offsetof(struct client_settings, username),
    offsetof(struct client_settings, password),
    offsetof(struct client_settings, ca_file),
    offsetof(struct client_settings, certificate_file),
    offsetof(struct client_settings, key_file),
    offsetof(struct client_settings, tenant),
    offsetof(struct client_settings, proxy),
};

static const char **text_at(struct client_settings *settings, size_t index)
{
    return (const char **)((char *)settings + text_offsets[index]);
}

/* Copies `settings` whole; on failure what was copied is in `out` and to be freed all the same. */
static bool copy_settings(const struct client_settings *settings, struct client_settings *out)
{
    struct client_settings source = *settings;
    bool complete = true;
    *out = source;
    for (size_t i = 0; i < ARRAY_LENGTH(text_offsets); i++) {
        const char *text = *text_at(&source, i);
        char *copy = text && complete ? memory_copy_text(text, strlen(text)) : NULL;
        complete = complete && (copy || !text);
        *text_at(out, i) = copy;
    }
    if (out->connect_timeout_ms == 0) {
        out->connect_timeout_ms = DEFAULT_CONNECT_TIMEOUT_MS;
    }
    if (out->idle_connections == 0) {
        out->idle_connections = DEFAULT_IDLE_CONNECTIONS;
    }
    return complete;
}

static void free_settings(struct client_settings *settings)
{
    for (size_t i = 0; i < ARRAY_LENGTH(text_offsets); i++) {
        memory_free((char *)*text_at(settings, i));
    }
}

/* ---- life --------------------------------------------------------------------------------------
 */

enum serin_status client_create(const struct client_settings *settings, struct client **out,
                                struct serin_error *err)
{
    TRY(check_settings(settings, err));
    struct client *client = memory_allocate(1, sizeof(*client));
    if (!client) {
        return serin_fail(err, SERIN_NO_MEMORY, "no memory left for an HTTP client");
    }
    /* Counted by libcurl: each client's end undoes its own start. */
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        memory_free(client);
        return serin_fail(err, SERIN_BUG, "libcurl cannot start");
    }
    mutex_init(&client->mutex);
    bool complete = copy_settings(settings, &client->settings);
    client->idle = memory_allocate(client->settings.idle_connections, sizeof(CURL *));
    if (!complete || !client->idle) {
        client_destroy(client);
        return serin_fail(err, SERIN_NO_MEMORY, "no memory left for an HTTP client");
    }
    *out = client;
    return SERIN_OK;
}

void client_destroy(struct client *client)
{
    if (!client) {
        return;
    }
    for (size_t i = 0; client->idle && i < client->idle_count; i++) {
        curl_easy_cleanup(client->idle[i]);
    }
    memory_free(client->idle);
    free_settings(&client->settings);
    mutex_clear(&client->mutex);
    memory_free(client);
    curl_global_cleanup();
}

/* ---- pool --------------------------------------------------------------------------------------
 */

CURL *client_take_handle(struct client *client)
{
    {
        scoped_lock held = mutex_hold(&client->mutex);
        if (client->idle_count > 0) {
            client->idle_count--;
            return client->idle[client->idle_count];
        }
    }
    return curl_easy_init();
}

void client_return_handle(struct client *client, CURL *handle)
{
    /* Forgets what was asked (and the pointers of the request), keeps the connections. */
    curl_easy_reset(handle);
    {
        scoped_lock held = mutex_hold(&client->mutex);
        if (client->idle_count < client->settings.idle_connections) {
            client->idle[client->idle_count] = handle;
            client->idle_count++;
            return;
        }
    }
    curl_easy_cleanup(handle);
}
