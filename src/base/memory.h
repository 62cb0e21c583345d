/*
 * Ownership and allocation.
 *
 * `owned(T) name` runs `T_cleanup` when the name leaves scope; `give(name)` hands the value on.
 * Allocation goes through the functions below so that tests can let the n-th one fail.
 */
#ifndef SERIN_BASE_MEMORY_H
#define SERIN_BASE_MEMORY_H

#include "serin/error.h"

#include <stddef.h>
#include <stdint.h>

#define ARRAY_LENGTH(array) (sizeof(array) / sizeof((array)[0]))

#define owned(type) __attribute__((cleanup(type##_cleanup))) struct type *

/* Defines the destructor that `owned(type)` calls, from `type_destroy(struct type *)`. */
#define DEFINE_CLEANUP(type)                                                                       \
    static inline void type##_cleanup(struct type **value)                                         \
    {                                                                                              \
        type##_destroy(*value);                                                                    \
    }

/* A plain heap pointer (text, array) freed when its name leaves scope. */
#define owned_memory __attribute__((cleanup(memory_cleanup)))

#define give(pointer)                                                                              \
    (__extension__({                                                                               \
        __auto_type given = (pointer);                                                             \
        (pointer) = NULL;                                                                          \
        given;                                                                                     \
    }))

#ifdef __clang_analyzer__
/* The static analyzer sees one file at a time: without this it thinks a failure may be SERIN_OK. */
#define serin_fail(err, status, ...) ((void)(serin_fail)((err), (status), __VA_ARGS__), (status))
#endif

/* Returns from the calling function when `expression` is not SERIN_OK: the one hidden return. */
#define TRY(expression)                                                                            \
    do {                                                                                           \
        enum serin_status try_status = (expression);                                               \
        if (try_status != SERIN_OK) {                                                              \
            return try_status;                                                                     \
        }                                                                                          \
    } while (0)

/* Zeroed memory for `count` items of `size` bytes, or NULL (also when the product overflows). */
void *memory_allocate(size_t count, size_t size) __attribute__((malloc, warn_unused_result));

/* A copy of `length` bytes with a terminating zero added, or NULL. */
char *memory_copy_text(const char *text, size_t length) __attribute__((malloc, warn_unused_result));

/* Frees; NULL is fine. */
void memory_free(void *pointer);

/*
 * Makes room for `wanted` items of `size` bytes in `*items`, whose capacity is `*capacity` items,
 * by at least doubling, never beyond `limit` items. New items are zeroed.
 * Fails with SERIN_TOO_LARGE beyond the limit and SERIN_NO_MEMORY; then nothing has changed.
 */
SERIN_MUST_CHECK enum serin_status memory_grow(void **items, size_t *capacity, size_t wanted,
                                               size_t size, size_t limit);

/* The destructor of owned_memory. `pointer` is the address of the variable. */
void memory_cleanup(void *pointer);

/*
 * Lets allocation number `countdown` from now fail, and every one after it; 0 ends that.
 * For tests only; per thread.
 */
void memory_fail_after(uint64_t countdown);

#endif
