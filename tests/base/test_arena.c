#include "base/arena.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdalign.h>
#include <string.h>

Test(arena, pieces_are_aligned_zeroed_and_apart)
{
    owned(arena) arena = arena_create();
    unsigned char *pieces[200] = {NULL};
    for (size_t i = 0; i < ARRAY_LENGTH(pieces); i++) {
        cr_assert(ne(ptr, arena_copy_text(arena, (struct text_view)TEXT_VIEW("odd")), NULL));
        pieces[i] = arena_allocate(arena, i);
        cr_assert(eq(sz, (size_t)((uintptr_t)pieces[i] % alignof(max_align_t)), 0));
        for (size_t j = 0; j < i; j++) {
            cr_assert(eq(u8, pieces[i][j], 0));
        }
        memset(pieces[i], (int)i, i);
    }
    for (size_t i = 1; i < ARRAY_LENGTH(pieces); i++) {
        cr_assert(eq(u8, pieces[i][0], (uint8_t)i));
        cr_assert(eq(u8, pieces[i][i - 1], (uint8_t)i));
    }
}

Test(arena, takes_pieces_larger_than_a_chunk)
{
    owned(arena) arena = arena_create();
    unsigned char *large = arena_allocate(arena, 100000);
    cr_assert(ne(ptr, large, NULL));
    large[99999] = 1;
    cr_assert(eq(ptr, arena_allocate(arena, SIZE_MAX - 8), NULL));
    cr_assert(eq(ptr, arena_copy_text(arena, (struct text_view){"x", SIZE_MAX}), NULL));
}

Test(arena, reports_missing_memory)
{
    owned(arena) arena = arena_create();
    memory_fail_after(1);
    cr_assert(eq(ptr, arena_allocate(arena, 8), NULL));
    cr_assert(eq(ptr, arena_create(), NULL));
    memory_fail_after(0);
    cr_assert(ne(ptr, arena_allocate(arena, 8), NULL));
}
