#include "base/buffer.h"
#include "base/text.h"
#include "platform/client_handle.h"
#include "platform/client_secret.h"
#include "platform/file.h"

#include <limits.h>
#include <stdbool.h>
#include <string.h>

enum { TOKEN_FILE_MAX = 64 * 1024 };

/* One request under way. */
struct transfer {
    CURL *handle;
    struct curl_slist *headers;
    const struct client_request *request;
    client_chunk *on_chunk;
    void *context;
    struct client_response response;
    size_t excerpt_length;
    enum serin_status failure; /* why a callback ended the transfer */
    struct serin_error *err;
    char host[CLIENT_HOST_SIZE];
};

/* ---- what comes back ---------------------------------------------------------------------------
 */

/* Keeps the start of an error's body as one line that can be shown. */
static void keep_excerpt(struct transfer *transfer, const char *bytes, size_t length)
{
    struct text_view rest = {bytes, length};
    char *out = transfer->response.excerpt;
    const size_t room = sizeof(transfer->response.excerpt) - 1;
    while (rest.length > 0) {
        uint32_t code_point = 0;
        size_t size = text_first_character(rest, &code_point);
        size_t consumed = size > 0 ? size : 1;
        bool shows = text_is_printable((struct text_view){rest.start, consumed});
        size_t written = shows ? consumed : 1;
        if (transfer->excerpt_length + written > room) {
            return;
        }
        memcpy(out + transfer->excerpt_length, shows ? rest.start : " ", written);
        transfer->excerpt_length += written;
        rest.start += consumed;
        rest.length -= consumed;
    }
}

static enum serin_status accept_body(struct transfer *transfer, const char *bytes, size_t length)
{
    transfer->response.body_length += length;
    if (transfer->response.body_length > transfer->request->response_limit) {
        return serin_fail(transfer->err, SERIN_TOO_LARGE,
                          "the answer of %s is larger than the %llu bytes allowed", transfer->host,
                          (unsigned long long)transfer->request->response_limit);
    }
    long status = 0;
    (void)curl_easy_getinfo(transfer->handle, CURLINFO_RESPONSE_CODE, &status);
    bool is_success = status >= 200 && status < 300;
    if (!is_success) {
        keep_excerpt(transfer, bytes, length);
        return SERIN_OK;
    }
    if (transfer->on_chunk && length > 0) {
        return transfer->on_chunk(transfer->context, bytes, length, transfer->err);
    }
    return SERIN_OK;
}

/* Called by libcurl; another number than `count` ends the transfer. */
static size_t on_body(char *bytes, size_t size, size_t count, void *user)
{
    struct transfer *transfer = user;
    transfer->failure = accept_body(transfer, bytes, size * count);
    return transfer->failure == SERIN_OK ? size * count : 0;
}

static void keep_head(struct transfer *transfer)
{
    long status = 0;
    const char *type = NULL;
    (void)curl_easy_getinfo(transfer->handle, CURLINFO_RESPONSE_CODE, &status);
    (void)curl_easy_getinfo(transfer->handle, CURLINFO_CONTENT_TYPE, &type);
    transfer->response.status = (int)status;
    bool fits = type && strlen(type) < sizeof(transfer->response.content_type) &&
                text_is_printable(text_view_of(type));
    if (fits) {
        memcpy(transfer->response.content_type, type, strlen(type) + 1);
    }
}

/* ---- what is sent ------------------------------------------------------------------------------
 */

/* Line breaks would let a value write headers of its own; an empty value would remove one. */
static bool is_header_text(const char *text)
{
    return text[0] != '\0' && text_is_printable(text_view_of(text));
}

static enum serin_status add_header(struct transfer *transfer, const char *name, const char *value)
{
    if (!is_header_text(name) || !is_header_text(value) || strpbrk(name, ": ;")) {
        return serin_fail(transfer->err, SERIN_INVALID,
                          "a header for %s is empty or holds control characters", transfer->host);
    }
    owned(buffer) line = buffer_create(TOKEN_FILE_MAX + 256);
    if (line) {
        buffer_append_text(line, name);
        buffer_append_text(line, ": ");
        buffer_append_text(line, value);
    }
    bool composed = line && buffer_status(line) == SERIN_OK;
    struct curl_slist *grown =
        composed ? curl_slist_append(transfer->headers, buffer_text(line)) : NULL;
    if (!grown) {
        return serin_fail(transfer->err, SERIN_NO_MEMORY, "no memory left to ask %s",
                          transfer->host);
    }
    transfer->headers = grown;
    return SERIN_OK;
}

/* A header that libcurl would add by itself and that must not be sent. */
static enum serin_status drop_header(struct transfer *transfer, const char *name_and_colon)
{
    struct curl_slist *grown = curl_slist_append(transfer->headers, name_and_colon);
    if (!grown) {
        return serin_fail(transfer->err, SERIN_NO_MEMORY, "no memory left to ask %s",
                          transfer->host);
    }
    transfer->headers = grown;
    return SERIN_OK;
}

