/*
 * The demo's cases: which canary meets which traffic, and the verdict that is right.
 */
#ifndef SERIN_CMD_DEMO_CASES_H
#define SERIN_CMD_DEMO_CASES_H

#include "base/buffer.h"
#include "demo_streams.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DEMO_CANARY "6d4b75cb6d"
#define DEMO_STABLE "7c9f8d5b47"

enum { DEMO_LOOKS = 10, DEMO_MINUTES_PER_LOOK = 4 };

struct demo_case {
    const char *name;   /* "good", as on the command line */
    const char *title;  /* "good canary" */
    const char *story;  /* one sentence */
    const char *stream; /* name in the configuration */
    const char *design;
    enum demo_model canary;
    size_t items;          /* of the data set, from the start */
    unsigned canary_share; /* of the traffic, per mille */
    bool is_mirrored;      /* every item goes to both arms */
    bool is_biased;        /* the canary gets half as much again, of some digits only */
    bool has_reference;
    const char *verdict; /* the right one */
    const char *reason;  /* with it, or NULL where any will do */
};

extern const struct demo_case demo_cases[];
extern const size_t demo_case_count;

/* Appends the `streams:` section that declares every case's stream. */
void demo_cases_config(struct buffer *out);

/*
 * Appends what the pods of both arms would push between two looks: the case's items `from` to `to`,
 * as NDJSON. Minutes are compressed: times lie before `now_ms`, but as far apart as in the rollout.
 */
void demo_case_events(const struct demo_case *which, const struct demo_streams *streams,
                      size_t from, size_t to, int64_t now_ms, struct buffer *out);

#endif
