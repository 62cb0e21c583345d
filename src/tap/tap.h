/*
 * What a tap knows: label events of one pod as counters, blocks and a sample of keys, within a
 * memory budget. May be used from several threads at once.
 *
 * Nothing that comes in can make it grow beyond its budget or stop it: what cannot be read is
 * counted by cause, what has no room is counted more coarsely, and how coarse the counts are can be
 * asked for.
 */
#ifndef SERIN_TAP_TAP_H
#define SERIN_TAP_TAP_H

#include "base/memory.h"
#include "base/text.h"
#include "platform/clock.h"
#include "serin/error.h"
#include "tap/event_reader.h"
#include "tap/options.h"
#include "tap/personal_data.h"

#include <stdbool.h>
#include <stdint.h>

struct tap;

/*
 * `options` and `clock` must outlive the tap. Fails with SERIN_INVALID (err->field names the
 * option), whatever reading the secret fails with, and SERIN_NO_MEMORY.
 */
SERIN_MUST_CHECK enum serin_status tap_create(const struct tap_options *options,
                                              const struct clock *clock, struct tap **out,
                                              struct serin_error *err);
void tap_destroy(struct tap *tap); /* NULL is fine */
DEFINE_CLEANUP(tap)

/* ---- events in ------------------------------------------------------------------------------- */

/* Where lines come from; each input has one, so that their pieces do not mix. */
struct tap_intake;

/* NULL when memory is short. */
struct tap_intake *tap_intake_create(struct tap *tap);
void tap_intake_destroy(struct tap_intake *intake); /* NULL is fine */
DEFINE_CLEANUP(tap_intake)

/* Takes the next piece of an input: lines of JSON. Never fails; see the counts of line fates. */
void tap_intake_push(struct tap_intake *intake, const char *bytes, size_t length);
/* The input ends here: what has no line feed yet is a line. */
void tap_intake_finish(struct tap_intake *intake);
/* The input starts anew: what has no line feed yet is lost, and counted. */
void tap_intake_restart(struct tap_intake *intake);

/* Lines taken from this intake so far; blank ones and references are neither. */
struct tap_intake_counts {
    uint64_t counted;
    uint64_t refused;
};
struct tap_intake_counts tap_intake_counts(const struct tap_intake *intake);

/* ---- what it tells --------------------------------------------------------------------------- */

struct tap_counts {
    uint64_t lines[LINE_FATES];
    uint64_t torn;                   /* lines lost because their input started anew */
    uint64_t events;                 /* sum of the counts of all lines counted */
    uint64_t not_allowed;            /* labels and references that became (other) by the rules */
    uint64_t masked[PERSONAL_KINDS]; /* texts that became (masked), by kind */
    uint64_t late;                   /* events older than the blocks that are kept */
    uint64_t sampled_out;            /* events that blocks leave out to keep within the budget */
    uint64_t keys_dropped;           /* sampled keys for which there was no memory */
    uint64_t unsent;                 /* events that the outbox had no room for */
    uint64_t time_unreadable;        /* events with a time that is none */
};

enum tap_part { TAP_PART_COUNTERS, TAP_PART_BLOCKS, TAP_PART_KEYS, TAP_PART_OUTBOX };
enum { TAP_PARTS = TAP_PART_OUTBOX + 1 };
const char *tap_part_name(enum tap_part part); /* "counters", "blocks", "keys", "outbox" */

struct tap_usage {
    uint64_t folded; /* events counted under (other) because counters have no room */
    uint64_t series;
    double block_rate;         /* share of the events that blocks count */
    double key_rate;           /* share of the keys that are sampled */
    int64_t block_ms;          /* width of a bucket by now */
    size_t bytes[TAP_PARTS];   /* held, by part */
    size_t budgets[TAP_PARTS]; /* at most */
};

void tap_read_counts(struct tap *tap, struct tap_counts *out);
void tap_read_usage(struct tap *tap, struct tap_usage *out);

#endif
