#include "http/config.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <criterion/parameterized.h>
#include <string.h>

static enum serin_status parse(const char *text, char *const *environment, struct config **out,
                               struct serin_error *err)
{
    return config_parse(text, strlen(text), environment, out, err);
}

Test(config, what_is_left_out_is_safe)
{
    owned(config) config = NULL;
    struct serin_error err = {0};
    cr_assert(eq(int, parse("streams: []\n", NULL, &config, &err), SERIN_OK), "%s", err.detail);
    cr_assert(eq(str, config->listen, "127.0.0.1:8080"));
    cr_assert(eq(str, config->operators_listen, "127.0.0.1:9090"));
    cr_assert(eq(i64, config->deadline_ms, 8000));
    cr_assert(config_is_open(config));
    cr_assert(not(config->auth.is_none));
}

Test(config, the_environment_goes_over_the_file)
{
    owned(config) config = NULL;
    struct serin_error err = {0};
    char *environment[] = {"HOME=/", "SERIN_LISTEN=127.0.0.1:1234", "SERIN_LOG_LEVEL=debug", NULL};
    cr_assert(eq(int, parse("listen: 127.0.0.1:1\n", environment, &config, &err), SERIN_OK), "%s",
              err.detail);
    cr_assert(eq(str, config->listen, "127.0.0.1:1234"));
    cr_assert(eq(int, config->log_level, LOG_LEVEL_DEBUG));
}

struct bad_config {
    char name[40];
    char text[120];
    char field[40];
    char detail[60]; /* part of it */
};

ParameterizedTestParameters(config, refuses_by_field_and_says_how_to_mend)
{
    static struct bad_config cases[] = {
        {"empty",                "",                          "",                   "empty"         },
        {"only a comment",       "# nothing yet\n",           "",                   "empty"         },
        {"exposed without auth", "listen: 0.0.0.0:8080",      "listen",             "auth: none"    },
        {"exposed, all",         "listen: \":8080\"",         "listen",             "auth.tokens"   },
        {"no port",              "listen: localhost",         "listen",             "127.0.0.1:8080"},
        {"a name",               "listen: example.org:80",    "listen",             "not an address"},
        {"unknown key",          "lissten: 127.0.0.1:1",      "lissten",            "listen"        },
        {"auth word",            "auth: open",                "auth",               "none"          },
        {"auth key",             "auth: {token: x}",          "auth.token",         "tokens"        },
        {"tls without key",      "tls: {certificate: a.pem}", "tls.key",            ""              },
        {"deadline of nothing",  "deadline: 0s",              "deadline",           "100ms"         },
        {"sources no list",      "sources: {a: b}",           "sources",            "list"          },
        {"level",                "log_level: loud",           "log_level",          "warning"       },
        {"connections",          "limits: {connections: 0}",  "limits.connections", "1"             },
    };
    return cr_make_param_array(struct bad_config, cases, ARRAY_LENGTH(cases));
}

ParameterizedTest(struct bad_config *c, config, refuses_by_field_and_says_how_to_mend)
{
    struct config *config = NULL;
    struct serin_error err = {0};
    cr_assert(eq(int, parse(c->text, NULL, &config, &err), SERIN_INVALID), "%s", c->name);
    cr_assert(eq(str, err.field, c->field), "%s: %s", c->name, err.detail);
    cr_assert(ne(ptr, strstr(err.detail, c->detail), NULL), "%s: %s", c->name, err.detail);
}

Test(config, an_explicit_auth_none_opens_other_addresses)
{
    owned(config) config = NULL;
    struct serin_error err = {0};
    cr_assert(eq(int, parse("listen: \":0\"\nauth: none\n", NULL, &config, &err), SERIN_OK), "%s",
              err.detail);
    cr_assert(config->auth.is_none);
}

Test(config, every_row_can_be_decoded)
{
    struct serin_error err = {0};
    cr_assert(eq(int, decode_table_check(&config_table, &err), SERIN_OK), "%s: %s", err.field,
              err.detail);
}
