#include "base/arena.h"

#include <stdalign.h>
#include <string.h>

enum {
    CHUNK_SIZE = 4096 /* bytes at least, so that a small document takes one allocation */
};

struct chunk {
    struct chunk *next;
    size_t used;
    size_t size;
    alignas(max_align_t) char bytes[];
};

struct arena {
    struct chunk *chunks; /* the newest first; only it is filled further */
};

struct arena *arena_create(void)
{
    return memory_allocate(1, sizeof(struct arena));
}

void arena_destroy(struct arena *arena)
{
    if (!arena) {
        return;
    }
    struct chunk *chunk = arena->chunks;
    while (chunk) {
        struct chunk *next = chunk->next;
        memory_free(chunk);
        chunk = next;
    }
    memory_free(arena);
}

static struct chunk *add_chunk(struct arena *arena, size_t size)
{
    size_t room = size > CHUNK_SIZE ? size : CHUNK_SIZE;
    size_t bytes = 0;
    if (__builtin_add_overflow(room, sizeof(struct chunk), &bytes)) {
        return NULL;
    }
    struct chunk *chunk = memory_allocate(1, bytes);
    if (chunk) {
        chunk->next = arena->chunks;
        chunk->size = room;
        arena->chunks = chunk;
    }
    return chunk;
}

static void *take(struct arena *arena, size_t size, size_t alignment)
{
    struct chunk *chunk = arena->chunks;
    size_t gap = chunk ? (alignment - chunk->used % alignment) % alignment : 0;
    if (!chunk || gap > chunk->size - chunk->used || size > chunk->size - chunk->used - gap) {
        chunk = add_chunk(arena, size);
        gap = 0;
    }
    if (!chunk) {
        return NULL;
    }
    void *taken = chunk->bytes + chunk->used + gap;
    chunk->used += gap + size;
    return taken;
}

void *arena_allocate(struct arena *arena, size_t size)
{
    return take(arena, size, alignof(max_align_t));
}

char *arena_copy_text(struct arena *arena, struct text_view text)
{
    char *copy = text.length < SIZE_MAX ? take(arena, text.length + 1, 1) : NULL;
    if (copy && text.length > 0) {
        memcpy(copy, text.start, text.length);
    }
    return copy;
}
