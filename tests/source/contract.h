/*
 * The contract that every source is held to, and what a source brings for that.
 *
 * test_contract.c walks drivers.c and runs the same expectations against each row. A source takes
 * part by a `struct contract_fixture` in test_contract_<type>.c and a row in test_contract.c;
 * without one the test fails. The fixture makes the place that the source reads from hold given
 * label events, and where that place is another program, behave in given manners.
 */
#ifndef SERIN_TESTS_SOURCE_CONTRACT_H
#define SERIN_TESTS_SOURCE_CONTRACT_H

#include "base/json_writer.h"
#include "source/peer.h"
#include "source/source.h"

/* The question that is always asked: ten minutes up to here, 2026-01-31T12:00:00Z. */
#define CONTRACT_NOW_MS    INT64_C(1769860800000)
#define CONTRACT_WINDOW_MS INT64_C(600000)

/* What each source's stream is called and made of; fixtures give these names to what they write. */
extern const struct stream contract_stream;

/* The two arms that are asked about; one of them is a text that tries to leave its quotes. */
extern const char *const contract_arms[ARM_COUNT];

/* `count` label events at one time. Those of one pod come in the order of time. */
struct contract_event {
    const char *arm;
    const char *pod;
    const char *label;
    const char *reference; /* NULL: none */
    const char *region;    /* a slice; NULL: none */
    int64_t time_ms;
    uint64_t count;
    bool restarted; /* the pod's process began anew just before */
};

enum contract_manner {
    CONTRACT_GOOD,
    CONTRACT_PARTIAL, /* answers, and says in its own way that something is missing */
    CONTRACT_CUT,     /* what it sends or holds ends early, after `cut_percent` of it */
    CONTRACT_SLOW,    /* sends a few bytes now and then, all of them in the end */
    CONTRACT_HANGS    /* takes the question and answers nothing */
};

struct contract_world {
    const struct contract_event *events;
    size_t count;
    enum contract_manner manner;
    int cut_percent;
};

struct contract_fixture {
    const char *type;
    bool is_remote;  /* another program answers: it plays every manner */
    bool can_be_cut; /* what is read can end early */

    /*
     * Opens the source over a world, borrowed until close; ends the test when it cannot. `*out` is
     * the fixture's own.
     */
    void (*open)(const struct contract_world *world, void **out);
    void *(*state)(void *fixture); /* what the driver's functions take */
    /* More events came: the world now holds others, of which those shown before are the first. */
    void (*show)(void *fixture, const struct contract_world *world);
    void (*close)(void *fixture);
};

/* ---- for fixtures of sources that are asked over HTTP ------------------------------------------
 */

/*
 * The body of an answer to a request's form, appended to `body`. `is_partial`: it has to say that
 * something is missing.
 */
typedef void contract_answer(const struct contract_world *world, const char *form, bool is_partial,
                             struct buffer *body);

/*
 * A source opened over a peer that answers so, in the world's manner. `options` are the driver's,
 * from malloc; they are taken, and `peer`, their part about the peer, is filled in. The other three
 * are a fixture's `state`, `show` and `close`.
 */
void *contract_remote_open(const struct source_driver *driver, const struct contract_world *world,
                           contract_answer *answer, void *options, struct peer_options *peer);
void *contract_remote_state(void *remote);
void contract_remote_show(void *remote, const struct contract_world *world);
void contract_remote_close(void *remote);

/*
 * An answer like those of a Prometheus, up to where the items of its result are written, and what
 * comes after them. `warning` says what is missing; NULL: nothing.
 */
void contract_answer_begin(struct json_writer *writer, struct buffer *body, const char *type,
                           const char *warning);
void contract_answer_end(struct json_writer *writer);

enum { CONTRACT_VALUE_MAX = 8192 };

/* A form's field, decoded; ends the process where it is missing. Returns `out`. */
const char *contract_form_value(const char *form, const char *name, char out[CONTRACT_VALUE_MAX]);

/*
 * The value of the string literal in double quotes after `before` (`hash=`) in a query, read as the
 * other side would: whatever the arm was must come back. Ends the process where there is none.
 */
const char *contract_literal_after(const char *query, const char *before,
                                   char out[CONTRACT_VALUE_MAX]);

/*
 * Events of an arm that are counted together: `out[i]` is the first event with the texts of event
 * i, so that those with out[i] == i stand for a series. The caller's array holds world->count.
 */
void contract_group(const struct contract_world *world, const char *arm, size_t *out);

#endif
