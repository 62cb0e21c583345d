/* A double of what answers over HTTP, for the contract's fixtures. */
#include "base/buffer.h"
#include "base/text.h"
#include "source/contract.h"
#include "support/test_server.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void fail(const char *what, const char *where)
{
    (void)fprintf(stderr, "contract: %s in \"%s\"\n", what, where);
    exit(EXIT_FAILURE);
}

/* ---- reading questions ----------------------------------------------------------------------- */

const char *contract_form_value(const char *form, const char *name, char out[CONTRACT_VALUE_MAX])
{
    size_t length = strlen(name);
    const char *at = form;
    while (strncmp(at, name, length) != 0 || at[length] != '=') {
        at = strchr(at, '&');
        if (!at) {
            fail(name, form);
        }
        at++;
    }
    size_t used = 0;
    for (at += length + 1; *at != '\0' && *at != '&' && used + 1 < CONTRACT_VALUE_MAX; at++) {
        if (*at == '%') {
            out[used++] = (char)(text_hex_digit(at[1]) * 16 + text_hex_digit(at[2]));
            at += 2;
        } else {
            out[used++] = *at == '+' ? ' ' : *at;
        }
    }
    out[used] = '\0';
    return out;
}

const char *contract_literal_after(const char *query, const char *before,
                                   char out[CONTRACT_VALUE_MAX])
{
    const char *at = strstr(query, before);
    if (!at || at[strlen(before)] != '"') {
        fail(before, query);
    }
    size_t used = 0;
    for (at += strlen(before) + 1; *at != '"'; at++) {
        if (*at == '\0' || *at == '\n' || used + 1 == CONTRACT_VALUE_MAX) {
            fail("a literal without end", query);
        }
        if (*at != '\\') {
            out[used++] = *at;
            continue;
        }
        at++;
        if (*at == 'x') {
            out[used++] = (char)(text_hex_digit(at[1]) * 16 + text_hex_digit(at[2]));
            at += 2;
        } else if (*at == '"' || *at == '\\') {
            out[used++] = *at;
        } else {
            fail("an escape that no server knows", query);
        }
    }
    out[used] = '\0';
    return out;
}

static bool equal(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

static bool are_together(const struct contract_event *a, const struct contract_event *b)
{
    return equal(a->arm, b->arm) && equal(a->pod, b->pod) && equal(a->label, b->label) &&
           equal(a->reference, b->reference) && equal(a->region, b->region);
}

void contract_group(const struct contract_world *world, const char *arm, size_t *out)
{
    for (size_t i = 0; i < world->count; i++) {
        size_t first = 0;
        while (first < i && !are_together(&world->events[first], &world->events[i])) {
            first++;
        }
        out[i] = equal(world->events[i].arm, arm) ? first : SIZE_MAX;
    }
}

/* ---- answering ------------------------------------------------------------------------------- */

void contract_answer_begin(struct json_writer *writer, struct buffer *body, const char *type,
                           const char *warning)
{
    json_writer_init(writer, body);
    json_write_object_begin(writer);
    json_field_text(writer, "status", "success");
    if (warning) {
        json_write_key(writer, "warnings");
        json_write_array_begin(writer);
        json_write_text(writer, warning);
        json_write_array_end(writer);
    }
    json_write_key(writer, "data");
    json_write_object_begin(writer);
    json_field_text(writer, "resultType", type);
    json_write_key(writer, "result");
    json_write_array_begin(writer);
}

void contract_answer_end(struct json_writer *writer)
{
    json_write_array_end(writer);
    json_write_object_end(writer);
    json_write_object_end(writer);
    cr_assert(json_writer_finish(writer) == SERIN_OK);
}

/* ---- a source and its peer ------------------------------------------------------------------- */

struct remote {
    struct contract_world world;
    contract_answer *answer;
    struct test_server *server;
    const struct source_driver *driver;
    void *options;
    void *state;
};

static char *respond(const void *context, const char *request, size_t *out_length)
{
    const struct remote *remote = context;
    const char *form = strstr(request, "\r\n\r\n");
    owned(buffer) body = buffer_create(64 << 20);
    owned(buffer) whole = buffer_create(64 << 20);
    if (!form || !body || !whole) {
        fail("no form, or no memory,", request);
    }
    remote->answer(&remote->world, form + 4, remote->world.manner == CONTRACT_PARTIAL, body);
    buffer_printf(
        whole, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n",
        buffer_view(body).length);
    buffer_append_view(whole, buffer_view(body));
    size_t length = buffer_view(whole).length;
    char *bytes = malloc(length);
    if (buffer_status(body) != SERIN_OK || buffer_status(whole) != SERIN_OK || !bytes) {
        fail("no memory", request);
    }
    memcpy(bytes, buffer_text(whole), length);
    *out_length = length;
    if (remote->world.manner == CONTRACT_CUT) {
        *out_length = length * (size_t)remote->world.cut_percent / 100;
    } else if (remote->world.manner == CONTRACT_HANGS) {
        *out_length = 0;
    }
    return bytes;
}

void *contract_remote_open(const struct source_driver *driver, const struct contract_world *world,
                           contract_answer *answer, void *options, struct peer_options *peer)
{
    static const enum test_server_manner manners[] = {
        [CONTRACT_GOOD] = SERVER_KEEPS,  [CONTRACT_PARTIAL] = SERVER_KEEPS,
        [CONTRACT_CUT] = SERVER_CLOSES,  [CONTRACT_SLOW] = SERVER_DRIPS,
        [CONTRACT_HANGS] = SERVER_HANGS,
    };
    struct serin_error err = {.status = SERIN_OK};
    struct remote *remote = calloc(1, sizeof(*remote));
    if (!remote) {
        fail("no memory", "contract_remote_open");
    }
    *remote =
        (struct remote){.world = *world, .answer = answer, .driver = driver, .options = options};
    remote->server = test_server_start_with(respond, remote, manners[world->manner]);
    *peer = (struct peer_options){.url = (char *)test_server_url(remote->server, ""),
                                  .timeout_ms = 60000,
                                  .max_bytes = 64 << 20};
    cr_assert(driver->open("contract", options, &remote->state, &err) == SERIN_OK, "%s",
              err.detail);
    return remote;
}

void *contract_remote_state(void *remote)
{
    return ((struct remote *)remote)->state;
}

void contract_remote_show(void *remote, const struct contract_world *world)
{
    ((struct remote *)remote)->world = *world;
}

void contract_remote_close(void *context)
{
    struct remote *remote = context;
    remote->driver->close(remote->state);
    test_server_stop(remote->server);
    free(remote->options);
    free(remote);
}
