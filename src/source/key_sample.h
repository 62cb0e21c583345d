/*
 * A share of the items instead of all, chosen by their keys.
 */
#ifndef SERIN_SOURCE_KEY_SAMPLE_H
#define SERIN_SOURCE_KEY_SAMPLE_H

#include "base/text.h"

#include <stdbool.h>

/*
 * Whether a key is within a share of all keys: hash(key) < rate · 2⁶⁴, by a hash that is the same
 * everywhere, so that both arms, all files and all versions keep the same keys. Rate 1 keeps all.
 */
bool sample_keeps_key(struct text_view key, double rate);

/* The place of a key in [0, 1): those below a rate are kept at that rate. */
double sample_place(struct text_view key);

#endif
