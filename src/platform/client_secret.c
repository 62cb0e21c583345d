#include "platform/client_secret.h"

#include "base/buffer.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum { LEAST_PART = 4, PAIR_BYTES_MAX = 16 * 1024 };

static const char bearer[] = "Authorization: Bearer ";

/* Whole, or cut by the end of the excerpt. */
static bool gives_away(const char *excerpt, const char *secret)
{
    if (secret[0] == '\0') {
        return false;
    }
    if (strstr(excerpt, secret)) {
        return true;
    }
    size_t have = strlen(excerpt);
    size_t length = strlen(secret);
    for (size_t part = LEAST_PART; part < length && part <= have; part++) {
        if (memcmp(excerpt + have - part, secret, part) == 0) {
            return true;
        }
    }
    return false;
}

/* RFC 4648, section 4. */
static void append_base64(struct buffer *out, struct text_view bytes)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t i = 0; i < bytes.length; i += 3) {
        size_t left = bytes.length - i;
        uint32_t group = (uint32_t)(unsigned char)bytes.start[i] << 16;
        group |= left > 1 ? (uint32_t)(unsigned char)bytes.start[i + 1] << 8 : 0;
        group |= left > 2 ? (uint32_t)(unsigned char)bytes.start[i + 2] : 0;
        const char four[] = {digits[group >> 18], digits[group >> 12 & 63], digits[group >> 6 & 63],
                             digits[group & 63]};
        buffer_append(out, four, left > 2 ? 4 : left + 1);
        buffer_append_text(out, left > 2 ? "" : left > 1 ? "=" : "==");
    }
}

/* The user and password of HTTP basic authentication, in clear and as they are sent (RFC 7617). */
static bool gives_away_basic(const char *excerpt, const struct client_settings *settings)
{
    if (!settings->username || !settings->password) {
        return false;
    }
    owned(buffer) pair = buffer_create(PAIR_BYTES_MAX);
    owned(buffer) encoded = buffer_create(PAIR_BYTES_MAX);
    if (!pair || !encoded) {
        return true; /* better nothing shown than too much */
    }
    buffer_append_text(pair, settings->username);
    buffer_append_char(pair, ':');
    buffer_append_text(pair, settings->password);
    append_base64(encoded, buffer_view(pair));
    return buffer_status(encoded) != SERIN_OK || gives_away(excerpt, settings->password) ||
           gives_away(excerpt, buffer_text(encoded));
}

void client_conceal(const struct client_settings *settings, const struct curl_slist *headers,
                    struct client_response *response)
{
    bool must_hide = gives_away_basic(response->excerpt, settings);
    for (const struct curl_slist *each = headers; each; each = each->next) {
        if (strncmp(each->data, bearer, sizeof(bearer) - 1) == 0) {
            must_hide = must_hide || gives_away(response->excerpt, each->data + sizeof(bearer) - 1);
        }
    }
    if (must_hide) {
        (void)snprintf(response->excerpt, sizeof(response->excerpt),
                       "(its text repeats a credential and is not shown)");
    }
}
