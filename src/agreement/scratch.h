/*
 * Working memory of one call: on the stack while it is small, so that usual tables allocate
 * nothing.
 */
#ifndef SERIN_AGREEMENT_SCRATCH_H
#define SERIN_AGREEMENT_SCRATCH_H

#include <stddef.h>

struct scratch {
    void *heap;
    _Alignas(max_align_t) unsigned char nearby[4096];
};

/* Runs scratch_clear when the name leaves scope; only heap is initialized. */
#define scratch_scope __attribute__((cleanup(scratch_clear))) struct scratch

void scratch_init(struct scratch *scratch);
void scratch_clear(struct scratch *scratch);

/* Uninitialized memory for count items, once per scratch; NULL when there is none. */
void *scratch_take(struct scratch *scratch, size_t count, size_t size);

#endif
