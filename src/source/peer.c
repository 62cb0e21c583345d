#include "source/peer.h"

#include "base/buffer.h"
#include "base/text.h"
#include "platform/file.h"

#include <string.h>

/* ---- the url --------------------------------------------------------------------------------- */

static enum serin_status check_url(const char *url, struct serin_error *err)
{
    struct text_view view = text_view_of(url);
    bool has_scheme = text_starts_with(view, text_view_of("http://")) ||
                      text_starts_with(view, text_view_of("https://"));
    if (!has_scheme || !text_is_printable(view) || strpbrk(url, " ?#")) {
        return serin_fail(err, SERIN_INVALID,
                          "url has to look like http://host:port or https://host/path, without ? "
                          "and #");
    }
    const char *authority = strstr(url, "://") + 3;
    if (memchr(authority, '@', strcspn(authority, "/"))) {
        return serin_fail(err, SERIN_INVALID,
                          "url holds a user name or password; use username and password_file");
    }
    return SERIN_OK;
}

enum serin_status peer_url(const struct peer_options *options, const char *path, char **out,
                           struct serin_error *err)
{
    enum { URL_MAX = 4096 };
    TRY(check_url(options->url, err));
    size_t length = strlen(options->url);
    while (length > 0 && options->url[length - 1] == '/') {
        length--;
    }
    owned(buffer) url = buffer_create(URL_MAX);
    if (!url) {
        return serin_fail(err, SERIN_NO_MEMORY, "no memory left for a source");
    }
    buffer_append(url, options->url, length);
    buffer_append_text(url, path);
    enum serin_status status = buffer_take(url, out, NULL);
    return status == SERIN_OK ? SERIN_OK : serin_fail(err, status, "url is too long");
}

/* ---- the client ------------------------------------------------------------------------------ */

static enum serin_status read_password(const struct peer_options *options, char **out,
                                       struct serin_error *err)
{
    enum { PASSWORD_MAX = 4096 };
    if (!options->password_file) {
        return SERIN_OK;
    }
    if (options->password) {
        return serin_fail(err, SERIN_INVALID, "password and password_file are both given");
    }
    size_t length = 0;
    TRY(file_read(options->password_file, PASSWORD_MAX, out, &length, err));
    while (length > 0 && strchr("\r\n", (*out)[length - 1])) {
        (*out)[--length] = '\0';
    }
    return SERIN_OK;
}

enum serin_status peer_client(const struct peer_options *options, struct client **out,
                              struct serin_error *err)
{
    owned_memory char *password = NULL;
    TRY(read_password(options, &password, err));
    struct client_settings settings = {
        .bearer_token = options->bearer_token,
        .bearer_token_file = options->bearer_token_file,
        .username = options->username,
        .password = password ? password : options->password,
        .ca_file = options->ca_file,
        .certificate_file = options->certificate_file,
        .key_file = options->key_file,
        .tenant = options->tenant,
        .proxy = options->proxy,
    };
    return client_create(&settings, out, err);
}
