/*
 * The other side of a source that is asked over HTTP: how the configuration names it, and a client
 * for it. Rows, checks and messages are the same for every such source.
 */
#ifndef SERIN_SOURCE_PEER_H
#define SERIN_SOURCE_PEER_H

#include "base/decode.h"
#include "base/memory.h"
#include "platform/client.h"
#include "serin/error.h"

#include <stdint.h>

/* The rows of the configuration; the member of a source's options has to be called `peer`. */
struct peer_options {
    char *url;
    char *bearer_token;
    char *bearer_token_file;
    char *username;
    char *password;
    char *password_file;
    char *ca_file;
    char *certificate_file;
    char *key_file;
    char *tenant;
    char *proxy;
    int64_t timeout_ms;
    uint64_t max_bytes;
};

/* The rows, the url explained by an example of the source's own. */
#define PEER_FIELDS(type, url_help)                                                                \
    {.name = "url", DECODE_TEXT(type, peer.url), .is_required = true, .help = (url_help)},         \
        {.name = "bearer_token",                                                                   \
         DECODE_TEXT(type, peer.bearer_token),                                                     \
         .is_secret = true,                                                                        \
         .help = "token sent with each request"},                                                  \
        {.name = "bearer_token_file",                                                              \
         DECODE_TEXT(type, peer.bearer_token_file),                                                \
         .help = "file with that token, read anew for each request"},                              \
        {.name = "username",                                                                       \
         DECODE_TEXT(type, peer.username),                                                         \
         .help = "user for HTTP basic authentication"},                                            \
        {.name = "password",                                                                       \
         DECODE_TEXT(type, peer.password),                                                         \
         .is_secret = true,                                                                        \
         .help = "its password"},                                                                  \
        {.name = "password_file",                                                                  \
         DECODE_TEXT(type, peer.password_file),                                                    \
         .help = "file with the password, read at start and reload"},                              \
        {.name = "ca_file",                                                                        \
         DECODE_TEXT(type, peer.ca_file),                                                          \
         .help = "certificates (PEM) to trust instead of the system's"},                           \
        {.name = "certificate_file",                                                               \
         DECODE_TEXT(type, peer.certificate_file),                                                 \
         .help = "client certificate (PEM)"},                                                      \
        {.name = "key_file", DECODE_TEXT(type, peer.key_file), .help = "its private key (PEM)"},   \
        {.name = "tenant",                                                                         \
         DECODE_TEXT(type, peer.tenant),                                                           \
         .help = "sent as X-Scope-OrgID, for Mimir, Thanos and Loki"},                             \
        {.name = "proxy",                                                                          \
         DECODE_TEXT(type, peer.proxy),                                                            \
         .help = "HTTP proxy to go through; that of the environment is not used"},                 \
        {.name = "timeout",                                                                        \
         DECODE_DURATION(type, peer.timeout_ms),                                                   \
         .fallback = "8s",                                                                         \
         .minimum = "100ms",                                                                       \
         .help = "longest time one question may take"},                                            \
        {.name = "max_bytes",                                                                      \
         DECODE_SIZE(type, peer.max_bytes),                                                        \
         .fallback = "256MiB",                                                                     \
         .minimum = "64KiB",                                                                       \
         .help = "size of an answer accepted"}

/*
 * Checks the url and joins it with the path of the API ("/api/v1/query"), however many slashes it
 * ends with. Fails with SERIN_INVALID, in words that do not repeat the url: it may hold what its
 * writer should not have put there; SERIN_TOO_LARGE, SERIN_NO_MEMORY. The caller frees `*out` with
 * memory_free.
 */
SERIN_MUST_CHECK enum serin_status peer_url(const struct peer_options *options, const char *path,
                                            char **out, struct serin_error *err);

/* A client with the options' credentials. Fails as file_read and client_create do. */
SERIN_MUST_CHECK enum serin_status peer_client(const struct peer_options *options,
                                               struct client **out, struct serin_error *err);

#endif
