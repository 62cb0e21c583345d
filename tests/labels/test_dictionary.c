#include "labels/dictionary.h"
#include "support/random.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <string.h>

static const struct hash_key key = {
    {1, 2, 3}
};

static uint32_t intern(struct dictionary *dictionary, struct text_view text)
{
    uint32_t id = 12345;
    cr_assert(eq(int, dictionary_intern(dictionary, text, &id), SERIN_OK));
    return id;
}

static uint32_t intern_text(struct dictionary *dictionary, const char *text)
{
    return intern(dictionary, text_view_of(text));
}

Test(dictionary, ids_count_up_in_order_of_first_appearance)
{
    owned(dictionary) dictionary = dictionary_create(100, &key);
    cr_assert(eq(u32, intern_text(dictionary, "beta"), 0));
    cr_assert(eq(u32, intern_text(dictionary, "alpha"), 1));
    cr_assert(eq(u32, intern_text(dictionary, "beta"), 0));
    cr_assert(eq(u32, intern_text(dictionary, ""), 2));
    cr_assert(eq(u32, intern_text(dictionary, ""), 2));
    cr_assert(eq(sz, dictionary_size(dictionary), 3));
    cr_assert(eq(str, (char *)dictionary_text(dictionary, 1).start, "alpha"));
    cr_assert(not(dictionary_capped(dictionary)));
}

/* Texts that a hash of head, tail and length alone would take for one another. */
Test(dictionary, tells_apart_texts_that_look_alike_from_both_ends)
{
    static const char *const texts[] = {
        "a",
        "aa",
        "aaa",
        "aaaa",
        "aaaaa",
        "aaaaaaa",
        "aaaaaaaa",
        "aaaaaaaaa",
        "aaaaaaaaaaaaaaaa",
        "aaaaaaaaaaaaaaaaa",
        "aaaaaaaabbbbbbbbb_aaaaaaaa",
        "aaaaaaaabbbbbbbbc_aaaaaaaa",
        "aaaaaaaab_bbbbbbbbaaaaaaaa",
        "aaaaaaaacbbbbbbbbbbbbbbbbbbbbbbbaaaaaaaa",
        "aaaaaaaadbbbbbbbbbbbbbbbbbbbbbbbaaaaaaaa",
    };
    /* Under some key any two of them fall on the same place of the table of recent texts. */
    for (uint16_t seed = 0; seed < 1000; seed++) {
        const struct hash_key seeded = {
            {(uint8_t)seed, (uint8_t)(seed >> 8)}
        };
        owned(dictionary) dictionary = dictionary_create(100, &seeded);
        for (size_t i = 0; i < 2 * ARRAY_LENGTH(texts); i++) {
            size_t text = i % ARRAY_LENGTH(texts);
            cr_assert(eq(sz, intern_text(dictionary, texts[text]), text), "%s", texts[text]);
        }
    }
}

Test(dictionary, texts_may_hold_zero_bytes)
{
    owned(dictionary) dictionary = dictionary_create(100, &key);
    cr_assert(eq(u32, intern(dictionary, (struct text_view)TEXT_VIEW("a\0b")), 0));
    cr_assert(eq(u32, intern(dictionary, (struct text_view)TEXT_VIEW("a\0c")), 1));
    cr_assert(eq(u32, intern(dictionary, (struct text_view)TEXT_VIEW("a")), 2));
    cr_assert(eq(sz, dictionary_text(dictionary, 1).length, 3));
}

Test(dictionary, finds_every_one_of_many_texts_whatever_the_key)
{
    enum { COUNT = 50000 };
    for (uint8_t seed = 0; seed < 3; seed++) {
        const struct hash_key seeded = {{seed}};
        owned(dictionary) dictionary = dictionary_create(COUNT, &seeded);
        char text[32];
        for (uint32_t i = 0; i < COUNT; i++) {
            (void)snprintf(text, sizeof(text), "label-%u", i * 2654435761u);
            cr_assert(eq(u32, intern_text(dictionary, text), i));
        }
        struct random random = {7};
        for (size_t round = 0; round < COUNT; round++) {
            uint32_t wanted = (uint32_t)random_below(&random, COUNT);
            uint32_t found = 0;
            (void)snprintf(text, sizeof(text), "label-%u", wanted * 2654435761u);
            cr_assert(dictionary_find(dictionary, text_view_of(text), &found));
            cr_assert(eq(u32, found, wanted));
            cr_assert(eq(u32, intern_text(dictionary, text), wanted));
        }
        cr_assert(not(dictionary_capped(dictionary)));
    }
}

Test(dictionary, texts_beyond_the_cap_are_folded_and_flagged)
{
    owned(dictionary) dictionary = dictionary_create(2, &key);
    uint32_t id = 77;
    cr_assert(eq(u32, intern_text(dictionary, "a"), 0));
    cr_assert(eq(u32, intern_text(dictionary, "b"), 1));
    cr_assert(not(dictionary_capped(dictionary)));
    cr_assert(eq(u32, intern_text(dictionary, "c"), DICTIONARY_OTHER));
    cr_assert(dictionary_capped(dictionary));
    cr_assert(eq(u32, intern_text(dictionary, "a"), 0));
    cr_assert(eq(sz, dictionary_size(dictionary), 2));
    cr_assert(not(dictionary_find(dictionary, text_view_of("c"), &id)));
    cr_assert(eq(u32, id, 77));
}

Test(dictionary, an_empty_dictionary_finds_nothing)
{
    owned(dictionary) dictionary = dictionary_create(0, &key);
    uint32_t id = 0;
    cr_assert(not(dictionary_find(dictionary, text_view_of("a"), &id)));
    cr_assert(eq(u32, intern_text(dictionary, "a"), DICTIONARY_OTHER));
}

/* Interns until the allocator fails; what was there before must still be there. */
static bool intern_all(struct dictionary *dictionary, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        char text[32];
        uint32_t id = UINT32_MAX;
        (void)snprintf(text, sizeof(text), "text %u", i);
        if (dictionary_intern(dictionary, text_view_of(text), &id) != SERIN_OK) {
            cr_assert(eq(u32, id, UINT32_MAX));
            cr_assert(eq(sz, dictionary_size(dictionary), i));
            return false;
        }
        cr_assert(eq(u32, id, i));
    }
    return true;
}

Test(dictionary, survives_every_failed_allocation)
{
    enum { COUNT = 700 };
    bool done = false;
    for (uint64_t failing = 1; !done; failing++) {
        memory_fail_after(failing);
        owned(dictionary) dictionary = dictionary_create(COUNT, &key);
        done = dictionary && intern_all(dictionary, COUNT);
        memory_fail_after(0);
        cr_assert(dictionary == NULL || intern_all(dictionary, COUNT));
        cr_assert(lt(u64, failing, 1000));
    }
}
