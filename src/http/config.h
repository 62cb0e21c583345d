/*
 * The configuration file, decoded: how to listen, whom to let in, where to store, what to judge.
 */
#ifndef SERIN_HTTP_CONFIG_H
#define SERIN_HTTP_CONFIG_H

#include "base/decode.h"
#include "base/memory.h"
#include "base/node.h"
#include "platform/log.h"
#include "serin/error.h"

#include <stdbool.h>
#include <stdint.h>

enum log_format_choice { LOG_CHOICE_AUTO, LOG_CHOICE_JSON, LOG_CHOICE_LOGFMT };

struct config_tls {
    char *certificate; /* PEM files; NULL: plain HTTP */
    char *key;
    char *client_ca; /* a client certificate it signed counts as every right */
};

struct config_auth {
    char *tokens; /* path of the token file; NULL: none */
    bool is_none; /* `auth: none`, said explicitly */
};

struct config_limits {
    uint64_t connections;
    uint64_t workers;      /* requests handled at the same time, per lane */
    uint64_t queue;        /* further requests waiting for a worker; beyond that 503 */
    uint64_t upload_bytes; /* of all bodies being received together; beyond that 503 */
    int64_t header_ms;
    int64_t body_ms;
    int64_t idle_ms;
};

struct config {
    char *listen;
    char *operators_listen;
    struct config_tls tls;
    struct config_auth auth;
    struct config_limits limits;
    int64_t deadline_ms;       /* of one analysis, all in all */
    int64_t shutdown_delay_ms; /* from no longer being ready to no longer accepting */
    int64_t shutdown_grace_ms; /* for what was accepted before the stop */
    char *store_path;
    enum log_level log_level;
    enum log_format_choice log_format;
    const struct node *sources; /* borrowed from `document`; NULL: none configured */
    const struct node *streams;
    struct document *document;
};

/* The rows of the file, for the reference page. */
extern const struct decode_table config_table;

/* The environment's variables and the keys they stand for, up to the first NULL. */
struct config_variable {
    const char *name;
    const char *key;
};
extern const struct config_variable config_variables[];

/*
 * Reads and decodes a file, then lays the environment over it. `environment` is a NULL-terminated
 * list of NAME=value. The sources and streams are decoded later, by the catalog.
 */
SERIN_MUST_CHECK enum serin_status config_load(const char *path, char *const *environment,
                                               struct config **out, struct serin_error *err);
/* The same from text; `path` is for messages. */
SERIN_MUST_CHECK enum serin_status config_parse(const char *text, size_t length,
                                                char *const *environment, struct config **out,
                                                struct serin_error *err);
void config_destroy(struct config *config); /* NULL is fine */
DEFINE_CLEANUP(config)

/* Whether everybody who can connect may do everything. */
bool config_is_open(const struct config *config);

#endif
