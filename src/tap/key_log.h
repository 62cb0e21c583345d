/*
 * A sample of the items that were labelled, by hashed key, for a short time and within a fixed
 * number of bytes.
 *
 * The sample is coordinated: which keys are in it depends on the keys and the rate alone, so that
 * two pods that see the same items sample the same ones. When the room is used up the rate is
 * halved, and what the new one leaves out is dropped at once.
 */
#ifndef SERIN_TAP_KEY_LOG_H
#define SERIN_TAP_KEY_LOG_H

#include "base/hash.h"
#include "base/memory.h"
#include "serin/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct key_log;

struct key_log_options {
    size_t bytes;
    double rate;          /* share of the keys, 0 to 1; 0: none is kept */
    int64_t retention_ms; /* older items are dropped */
};

struct kept_key {
    struct hash128 key; /* under the secret */
    double place;       /* of the key in [0, 1); see sample_place */
    int64_t time_ms;
    uint64_t count;
    uint32_t cell;
};

/* NULL when memory is short. */
struct key_log *key_log_create(const struct key_log_options *options);
void key_log_destroy(struct key_log *log); /* NULL is fine */
DEFINE_CLEANUP(key_log)

/* Whether an item with a key at this place belongs to the sample, before its key is hashed. */
bool key_log_keeps(const struct key_log *log, double place);

/* Adds such an item. False when memory is short: then it is missing. */
bool key_log_add(struct key_log *log, const struct kept_key *item, int64_t now_ms);

size_t key_log_size(const struct key_log *log);
/* In the order of arrival, from 0. */
const struct kept_key *key_log_item(const struct key_log *log, size_t index);
double key_log_rate(const struct key_log *log);
size_t key_log_bytes(const struct key_log *log);

#endif
