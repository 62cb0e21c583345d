#include "http/auth.h"

#include "base/decode.h"
#include "base/node.h"
#include "platform/digest.h"
#include "platform/yaml.h"

#include <fnmatch.h>
#include <string.h>

struct token {
    char *name;
    char *sha256;
    char **streams; /* patterns */
    size_t stream_count;
    char **rights;
    size_t right_count;
};

struct principal {
    const char *name;
    const struct token *token; /* NULL: every stream */
    unsigned rights;
};

struct token_file {
    struct token *tokens;
    size_t token_count;
};

struct auth {
    struct token_file file;
    struct principal *principals; /* one per token, then the certificate's */
    size_t principal_count;
    bool is_open;
};

enum { ALL_RIGHTS = RIGHT_ANALYZE | RIGHT_PUSH | RIGHT_READ };

static const struct principal anonymous = {.name = "anonymous", .rights = ALL_RIGHTS};
static const struct principal certificate_holder = {.name = "client-certificate",
                                                    .rights = ALL_RIGHTS};

static const struct decode_field token_fields[] = {
    {.name = "name",
     DECODE_TEXT(struct token, name),
     .is_required = true,
     .maximum = "128",
     .help = "who holds the token; shown in logs"},
    {.name = "sha256",
     DECODE_TEXT(struct token, sha256),
     .is_required = true,
     .is_secret = true,
     .minimum = "64",
     .maximum = "64",
     .help = "SHA-256 of the token in lower-case hexadecimal"},
    {.name = "streams",
     DECODE_TEXT_LIST(struct token, streams, stream_count),
     .is_required = true,
     .help = "names or patterns (checkout-*) of the streams it may touch"},
    {.name = "rights",
     DECODE_TEXT_LIST(struct token, rights, right_count),
     .is_required = true,
     .help = "any of analyze, push, read"},
};
static const struct decode_table token_table = DECODE_TABLE(struct token, token_fields);

static const struct decode_field file_fields[] = {
    {.name = "tokens",
     DECODE_MAP_LIST(struct token_file, tokens, token_count, &token_table),
     .is_required = true,
     .help = "the tokens"},
};
const struct decode_table auth_file_table = DECODE_TABLE(struct token_file, file_fields);

static const struct {
    const char *name;
    enum right right;
} right_names[] = {
    {"analyze", RIGHT_ANALYZE},
    {"push",    RIGHT_PUSH   },
    {"read",    RIGHT_READ   },
};

const char *right_name(enum right right)
{
    for (size_t i = 0; i < ARRAY_LENGTH(right_names); i++) {
        if (right_names[i].right == right) {
            return right_names[i].name;
        }
    }
    return "none";
}

static enum serin_status right_parse(const char *name, unsigned *rights, struct serin_error *err)
{
    for (size_t i = 0; i < ARRAY_LENGTH(right_names); i++) {
        if (strcmp(right_names[i].name, name) == 0) {
            *rights |= right_names[i].right;
            return SERIN_OK;
        }
    }
    return serin_fail(err, SERIN_INVALID, "unknown right %s; allowed: analyze, push, read",
                      TEXT_QUOTE(text_view_of(name)));
}

static enum serin_status principal_fill(const struct token *token, size_t index,
                                        struct principal *out, struct serin_error *err)
{
    unsigned rights = 0;
    serin_error_at(err, "tokens[%zu].rights", index);
    for (size_t i = 0; i < token->right_count; i++) {
        TRY(right_parse(token->rights[i], &rights, err));
    }
    if (strspn(token->sha256, "0123456789abcdef") != strlen(token->sha256)) {
        serin_error_at(err, "tokens[%zu].sha256", index);
        return serin_fail(err, SERIN_INVALID,
                          "not a SHA-256 in lower-case hexadecimal; make it with: "
                          "printf %%s \"$TOKEN\" | sha256sum");
    }
    *out = (struct principal){.name = token->name, .token = token, .rights = rights};
    return SERIN_OK;
}

void auth_destroy(struct auth *auth)
{
    if (auth) {
        decode_clear(&auth_file_table, &auth->file);
        memory_free(auth->principals);
        memory_free(auth);
    }
}

