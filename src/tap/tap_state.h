/*
 * What a tap is made of; for the files that read it whole.
 */
#ifndef SERIN_TAP_TAP_STATE_H
#define SERIN_TAP_TAP_STATE_H

#include "platform/digest.h"
#include "tap/block_log.h"
#include "tap/cell_book.h"
#include "tap/key_log.h"
#include "tap/label_rules.h"
#include "tap/tap.h"

#include <pthread.h>

enum { TAP_NAME_MAX = 256 };

struct tap {
    const struct tap_options *options;
    const struct clock *clock;
    char pod[TAP_NAME_MAX + 1];
    uint64_t start_id; /* drawn at the start: another one means that all counts began anew */
    int64_t start_ms;
    size_t budgets[TAP_PARTS];

    pthread_mutex_t mutex; /* guards everything below */
    struct event_reader *reader;
    struct label_rules *rules;
    struct cell_book *book;
    struct block_log *blocks;
    struct key_log *keys;
    struct keyed_digest *digest; /* NULL: no keys are sampled */
    struct block_log *outbox;    /* what is still to be sent; NULL: nothing is sent */
    struct tap_counts counts;
};

/* An empty log of blocks as the tap is told to keep them. NULL when memory is short. */
struct block_log *tap_block_log_create(const struct tap *tap, size_t bytes);

#endif
