#include "lint/findings.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void findings_add(struct findings *findings, const struct lint_trap *trap, struct node_position at,
                  const char *format, ...)
{
    enum serin_status status =
        memory_grow((void **)&findings->list, &findings->capacity, findings->count + 1,
                    sizeof(*findings->list), FINDINGS_MAX);
    if (status != SERIN_OK) {
        findings->out_of_memory = findings->out_of_memory || status == SERIN_NO_MEMORY;
        return;
    }
    struct lint_finding *finding = &findings->list[findings->count++];
    finding->trap = trap;
    finding->at = at;
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(finding->detail, sizeof(finding->detail), format, arguments);
    va_end(arguments);
}

static int by_place(const void *left, const void *right)
{
    const struct lint_finding *a = left;
    const struct lint_finding *b = right;
    if (a->at.line != b->at.line) {
        return a->at.line < b->at.line ? -1 : 1;
    }
    if (a->at.column != b->at.column) {
        return a->at.column < b->at.column ? -1 : 1;
    }
    return strcmp(a->trap->name, b->trap->name);
}

void findings_sort(struct findings *findings)
{
    if (findings->count > 1) {
        qsort(findings->list, findings->count, sizeof(*findings->list), by_place);
    }
}