struct auth *auth_create_open(void)
{
    struct auth *auth = memory_allocate(1, sizeof(*auth));
    if (auth) {
        auth->is_open = true;
    }
    return auth;
}

struct auth *auth_create_closed(void)
{
    return memory_allocate(1, sizeof(struct auth));
}

static enum serin_status auth_load(struct auth *auth, const char *text, size_t length,
                                   struct serin_error *err)
{
    owned(document) document = NULL;
    struct text_view view = {text, length};
    TRY(yaml_parse(view, &document_limits_file, &document, err));
    TRY(decode_map(&auth_file_table, document_root(document), "", &auth->file, err));
    auth->principals = memory_allocate(auth->file.token_count, sizeof(*auth->principals));
    if (!auth->principals) {
        return serin_fail(err, SERIN_NO_MEMORY, "no memory for %zu tokens", auth->file.token_count);
    }
    auth->principal_count = auth->file.token_count;
    for (size_t i = 0; i < auth->principal_count; i++) {
        TRY(principal_fill(&auth->file.tokens[i], i, &auth->principals[i], err));
    }
    return SERIN_OK;
}

enum serin_status auth_create(const char *text, size_t length, const char *path, struct auth **out,
                              struct serin_error *err)
{
    owned(auth) auth = memory_allocate(1, sizeof(*auth));
    if (!auth) {
        return serin_fail(err, SERIN_NO_MEMORY, "no memory for the tokens of %s", path);
    }
    TRY(auth_load(auth, text, length, err));
    *out = give(auth);
    return SERIN_OK;
}

/* The value of "Bearer …"; the scheme's case does not matter (RFC 9110, 11.1). */
static const char *bearer_token(const char *authorization)
{
    static const char scheme[] = "Bearer ";
    if (!authorization || strncasecmp(authorization, scheme, sizeof(scheme) - 1) != 0) {
        return NULL;
    }
    const char *token = authorization + sizeof(scheme) - 1;
    return token + strspn(token, " ");
}

/* Every token is compared, so that the time taken tells nothing about which one is near. */
static const struct principal *principal_by_digest(const struct auth *auth, const char *digest)
{
    const struct principal *found = NULL;
    for (size_t i = 0; i < auth->principal_count; i++) {
        if (digest_equal(auth->principals[i].token->sha256, digest, SHA256_HEX_SIZE - 1)) {
            found = &auth->principals[i];
        }
    }
    return found;
}

enum serin_status auth_identify(const struct auth *auth, const char *authorization,
                                bool has_certificate, const struct principal **out,
                                struct serin_error *err)
{
    if (auth->is_open) {
        *out = &anonymous;
        return SERIN_OK;
    }
    const char *token = bearer_token(authorization);
    if (!token && has_certificate) {
        *out = &certificate_holder;
        return SERIN_OK;
    }
    if (!token) {
        return serin_fail(
            err, SERIN_DENIED,
            "a bearer token is needed: send the header Authorization: Bearer <token>");
    }
    char digest[SHA256_HEX_SIZE];
    TRY(digest_sha256_hex(token, strlen(token), digest, err));
    const struct principal *principal = principal_by_digest(auth, digest);
    if (!principal) {
        return serin_fail(err, SERIN_DENIED, "the bearer token is not known");
    }
    *out = principal;
    return SERIN_OK;
}

static bool covers_stream(const struct principal *principal, const char *stream)
{
    const struct token *token = principal->token;
    if (!token) {
        return true;
    }
    for (size_t i = 0; i < token->stream_count; i++) {
        if (fnmatch(token->streams[i], stream, 0) == 0) {
            return true;
        }
    }
    return false;
}

bool principal_has(const struct principal *principal, enum right right)
{
    return (principal->rights & right) == (unsigned)right;
}

enum serin_status principal_check(const struct principal *principal, enum right right,
                                  const char *stream, struct serin_error *err)
{
    if (principal_has(principal, right) && covers_stream(principal, stream)) {
        return SERIN_OK;
    }
    return serin_fail(err, SERIN_DENIED, "the token of %s has no right \"%s\" on stream %s",
                      TEXT_QUOTE(text_view_of(principal->name)), right_name(right),
                      TEXT_QUOTE(text_view_of(stream)));
}

const char *principal_name(const struct principal *principal)
{
    return principal ? principal->name : "anonymous";
}
