#include "base/embed.h"
#include "http/route.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <criterion/parameterized.h>
#include <jansson.h>
#include <string.h>

struct route_case {
    char method[8];
    char path[64];
    int status;
    char pattern[40]; /* or the allowed methods */
    char parameter[40];
};

ParameterizedTestParameters(route, finds_what_the_table_says)
{
    static struct route_case cases[] = {
        {"GET",    "/v1/analysis",             SERIN_OK,        "/v1/analysis",              ""     },
        {"POST",   "/v1/analysis",             SERIN_OK,        "/v1/analysis",              ""     },
        {"HEAD",   "/v1/analysis",             SERIN_OK,        "/v1/analysis",              ""     },
        {"DELETE", "/v1/analysis",             SERIN_CONFLICT,  "GET, POST",                 ""     },
        {"GET",    "/v1/events",               SERIN_CONFLICT,  "POST",                      ""     },
        {"GET",    "/v1/streams/shop/tables",  SERIN_OK,        "/v1/streams/{name}/tables", "shop" },
        {"GET",    "/v1/streams/a%20b/tables", SERIN_OK,        "/v1/streams/{name}/tables", "a%20b"},
        {"GET",    "/v1/streams//tables",      SERIN_NOT_FOUND, "",                          ""     },
        {"GET",    "/v1/streams/a/b/tables",   SERIN_NOT_FOUND, "",                          ""     },
        {"GET",    "/v1/streams/shop/tablesx", SERIN_NOT_FOUND, "",                          ""     },
        {"GET",    "/",                        SERIN_NOT_FOUND, "",                          ""     },
        {"GET",    "/metrics",                 SERIN_NOT_FOUND, "",                          ""     },
    };
    return cr_make_param_array(struct route_case, cases, ARRAY_LENGTH(cases));
}

ParameterizedTest(struct route_case *c, route, finds_what_the_table_says)
{
    const struct route *route = NULL;
    char parameter[PATH_PARAMETER_SIZE] = "";
    char allowed[64];
    enum serin_status status = route_find(&public_routes, c->method, c->path, &route, parameter,
                                          sizeof(parameter), allowed, sizeof(allowed));
    cr_assert(eq(int, status, c->status), "%s %s", c->method, c->path);
    if (status == SERIN_OK) {
        cr_assert(eq(str, (char *)route->pattern, c->pattern));
        cr_assert(eq(str, parameter, c->parameter));
    } else {
        cr_assert(eq(str, allowed, c->pattern), "%s %s", c->method, c->path);
    }
}

Test(route, the_openapi_description_and_the_table_name_the_same_routes)
{
    json_t *document = json_load_file("src/http/openapi.json", JSON_REJECT_DUPLICATES, NULL);
    cr_assert(ne(ptr, document, NULL));
    size_t described = 0;
    const char *path;
    json_t *methods;
    json_object_foreach(json_object_get(document, "paths"), path, methods)
    {
        described += json_object_size(methods);
    }
    cr_assert(eq(sz, described, public_routes.count));
    for (size_t i = 0; i < public_routes.count; i++) {
        const struct route *route = &public_routes.routes[i];
        json_t *entry = json_object_get(json_object_get(document, "paths"), route->pattern);
        char method[8] = "";
        for (size_t c = 0; route->method[c] && c + 1 < sizeof(method); c++) {
            method[c] = (char)(route->method[c] | 0x20);
        }
        cr_assert(ne(ptr, json_object_get(entry, method), NULL), "%s %s", route->method,
                  route->pattern);
    }
    json_t *version = json_object_get(json_object_get(document, "info"), "version");
    cr_assert(eq(str, (char *)json_string_value(version), SERIN_VERSION));
    json_decref(document);
}
