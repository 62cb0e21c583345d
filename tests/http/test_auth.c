#include "http/auth.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <criterion/parameterized.h>
#include <string.h>

/* SHA-256 of "open sesame". */
static const char token_file[] =
    "tokens:\n"
    "  - name: argo\n"
    "    sha256: 41ef4bb0b23661e66301aac36066912dac037827b4ae63a7b1165a5aa93ed4eb\n"
    "    streams: [checkout-*, search]\n"
    "    rights: [analyze, read]\n";

static struct auth *load(const char *text)
{
    struct auth *auth = NULL;
    struct serin_error err = {0};
    cr_assert(eq(int, auth_create(text, strlen(text), "tokens.yaml", &auth, &err), SERIN_OK), "%s",
              err.detail);
    return auth;
}

Test(auth, a_known_token_has_its_rights_on_its_streams_only)
{
    owned(auth) auth = load(token_file);
    const struct principal *principal = NULL;
    cr_assert(
        eq(int, auth_identify(auth, "Bearer open sesame", false, &principal, NULL), SERIN_OK));
    cr_assert(eq(str, (char *)principal_name(principal), "argo"));
    cr_assert(eq(int, principal_check(principal, RIGHT_ANALYZE, "checkout-eu", NULL), SERIN_OK));
    cr_assert(eq(int, principal_check(principal, RIGHT_READ, "search", NULL), SERIN_OK));
    cr_assert(eq(int, principal_check(principal, RIGHT_PUSH, "checkout-eu", NULL), SERIN_DENIED));
    cr_assert(eq(int, principal_check(principal, RIGHT_ANALYZE, "other", NULL), SERIN_DENIED));
    cr_assert(not(principal_has(principal, RIGHT_PUSH)));
}

struct refused_case {
    char name[32];
    char authorization[48];
};

ParameterizedTestParameters(auth, refuses_what_it_does_not_know)
{
    static struct refused_case cases[] = {
        {"nothing",        ""                   },
        {"another token",  "Bearer wrong"       },
        {"another scheme", "Basic b3BlbjpzZXM=" },
        {"an empty token", "Bearer "            },
        {"a longer token", "Bearer open sesame "},
    };
    return cr_make_param_array(struct refused_case, cases, ARRAY_LENGTH(cases));
}

ParameterizedTest(struct refused_case *c, auth, refuses_what_it_does_not_know)
{
    owned(auth) auth = load(token_file);
    const struct principal *principal = NULL;
    struct serin_error err = {0};
    const char *header = c->authorization[0] ? c->authorization : NULL;
    cr_assert(eq(int, auth_identify(auth, header, false, &principal, &err), SERIN_DENIED), "%s",
              c->name);
    cr_assert(eq(ptr, (void *)principal, NULL));
    cr_assert(eq(ptr, strstr(err.detail, "wrong"), NULL), "the credential must not be repeated");
}

Test(auth, a_client_certificate_stands_for_every_right)
{
    owned(auth) auth = auth_create_closed();
    const struct principal *principal = NULL;
    cr_assert(eq(int, auth_identify(auth, NULL, false, &principal, NULL), SERIN_DENIED));
    cr_assert(eq(int, auth_identify(auth, NULL, true, &principal, NULL), SERIN_OK));
    cr_assert(eq(int, principal_check(principal, RIGHT_PUSH, "any", NULL), SERIN_OK));
}

Test(auth, an_open_installation_asks_nobody)
{
    owned(auth) auth = auth_create_open();
    const struct principal *principal = NULL;
    cr_assert(eq(int, auth_identify(auth, NULL, false, &principal, NULL), SERIN_OK));
    cr_assert(eq(int, principal_check(principal, RIGHT_PUSH, "any", NULL), SERIN_OK));
}

struct bad_file_case {
    char name[32];
    char text[200];
    char field[32];
};

ParameterizedTestParameters(auth, a_bad_token_file_is_refused_by_field)
{
    static struct bad_file_case cases[] = {
        {"unknown right",
         "tokens: [{name: a, streams: [x], rights: [fly], sha256: "
         "41ef4bb0b23661e66301aac36066912dac037827b4ae63a7b1165a5aa93ed4eb}]",                "tokens[0].rights"},
        {"not a digest",
         "tokens: [{name: a, streams: [x], rights: [read], sha256: "
         "ZZef4bb0b23661e66301aac36066912dac037827b4ae63a7b1165a5aa93ed4eb}]",                "tokens[0].sha256"},
        {"plain token",   "tokens: [{name: a, streams: [x], rights: [read], sha256: hello}]",
         "tokens[0].sha256"                                                                                     },
        {"unknown key",   "tokens: [{name: a, token: hello}]",                                "tokens[0].token" },
        {"empty",         "",                                                                 "tokens"          },
    };
    return cr_make_param_array(struct bad_file_case, cases, ARRAY_LENGTH(cases));
}

ParameterizedTest(struct bad_file_case *c, auth, a_bad_token_file_is_refused_by_field)
{
    struct auth *auth = NULL;
    struct serin_error err = {0};
    cr_assert(
        eq(int, auth_create(c->text, strlen(c->text), "tokens.yaml", &auth, &err), SERIN_INVALID),
        "%s", c->name);
    cr_assert(eq(str, err.field, c->field), "%s: %s", c->name, err.detail);
    cr_assert(eq(ptr, strstr(err.detail, "hello"), NULL), "a secret must not be repeated: %s",
              err.detail);
}
