/*
 * A bearer token that whoever asks has to show.
 */
#ifndef SERIN_TAP_BEARER_H
#define SERIN_TAP_BEARER_H

#include "serin/error.h"

#include <stdbool.h>

enum { BEARER_TOKEN_MIN = 16, BEARER_TOKEN_MAX = 8192 };

/*
 * Whether the value of an Authorization header (NULL: there is none) shows the token that the file
 * holds now: one line, read anew each time, for tokens are rotated. False when it cannot be read,
 * or has fewer than BEARER_TOKEN_MIN bytes.
 */
bool bearer_is_shown(const char *token_file, const char *authorization);

/* The same check of the file alone, to be made at the start. Fails as file_read does, and with
 * SERIN_INVALID when the token is too short. */
SERIN_MUST_CHECK enum serin_status bearer_check_file(const char *token_file,
                                                     struct serin_error *err);

#endif
