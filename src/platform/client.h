/*
 * HTTP client for sources: GET and POST, bound by a deadline and a size, answers in chunks.
 *
 * A client holds the settings of one peer (credentials, TLS, tenant) and a pool of connections, and
 * may be used from several threads at once. It speaks http and https only, follows no redirect,
 * ignores proxies and credentials from the environment, and never writes a credential into an error
 * message. URLs with a user or password in them are refused.
 */
#ifndef SERIN_PLATFORM_CLIENT_H
#define SERIN_PLATFORM_CLIENT_H

#include "base/memory.h"
#include "platform/deadline.h"
#include "serin/error.h"

#include <stddef.h>
#include <stdint.h>

struct client;

/* Texts may be NULL (not wanted) and are copied. */
struct client_settings {
    const char *bearer_token;      /* at most one of bearer_token, bearer_token_file, username */
    const char *bearer_token_file; /* read anew for every request: such tokens are rotated */
    const char *username;          /* HTTP basic */
    const char *password;
    const char *ca_file;          /* trust these certificates instead of the system's */
    const char *certificate_file; /* client certificate and its key, both PEM */
    const char *key_file;
    const char *tenant;         /* sent as X-Scope-OrgID (Thanos, Mimir, Loki) */
    const char *proxy;          /* "http://proxy:3128"; NULL: none, whatever the environment says */
    int64_t connect_timeout_ms; /* 0: 3,000 */
    int64_t stall_timeout_s;    /* no byte for this long ends the transfer; 0: only the deadline */
    size_t idle_connections;    /* handles kept for reuse; 0: 8 */
};

/*
 * Fails with SERIN_INVALID (contradicting or unusable settings; err->field names the one, e.g.
 * "ca_file"), SERIN_NO_MEMORY, SERIN_BUG (libcurl cannot start). Contacts nobody. With a libcurl
 * before 7.84, clients are created and destroyed by one thread at a time; before 7.87, a name
 * server that does not answer may be waited for beyond a deadline.
 */
SERIN_MUST_CHECK enum serin_status client_create(const struct client_settings *settings,
                                                 struct client **out, struct serin_error *err);
void client_destroy(struct client *client); /* NULL is fine; no request may be under way */
DEFINE_CLEANUP(client)

enum client_method { CLIENT_GET, CLIENT_POST };

struct client_header {
    const char *name;
    const char *value;
};

/* Borrowed for the call. */
struct client_request {
    enum client_method method;
    const char *url;
    const struct client_header *headers;
    size_t header_count;
    const char *content_type; /* of the body; NULL: none sent */
    const char *body;         /* POST only */
    size_t body_length;
    uint64_t response_limit; /* bytes of body accepted; must be given */
};

/* What came back besides the body. */
struct client_response {
    int status;             /* 200, 404, … */
    char content_type[128]; /* as sent, "" when absent or too long */
    char excerpt[256];      /* start of the body when status is not 2xx, made safe to print */
    uint64_t body_length;   /* bytes of body received */
};

/*
 * Gets a piece of a 2xx answer's body: `length` bytes, never 0. A status other than SERIN_OK ends
 * the transfer and becomes the result of client_send.
 */
typedef enum serin_status client_chunk(void *context, const char *bytes, size_t length,
                                       struct serin_error *err);

/*
 * Sends and waits for the whole answer. SERIN_OK means that an answer came completely, whatever its
 * status code; see client_require_success. The body of a 2xx answer goes to `on_chunk` piece by
 * piece (NULL: it is counted and dropped), also when the transfer fails later: what was collected
 * must be used only after SERIN_OK.
 *
 * Fails with SERIN_TIMEOUT (deadline, connect or stall), SERIN_UNAVAILABLE (cannot resolve or
 * connect, TLS, reset, body cut short), SERIN_TOO_LARGE (body beyond response_limit),
 * SERIN_INVALID (URL or header unusable), SERIN_NO_MEMORY, or with what on_chunk returned. The
 * message names host and cause.
 */
SERIN_MUST_CHECK enum serin_status client_send(struct client *client,
                                               const struct client_request *request,
                                               struct deadline deadline, client_chunk *on_chunk,
                                               void *context, struct client_response *out,
                                               struct serin_error *err);

/*
 * client_send with the body collected in memory, zero-terminated; the caller frees `*out_body`
 * with memory_free. `*out_body` is "" when the status is not 2xx.
 */
SERIN_MUST_CHECK enum serin_status client_fetch(struct client *client,
                                                const struct client_request *request,
                                                struct deadline deadline,
                                                struct client_response *out, char **out_body,
                                                size_t *out_length, struct serin_error *err);

/*
 * SERIN_OK for 2xx; else SERIN_UNAVAILABLE with a message that names host, status, what usually
 * mends it, and the excerpt.
 */
SERIN_MUST_CHECK enum serin_status client_require_success(const struct client_request *request,
                                                          const struct client_response *response,
                                                          struct serin_error *err);

#endif
