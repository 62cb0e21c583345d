/*
 * What a file descriptor's reader can show: colour, width, redrawn lines.
 */
#ifndef SERIN_PLATFORM_TERMINAL_H
#define SERIN_PLATFORM_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>

struct terminal {
    bool is_terminal; /* lines may be redrawn in place */
    bool colour;      /* a terminal, TERM is not "dumb", NO_COLOR is absent or empty */
    size_t columns;   /* width; 80 when unknown */
};

/* Looks at the descriptor and the environment (NO_COLOR, TERM, COLUMNS). */
struct terminal terminal_inspect(int fd);

#endif
