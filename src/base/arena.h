/*
 * Memory that is taken piece by piece and freed all at once.
 */
#ifndef SERIN_BASE_ARENA_H
#define SERIN_BASE_ARENA_H

#include "base/memory.h"
#include "base/text.h"

#include <stddef.h>

struct arena;

/* NULL when memory is out. */
struct arena *arena_create(void) __attribute__((warn_unused_result));

/* Frees the arena and everything taken from it; NULL is fine. */
void arena_destroy(struct arena *arena);
DEFINE_CLEANUP(arena)

/* Zeroed memory for any type, or NULL. It lives as long as the arena. */
void *arena_allocate(struct arena *arena, size_t size) __attribute__((warn_unused_result));

/* A copy of the text with a zero byte behind it, or NULL. */
char *arena_copy_text(struct arena *arena, struct text_view text)
    __attribute__((warn_unused_result));

#endif