static enum serin_status add_bearer(struct transfer *transfer, const char *token)
{
    owned(buffer) value = buffer_create(TOKEN_FILE_MAX + 16);
    if (!value) {
        return serin_fail(transfer->err, SERIN_NO_MEMORY, "no memory left to ask %s",
                          transfer->host);
    }
    buffer_append_text(value, "Bearer ");
    buffer_append_text(value, token);
    if (buffer_status(value) != SERIN_OK || !is_header_text(token)) {
        return serin_fail(transfer->err, SERIN_INVALID,
                          "the bearer token for %s is empty, too long or not one line of text",
                          transfer->host);
    }
    return add_header(transfer, "Authorization", buffer_text(value));
}

static enum serin_status add_bearer_from_file(struct transfer *transfer, const char *path)
{
    owned_memory char *token = NULL;
    size_t length = 0;
    enum serin_status status = file_read(path, TOKEN_FILE_MAX, &token, &length, transfer->err);
    if (status != SERIN_OK) {
        /* The request is not to blame for a missing token. */
        return serin_fail(transfer->err, SERIN_UNAVAILABLE,
                          "cannot read the bearer token for %s from \"%s\": %s", transfer->host,
                          path, serin_status_name(status));
    }
    while (length > 0 && strchr(" \t\r\n", token[length - 1])) {
        length--;
        token[length] = '\0';
    }
    return add_bearer(transfer, token);
}

static enum serin_status add_headers(struct transfer *transfer,
                                     const struct client_settings *settings)
{
    const struct client_request *request = transfer->request;
    for (size_t i = 0; i < request->header_count; i++) {
        TRY(add_header(transfer, request->headers[i].name, request->headers[i].value));
    }
    if (settings->bearer_token) {
        TRY(add_bearer(transfer, settings->bearer_token));
    }
    if (settings->bearer_token_file) {
        TRY(add_bearer_from_file(transfer, settings->bearer_token_file));
    }
    if (settings->tenant) {
        TRY(add_header(transfer, "X-Scope-OrgID", settings->tenant));
    }
    if (request->method == CLIENT_GET) {
        return SERIN_OK;
    }
    /* Otherwise libcurl waits up to a second for a "100 Continue" that many servers never send. */
    TRY(drop_header(transfer, "Expect:"));
    return request->content_type ? add_header(transfer, "Content-Type", request->content_type)
                                 : drop_header(transfer, "Content-Type:");
}

/* ---- options -----------------------------------------------------------------------------------
 */

/*
 * libcurl refuses an option only when it was built without it or memory is short; the first refusal
 * is kept in `code`.
 */
#define SET(option, value)                                                                         \
    (code = code == CURLE_OK ? curl_easy_setopt(handle, (option), (value)) : code)

#if LIBCURL_VERSION_NUM >= 0x075500
static CURLcode set_protocols(CURL *handle)
{
    return curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "http,https");
}
#else
static CURLcode set_protocols(CURL *handle)
{
    return curl_easy_setopt(handle, CURLOPT_PROTOCOLS, CURLPROTO_HTTP | CURLPROTO_HTTPS);
}
#endif

/* A name server that does not answer would otherwise be waited for, whatever the deadline. */
#if LIBCURL_VERSION_NUM >= 0x075700
static CURLcode leave_resolver_behind(CURL *handle)
{
    return curl_easy_setopt(handle, CURLOPT_QUICK_EXIT, 1L);
}
#else
static CURLcode leave_resolver_behind(CURL *handle)
{
    (void)handle;
    return CURLE_OK;
}
#endif

