#include "tap/bearer.h"

#include "base/memory.h"
#include "base/text.h"
#include "platform/digest.h"
#include "platform/file.h"

#include <string.h>

/* The caller frees `*out`. */
static enum serin_status read_token(const char *path, char **out, struct text_view *out_token,
                                    struct serin_error *err)
{
    owned_memory char *text = NULL;
    size_t length = 0;
    TRY(file_read(path, BEARER_TOKEN_MAX, &text, &length, err));
    while (length > 0 && (text[length - 1] == '\n' || text[length - 1] == '\r')) {
        length--;
    }
    if (length < BEARER_TOKEN_MIN) {
        return serin_fail(err, SERIN_INVALID, "%s holds %zu bytes; a token has %d at least", path,
                          length, BEARER_TOKEN_MIN);
    }
    *out_token = (struct text_view){text, length};
    *out = give(text);
    return SERIN_OK;
}

enum serin_status bearer_check_file(const char *token_file, struct serin_error *err)
{
    owned_memory char *text = NULL;
    struct text_view token = {0};
    return read_token(token_file, &text, &token, err);
}

/* What follows "Bearer ", whose case does not matter (RFC 9110, 11.1); empty where that is not it.
 */
static struct text_view credentials(const char *authorization)
{
    static const struct text_view scheme = TEXT_VIEW("Bearer ");
    struct text_view value = text_view_of(authorization);
    struct text_view start = {value.start, scheme.length};
    if (value.length <= scheme.length || !text_equal_ignoring_case(start, scheme)) {
        return (struct text_view){0};
    }
    return (struct text_view){value.start + scheme.length, value.length - scheme.length};
}

bool bearer_is_shown(const char *token_file, const char *authorization)
{
    owned_memory char *text = NULL;
    struct text_view token = {0};
    struct text_view shown = credentials(authorization);
    return read_token(token_file, &text, &token, NULL) == SERIN_OK &&
           shown.length == token.length && digest_equal(shown.start, token.start, token.length);
}
