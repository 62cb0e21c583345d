#include "http/config.h"

#include "analysis/catalog.h"
#include "platform/file.h"
#include "platform/listen.h"
#include "platform/yaml.h"

#include <string.h>

enum { CONFIG_BYTES_MAX = 4 * 1024 * 1024 };

static const struct decode_name log_level_names[] = {
    {"debug",   LOG_LEVEL_DEBUG  },
    {"info",    LOG_LEVEL_INFO   },
    {"warning", LOG_LEVEL_WARNING},
    {"error",   LOG_LEVEL_ERROR  },
    {NULL,      0                },
};
static const struct decode_name log_format_names[] = {
    {"auto",   LOG_CHOICE_AUTO  },
    {"json",   LOG_CHOICE_JSON  },
    {"logfmt", LOG_CHOICE_LOGFMT},
    {NULL,     0                },
};

static const struct decode_field tls_fields[] = {
    {.name = "certificate",
     DECODE_TEXT(struct config_tls, certificate),
     .is_required = true,
     .help = "PEM file with the certificate chain"},
    {.name = "key",
     DECODE_TEXT(struct config_tls, key),
     .is_required = true,
     .help = "PEM file with the private key"},
    {.name = "client_ca",
     DECODE_TEXT(struct config_tls, client_ca),
     .help = "PEM file; clients with a certificate it signed have every right"},
};
static const struct decode_table tls_table = DECODE_TABLE(struct config_tls, tls_fields);

static const struct decode_field auth_fields[] = {
    {.name = "tokens",
     DECODE_TEXT(struct config_auth, tokens),
     .is_required = true,
     .help = "YAML file with the bearer tokens' digests and rights"},
};
static const struct decode_table auth_table = DECODE_TABLE(struct config_auth, auth_fields);

static const struct decode_field limits_fields[] = {
    {.name = "connections",
     DECODE_UINT64(struct config_limits, connections),
     .fallback = "512",
     .minimum = "1",
     .maximum = "65536",
     .help = "connections open at the same time; near it, waiting ones are closed for new ones"},
    {.name = "workers",
     DECODE_UINT64(struct config_limits, workers),
     .fallback = "16",
     .minimum = "1",
     .maximum = "256",
     .help = "analyses handled at the same time per source; and as many event batches"},
    {.name = "queue",
     DECODE_UINT64(struct config_limits, queue),
     .fallback = "128",
     .minimum = "1",
     .maximum = "65536",
     .help = "further ones that wait for a worker; beyond that the answer is 503"},
    {.name = "uploads",
     DECODE_SIZE(struct config_limits, upload_bytes),
     .fallback = "64MiB",
     .minimum = "1MiB",
     .help = "memory for bodies being received, beyond 64 KiB of each; then the answer is 503"},
    {.name = "header_timeout",
     DECODE_DURATION(struct config_limits, header_ms),
     .fallback = "10s",
     .minimum = "100ms",
     .help = "time for a new connection to send its first request's headers"},
    {.name = "body_timeout",
     DECODE_DURATION(struct config_limits, body_ms),
     .fallback = "30s",
     .minimum = "100ms",
     .help = "time to send a request's body, and to take its answer"},
    {.name = "idle_timeout",
     DECODE_DURATION(struct config_limits, idle_ms),
     .fallback = "75s",
     .minimum = "100ms",
     .help = "time a connection may stay open between two requests"},
};
static const struct decode_table limits_table = DECODE_TABLE(struct config_limits, limits_fields);

/* `auth` is a map, or the word none. */
static enum serin_status read_auth(const struct node *node, const char *path, void *member,
                                   struct serin_error *err)
{
    struct config_auth auth = {0};
    if (node_kind(node) == NODE_TEXT) {
        if (!text_equals(node_text(node), "none")) {
            return decode_fail(node, path, err,
                               "%s is not allowed; write \"none\", or a map with \"tokens\"",
                               TEXT_QUOTE(node_text(node)));
        }
        auth.is_none = true;
    } else {
        TRY(decode_map(&auth_table, node, path, &auth, err));
    }
    decode_clear(&auth_table, member);
    *(struct config_auth *)member = auth;
    return SERIN_OK;
}

static void release_auth(void *member)
{
    decode_clear(&auth_table, member);
    *(struct config_auth *)member = (struct config_auth){0};
}

/* Sources and streams are decoded by the catalog, which knows the drivers. */
static enum serin_status keep_list(const struct node *node, const char *path, void *member,
                                   struct serin_error *err)
{
    TRY(decode_expect(node, NODE_LIST, path, err));
    *(const struct node **)member = node;
    return SERIN_OK;
}

static void release_list(void *member)
{
    *(const struct node **)member = NULL;
}