static CURLcode set_security(CURL *handle, const struct client_settings *settings)
{
    CURLcode code = set_protocols(handle);
    SET(CURLOPT_FOLLOWLOCATION, 0L);
    SET(CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
    /* An empty text switches off what the environment says. */
    SET(CURLOPT_PROXY, settings->proxy ? settings->proxy : "");
    SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    SET(CURLOPT_SSL_VERIFYPEER, 1L);
    SET(CURLOPT_SSL_VERIFYHOST, 2L);
    if (settings->ca_file) {
        /* Without this the system's folder of certificates would still be trusted beside the file.
         */
        SET(CURLOPT_CAPATH, NULL);
        SET(CURLOPT_CAINFO, settings->ca_file);
    }
    if (settings->certificate_file) {
        SET(CURLOPT_SSLCERT, settings->certificate_file);
        SET(CURLOPT_SSLKEY, settings->key_file);
    }
    if (settings->username) {
        SET(CURLOPT_HTTPAUTH, (long)CURLAUTH_BASIC);
        SET(CURLOPT_USERNAME, settings->username);
        SET(CURLOPT_PASSWORD, settings->password ? settings->password : "");
    }
    return code;
}

static CURLcode set_limits(CURL *handle, const struct client_settings *settings,
                           const struct client_request *request, int64_t left_ms)
{
    CURLcode code = leave_resolver_behind(handle);
    int64_t total_ms = left_ms < INT_MAX ? left_ms : INT_MAX; /* all that libcurl accepts */
    bool is_shorter = total_ms < settings->connect_timeout_ms;
    SET(CURLOPT_NOSIGNAL, 1L);
    SET(CURLOPT_TIMEOUT_MS, (long)total_ms);
    SET(CURLOPT_CONNECTTIMEOUT_MS, (long)(is_shorter ? total_ms : settings->connect_timeout_ms));
    if (settings->stall_timeout_s > 0) {
        SET(CURLOPT_LOW_SPEED_LIMIT, 1L);
        SET(CURLOPT_LOW_SPEED_TIME, (long)settings->stall_timeout_s);
    }
    bool has_limit = request->response_limit < INT64_MAX;
    SET(CURLOPT_MAXFILESIZE_LARGE, has_limit ? (curl_off_t)request->response_limit : 0);
    return code;
}

static CURLcode set_request(struct transfer *transfer)
{
    CURL *handle = transfer->handle;
    const struct client_request *request = transfer->request;
    CURLcode code = CURLE_OK;
    SET(CURLOPT_URL, request->url);
    SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    SET(CURLOPT_USERAGENT, "serin/" SERIN_VERSION);
    SET(CURLOPT_HTTPHEADER, transfer->headers);
    SET(CURLOPT_WRITEFUNCTION, on_body);
    SET(CURLOPT_WRITEDATA, transfer);
    if (request->method == CLIENT_POST) {
        SET(CURLOPT_POST, 1L);
        SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body_length);
        SET(CURLOPT_POSTFIELDS, request->body ? request->body : "");
    }
    return code;
}

/* ---- sending -----------------------------------------------------------------------------------
 */

static enum serin_status perform(struct transfer *transfer, const struct client_settings *settings,
                                 struct deadline deadline)
{
    TRY(deadline_check(deadline, "waiting to ask a source", transfer->err));
    TRY(add_headers(transfer, settings));
    CURLcode code = set_security(transfer->handle, settings);
    code = code == CURLE_OK ? set_limits(transfer->handle, settings, transfer->request,
                                         deadline_left_ms(deadline))
                            : code;
    code = code == CURLE_OK ? set_request(transfer) : code;
    code = code == CURLE_OK ? curl_easy_perform(transfer->handle) : code;
    if (transfer->failure != SERIN_OK) {
        return transfer->failure;
    }
    if (code != CURLE_OK) {
        return client_fail(transfer->handle, code, transfer->host, transfer->err);
    }
    keep_head(transfer);
    client_conceal(settings, transfer->headers, &transfer->response);
    return SERIN_OK;
}

enum serin_status client_send(struct client *client, const struct client_request *request,
                              struct deadline deadline, client_chunk *on_chunk, void *context,
                              struct client_response *out, struct serin_error *err)
{
    struct transfer transfer = {
        .request = request, .on_chunk = on_chunk, .context = context, .err = err};
    TRY(client_check_url(request->url, transfer.host, err));
    transfer.handle = client_take_handle(client);
    if (!transfer.handle) {
        return serin_fail(err, SERIN_NO_MEMORY, "no memory left to ask %s", transfer.host);
    }
    enum serin_status status = perform(&transfer, &client->settings, deadline);
    client_return_handle(client, transfer.handle);
    curl_slist_free_all(transfer.headers);
    if (status == SERIN_OK) {
        *out = transfer.response;
    }
    return status;
}

static enum serin_status collect(void *context, const char *bytes, size_t length,
                                 struct serin_error *err)
{
    struct buffer *body = context;
    buffer_append(body, bytes, length);
    enum serin_status status = buffer_status(body);
    return status == SERIN_OK ? SERIN_OK : serin_fail(err, status, "no memory left for the answer");
}

enum serin_status client_fetch(struct client *client, const struct client_request *request,
                               struct deadline deadline, struct client_response *out,
                               char **out_body, size_t *out_length, struct serin_error *err)
{
    bool is_huge = request->response_limit >= SIZE_MAX;
    owned(buffer) body = buffer_create(is_huge ? SIZE_MAX - 1 : (size_t)request->response_limit);
    if (!body) {
        return serin_fail(err, SERIN_NO_MEMORY, "no memory left for an answer");
    }
    struct client_response response;
    TRY(client_send(client, request, deadline, collect, body, &response, err));
    enum serin_status status = buffer_take(body, out_body, out_length);
    if (status != SERIN_OK) {
        return serin_fail(err, status, "no memory left for an answer");
    }
    *out = response;
    return SERIN_OK;
}
