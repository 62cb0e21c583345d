#include "base/memory.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* Test hook: how many allocations of this thread still succeed, plus one; 0 means all do. */
static _Thread_local uint64_t allocations_until_failure;

static bool must_fail(void)
{
    if (allocations_until_failure == 0) {
        return false;
    }
    if (allocations_until_failure == 1) {
        return true;
    }
    allocations_until_failure--;
    return false;
}

void memory_fail_after(uint64_t countdown)
{
    allocations_until_failure = countdown;
}

void *memory_allocate(size_t count, size_t size)
{
    return must_fail() ? NULL : calloc(count > 0 ? count : 1, size);
}

char *memory_copy_text(const char *text, size_t length)
{
    if (length == SIZE_MAX) {
        return NULL;
    }
    char *copy = memory_allocate(length + 1, 1);
    if (copy && length > 0) {
        memcpy(copy, text, length);
    }
    return copy;
}

void memory_free(void *pointer)
{
    free(pointer);
}

void memory_cleanup(void *pointer)
{
    free(*(void **)pointer);
}

static size_t next_capacity(size_t capacity, size_t wanted, size_t limit)
{
    size_t doubled = capacity > limit / 2 ? limit : capacity * 2;
    size_t next = doubled < 8 ? 8 : doubled;
    next = next < wanted ? wanted : next;
    return next > limit ? limit : next;
}

enum serin_status memory_grow(void **items, size_t *capacity, size_t wanted, size_t size,
                              size_t limit)
{
    if (wanted <= *capacity) {
        return SERIN_OK;
    }
    if (wanted > limit) {
        return SERIN_TOO_LARGE;
    }
    size_t next = next_capacity(*capacity, wanted, limit);
    size_t bytes = 0;
    if (__builtin_mul_overflow(next, size, &bytes) || must_fail()) {
        return SERIN_NO_MEMORY;
    }
    char *grown = realloc(*items, bytes);
    if (!grown) {
        return SERIN_NO_MEMORY;
    }
    memset(grown + *capacity * size, 0, (next - *capacity) * size);
    *items = grown;
    *capacity = next;
    return SERIN_OK;
}
