/*
 * Who may do what: bearer tokens, stored as SHA-256 digests, each with rights on named streams.
 */
#ifndef SERIN_HTTP_AUTH_H
#define SERIN_HTTP_AUTH_H

#include "base/decode.h"
#include "base/memory.h"
#include "serin/error.h"

#include <stdbool.h>

enum right {
    RIGHT_NONE = 0, /* open to everybody who can connect */
    RIGHT_ANALYZE = 1,
    RIGHT_PUSH = 2,
    RIGHT_READ = 4
};
const char *right_name(enum right right); /* "analyze", "push", "read" */

struct principal; /* one token's owner */
struct auth;

/* For installations without tokens: everybody may do everything. */
struct auth *auth_create_open(void);

/* For installations with client certificates only: no token is known. */
struct auth *auth_create_closed(void);

/* The rows of a token file, for the reference page. */
extern const struct decode_table auth_file_table;

/* From the text of a token file; `path` is for messages. */
SERIN_MUST_CHECK enum serin_status auth_create(const char *text, size_t length, const char *path,
                                               struct auth **out, struct serin_error *err);
void auth_destroy(struct auth *auth); /* NULL is fine */
DEFINE_CLEANUP(auth)

/*
 * The principal behind an Authorization header's value (NULL when absent). `has_certificate` tells
 * that a trusted client certificate was shown, which counts as every right. Fails with
 * SERIN_DENIED; the message never repeats the credential.
 */
SERIN_MUST_CHECK enum serin_status auth_identify(const struct auth *auth, const char *authorization,
                                                 bool has_certificate, const struct principal **out,
                                                 struct serin_error *err);

/* Whether the principal has the right on the stream; SERIN_DENIED names both. */
SERIN_MUST_CHECK enum serin_status principal_check(const struct principal *principal,
                                                   enum right right, const char *stream,
                                                   struct serin_error *err);

/* Whether it has the right on any stream at all. */
bool principal_has(const struct principal *principal, enum right right);

const char *principal_name(const struct principal *principal);

#endif
