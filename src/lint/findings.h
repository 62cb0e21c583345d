/*
 * Findings while they are collected.
 */
#ifndef SERIN_LINT_FINDINGS_H
#define SERIN_LINT_FINDINGS_H

#include "lint/lint.h"

#include <stdbool.h>

/* Beyond so many a file is another kind of file. */
enum { FINDINGS_MAX = 1000 };

struct findings {
    struct lint_finding *list;
    size_t count;
    size_t capacity;
    bool out_of_memory;
};

/* `format` makes the detail; what does not fit is cut. */
void findings_add(struct findings *findings, const struct lint_trap *trap, struct node_position at,
                  const char *format, ...) __attribute__((format(printf, 4, 5)));

void findings_sort(struct findings *findings);

#endif
