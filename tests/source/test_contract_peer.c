/* A double of what answers over HTTP, for the contract's fixtures. */
#include "base/buffer.h"
#include "base/text.h"
#include "source/contract.h"

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

struct contract_peer {
    struct contract_world world;
    contract_answer *answer;
    struct test_server *server;
};

static char *respond(const void *context, const char *request, size_t *out_length)
{
    const struct contract_peer *peer = context;
    const char *form = strstr(request, "\r\n\r\n");
    owned(buffer) body = buffer_create(64 << 20);
    owned(buffer) whole = buffer_create(64 << 20);
    if (!form || !body || !whole) {
        fail("no form, or no memory,", request);
    }
    peer->answer(&peer->world, form + 4, peer->world.manner == CONTRACT_PARTIAL, body);
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
    if (peer->world.manner == CONTRACT_CUT) {
        *out_length = length * (size_t)peer->world.cut_percent / 100;
    } else if (peer->world.manner == CONTRACT_HANGS) {
        *out_length = 0;
    }
    return bytes;
}

struct contract_peer *contract_peer_start(const struct contract_world *world,
                                          contract_answer *answer)
{
    static const enum test_server_manner manners[] = {
        [CONTRACT_GOOD] = SERVER_KEEPS,  [CONTRACT_PARTIAL] = SERVER_KEEPS,
        [CONTRACT_CUT] = SERVER_CLOSES,  [CONTRACT_SLOW] = SERVER_DRIPS,
        [CONTRACT_HANGS] = SERVER_HANGS,
    };
    struct contract_peer *peer = calloc(1, sizeof(*peer));
    if (!peer) {
        fail("no memory", "contract_peer_start");
    }
    peer->world = *world;
    peer->answer = answer;
    peer->server = test_server_start_with(respond, peer, manners[world->manner]);
    return peer;
}

void contract_peer_show(struct contract_peer *peer, const struct contract_world *world)
{
    peer->world = *world;
}

const char *contract_peer_url(struct contract_peer *peer)
{
    return test_server_url(peer->server, "");
}

void contract_peer_stop(struct contract_peer *peer)
{
    test_server_stop(peer->server);
    free(peer);
}
