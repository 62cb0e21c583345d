#include "base/text.h"
#include "platform/client_handle.h"

#include <stdio.h>
#include <string.h>

/* ---- URLs --------------------------------------------------------------------------------------
 */

struct url {
    CURLU *handle;
};

static void url_release(struct url *url)
{
    curl_url_cleanup(url->handle);
}

/* Copies a part of the URL; false where it has none. A part that is too long is cut. */
static bool url_part(const struct url *url, CURLUPart part, char *out, size_t size)
{
    char *text = NULL;
    if (curl_url_get(url->handle, part, &text, 0) != CURLUE_OK) {
        return false;
    }
    (void)snprintf(out, size, "%s", text);
    curl_free(text);
    return true;
}

static bool has_part(const struct url *url, CURLUPart part)
{
    char ignored[4];
    return url_part(url, part, ignored, sizeof(ignored));
}

/* The URL itself is never quoted: it may hold what its writer should not have put there. */
enum serin_status client_check_url(const char *url_text, char out[CLIENT_HOST_SIZE],
                                   struct serin_error *err)
{
    __attribute__((cleanup(url_release))) struct url url = {.handle = curl_url()};
    if (!url.handle) {
        return serin_fail(err, SERIN_NO_MEMORY, "no memory left for a URL");
    }
    char scheme[8] = "";
    char host[CLIENT_HOST_SIZE - 8] = "";
    char port[8] = "";
    bool parses = curl_url_set(url.handle, CURLUPART_URL, url_text, 0) == CURLUE_OK;
    if (!parses || !url_part(&url, CURLUPART_SCHEME, scheme, sizeof(scheme)) ||
        (strcmp(scheme, "http") != 0 && strcmp(scheme, "https") != 0) ||
        !url_part(&url, CURLUPART_HOST, host, sizeof(host))) {
        return serin_fail(err, SERIN_INVALID,
                          "not a usable URL; it has to look like \"http://host:port/path\"");
    }
    if (has_part(&url, CURLUPART_USER) || has_part(&url, CURLUPART_PASSWORD)) {
        return serin_fail(err, SERIN_INVALID,
                          "the URL of %s holds a user name or password; put them into the "
                          "settings made for them",
                          host);
    }
    bool has_port = url_part(&url, CURLUPART_PORT, port, sizeof(port));
    (void)snprintf(out, CLIENT_HOST_SIZE, "%s%s%s", host, has_port ? ":" : "", port);
    return SERIN_OK;
}

/* ---- transfers ---------------------------------------------------------------------------------
 */

static enum serin_status fail_connecting(CURL *handle, const char *host, struct serin_error *err)
{
    long cause = 0;
    (void)curl_easy_getinfo(handle, CURLINFO_OS_ERRNO, &cause);
    return serin_fail(err, SERIN_UNAVAILABLE, "%s: cannot connect: %s", host,
                      cause != 0 ? strerror((int)cause) : "no answer");
}

static enum serin_status fail_timeout(CURL *handle, const char *host, struct serin_error *err)
{
    curl_off_t connected_us = 0;
    (void)curl_easy_getinfo(handle, CURLINFO_PRETRANSFER_TIME_T, &connected_us);
    if (connected_us == 0) {
        return serin_fail(err, SERIN_TIMEOUT, "%s: no connection in the time given", host);
    }
    return serin_fail(err, SERIN_TIMEOUT, "%s: no complete answer in the time given", host);
}

struct failure {
    CURLcode code;
    enum serin_status status;
    const char *cause; /* follows the host's name and a colon */
};

static const struct failure failures[] = {
    {CURLE_COULDNT_RESOLVE_HOST,     SERIN_UNAVAILABLE, "its name cannot be resolved"                },
    {CURLE_PARTIAL_FILE,             SERIN_UNAVAILABLE, "its answer broke off in the middle"         },
    {CURLE_RECV_ERROR,               SERIN_UNAVAILABLE, "the connection was reset while it answered" },
    {CURLE_SEND_ERROR,               SERIN_UNAVAILABLE, "the connection was reset while it was asked"},
    {CURLE_GOT_NOTHING,              SERIN_UNAVAILABLE, "it closed the connection without an answer" },
    {CURLE_FILESIZE_EXCEEDED,        SERIN_TOO_LARGE,   "its answer is larger than allowed"          },
    {CURLE_PEER_FAILED_VERIFICATION, SERIN_UNAVAILABLE,
     "its certificate is not trusted or names another host; check ca_file and the URL"               },
    {CURLE_OUT_OF_MEMORY,            SERIN_NO_MEMORY,   "no memory left to ask it"                   },
};

enum serin_status client_fail(CURL *handle, CURLcode code, const char *host,
                              struct serin_error *err)
{
    if (code == CURLE_OPERATION_TIMEDOUT) {
        return fail_timeout(handle, host, err);
    }
    if (code == CURLE_COULDNT_CONNECT) {
        return fail_connecting(handle, host, err);
    }
    for (size_t i = 0; i < ARRAY_LENGTH(failures); i++) {
        if (failures[i].code == code) {
            return serin_fail(err, failures[i].status, "%s: %s", host, failures[i].cause);
        }
    }
    return serin_fail(err, SERIN_UNAVAILABLE, "%s: %s", host, curl_easy_strerror(code));
}

/* What usually mends an answer that is no success. */
static const char *hint_for(int status)
{
    if (status == 401 || status == 403) {
        return "check the credentials configured for it";
    }
    if (status >= 300 && status < 400) {
        return "redirects are not followed; configure the final URL";
    }
    if (status == 404) {
        return "check the path of its URL";
    }
    if (status == 429 || status == 503) {
        return "it is overloaded or starting";
    }
    return "see its log";
}

enum serin_status client_require_success(const struct client_request *request,
                                         const struct client_response *response,
                                         struct serin_error *err)
{
    if (response->status >= 200 && response->status < 300) {
        return SERIN_OK;
    }
    char host[CLIENT_HOST_SIZE];
    TRY(client_check_url(request->url, host, err));
    return serin_fail(err, SERIN_UNAVAILABLE, "%s: answered %d (%s)%s%s", host, response->status,
                      hint_for(response->status), response->excerpt[0] != '\0' ? ": " : "",
                      response->excerpt);
}
