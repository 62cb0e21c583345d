/*
 * The demo's real label streams: one row per handwritten digit, with the label that each model gave
 * it. Where they come from: demo/SOURCE.md.
 */
#ifndef SERIN_CMD_DEMO_STREAMS_H
#define SERIN_CMD_DEMO_STREAMS_H

#include "base/memory.h"
#include "serin/error.h"

#include <stddef.h>

enum demo_model { MODEL_STABLE, MODEL_GOOD, MODEL_BROKEN, MODEL_COLLAPSED };
enum { DEMO_MODELS = 4, DEMO_KEY_SIZE = 12 };

struct demo_item {
    char key[DEMO_KEY_SIZE];
    char reference; /* '0' … '9' */
    char labels[DEMO_MODELS];
};

struct demo_streams {
    struct demo_item *items;
    size_t count;
};

/* Unpacks the embedded file. The caller frees `out->items` with memory_free. */
SERIN_MUST_CHECK enum serin_status demo_streams_load(struct demo_streams *out,
                                                     struct serin_error *err);

#endif
