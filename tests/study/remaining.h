/*
 * Progress of a long run on standard error: a bar with the time that is left on a terminal, a line
 * now and then elsewhere.
 */
#ifndef SERIN_STUDY_REMAINING_H
#define SERIN_STUDY_REMAINING_H

#include "platform/clock.h"

#include <stdbool.h>
#include <stddef.h>

struct remaining {
    const char *label;
    size_t total;
    size_t done;
    size_t at_start; /* done before the clock started */
    struct monotonic_time started;
    struct monotonic_time shown;
    bool is_terminal;
    bool is_quiet;
    bool is_bar; /* a bar stands on the line */
};

void remaining_begin(struct remaining *remaining, const char *label, size_t total, bool is_quiet);

/* One more is done; `is_free`: it took no time, for it was done before. */
void remaining_advance(struct remaining *remaining, bool is_free);

/* Wipes the bar. */
void remaining_end(struct remaining *remaining);

#endif