static const struct decode_field config_fields[] = {
    {.name = "listen",
     DECODE_TEXT(struct config, listen),
     .fallback = "127.0.0.1:8080",
     .help = "address of the API; other than loopback needs auth, or an explicit auth: none"},
    {.name = "operators_listen",
     DECODE_TEXT(struct config, operators_listen),
     .fallback = "127.0.0.1:9090",
     .help = "address of /metrics, /livez and /readyz; without authentication"},
    {.name = "tls", DECODE_MAP(struct config, tls, &tls_table), .help = "serve the API over TLS"},
    {.name = "auth",
     DECODE_CUSTOM(struct config, auth, read_auth, release_auth),
     .table = &auth_table,
     .takes = "none, or a map with tokens",
     .help = "who may use the API: a map with the token file, or none"},
    {.name = "limits",
     DECODE_MAP(struct config, limits, &limits_table),
     .help = "what one client may take from the others"},
    {.name = "deadline",
     DECODE_DURATION(struct config, deadline_ms),
     .fallback = "8s",
     .minimum = "100ms",
     .maximum = "5m",
     .help = "time for one analysis; keep it below the caller's timeout (Argo: 10s)"},
    {.name = "shutdown_delay",
     DECODE_DURATION(struct config, shutdown_delay_ms),
     .fallback = "2s",
     .maximum = "5m",
     .help = "when told to stop: time between failing /readyz and refusing new connections"},
    {.name = "shutdown_grace",
     DECODE_DURATION(struct config, shutdown_grace_ms),
     .fallback = "10s",
     .help = "after that: time for the requests already accepted"},
    {.name = "store",
     DECODE_TEXT(struct config, store_path),
     .fallback = "serin.db",
     .help = "file of the embedded store"},
    {.name = "log_level",
     DECODE_ENUM(struct config, log_level, log_level_names),
     .fallback = "info",
     .help = "least level written"},
    {.name = "log_format",
     DECODE_ENUM(struct config, log_format, log_format_names),
     .fallback = "auto",
     .help = "auto: logfmt on a terminal, else json"},
    {.name = "sources",
     DECODE_CUSTOM(struct config, sources, keep_list, release_list),
     .table = &catalog_source_table,
     .takes = "a list of sources",
     .help = "where label events come from besides the embedded store"},
    {.name = "streams",
     DECODE_CUSTOM(struct config, streams, keep_list, release_list),
     .table = &catalog_stream_table,
     .takes = "a list of streams",
     .help = "the flows of label events that can be judged"},
};
const struct decode_table config_table = DECODE_TABLE(struct config, config_fields);

const struct config_variable config_variables[] = {
    {"SERIN_LISTEN",           "listen"          },
    {"SERIN_OPERATORS_LISTEN", "operators_listen"},
    {"SERIN_STORE",            "store"           },
    {"SERIN_LOG_LEVEL",        "log_level"       },
    {"SERIN_LOG_FORMAT",       "log_format"      },
    {NULL,                     NULL              },
};

static const char *environment_value(char *const *environment, const char *name)
{
    size_t length = strlen(name);
    for (size_t i = 0; environment && environment[i]; i++) {
        if (strncmp(environment[i], name, length) == 0 && environment[i][length] == '=') {
            return environment[i] + length + 1;
        }
    }
    return NULL;
}

static enum serin_status build_environment(char *const *environment,
                                           struct document_builder *builder,
                                           struct serin_error *err)
{
    TRY(document_open_map(builder, err));
    for (const struct config_variable *each = config_variables; each->name; each++) {
        const char *value = environment_value(environment, each->name);
        if (value) {
            TRY(document_add_key(builder, text_view_of(each->key), err));
            TRY(document_add_untyped(builder, text_view_of(value), err));
        }
    }
    document_close(builder);
    return SERIN_OK;
}

static enum serin_status overlay_environment(char *const *environment, struct config *config,
                                             struct serin_error *err)
{
    owned(document_builder) builder = document_builder_create(&document_limits_request);
    if (!builder) {
        return serin_fail(err, SERIN_NO_MEMORY, "no memory for the configuration");
    }
    TRY(build_environment(environment, builder, err));
    owned(document) document = document_builder_take(builder);
    if (!document) {
        return serin_fail(err, SERIN_NO_MEMORY, "no memory for the configuration");
    }
    return decode_overlay(&config_table, document_root(document), "environment", config, err);
}

bool config_is_open(const struct config *config)
{
    return !config->auth.tokens && !config->tls.client_ca;
}

/* Safe by default: beyond this machine only with credentials, or with a word that says so. */
static enum serin_status check_exposure(const struct config *config, struct serin_error *err)
{
    bool is_loopback = false;
    serin_error_at(err, "operators_listen");
    TRY(listen_is_loopback(config->operators_listen, &is_loopback, err));
    serin_error_at(err, "listen");
    TRY(listen_is_loopback(config->listen, &is_loopback, err));
    if (!is_loopback && config_is_open(config) && !config->auth.is_none) {
        return serin_fail(err, SERIN_INVALID,
                          "%s can be reached from other machines, so callers must show who they "
                          "are: set auth.tokens or tls.client_ca, or say auth: none",
                          config->listen);
    }
    serin_error_at(err, "%s", "");
    return SERIN_OK;
}

void config_destroy(struct config *config)
{
    if (config) {
        decode_clear(&config_table, config);
        document_destroy(config->document);
        memory_free(config);
    }
}

enum serin_status config_parse(const char *text, size_t length, char *const *environment,
                               struct config **out, struct serin_error *err)
{
    owned(config) config = memory_allocate(1, sizeof(*config));
    if (!config) {
        return serin_fail(err, SERIN_NO_MEMORY, "no memory for the configuration");
    }
    TRY(yaml_parse((struct text_view){text, length}, &document_limits_file, &config->document,
                   err));
    if (node_kind(document_root(config->document)) == NODE_NULL) {
        /* Most likely it is just being written: a reload must not take away every stream. */
        return serin_fail(err, SERIN_INVALID, "the file is empty");
    }
    TRY(decode_map(&config_table, document_root(config->document), "", config, err));
    TRY(overlay_environment(environment, config, err));
    TRY(check_exposure(config, err));
    *out = give(config);
    return SERIN_OK;
}

enum serin_status config_load(const char *path, char *const *environment, struct config **out,
                              struct serin_error *err)
{
    owned_memory char *text = NULL;
    size_t length = 0;
    TRY(file_read(path, CONFIG_BYTES_MAX, &text, &length, err));
    return config_parse(text, length, environment, out, err);
}
