#include "platform/digest.h"

#include "base/memory.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>

/* Vectors of FIPS 180-4. */
Test(digest, matches_the_published_vectors)
{
    static const struct {
        const char *text;
        const char *hex;
    } cases[] = {
        {"",                                                         "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
        {"abc",                                                      "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
        {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
         "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"                                                            },
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        char hex[SHA256_HEX_SIZE];
        cr_assert(
            eq(int, digest_sha256_hex(cases[i].text, strlen(cases[i].text), hex, NULL), SERIN_OK));
        cr_assert(eq(str, hex, (char *)cases[i].hex));
    }
}

Test(digest, equality_looks_at_every_byte)
{
    cr_assert(digest_equal("abcd", "abcd", 4));
    cr_assert(digest_equal("abcd", "abcX", 3));
    cr_assert(not(digest_equal("Xbcd", "abcd", 4)));
    cr_assert(not(digest_equal("abcX", "abcd", 4)));
    cr_assert(digest_equal("a", "b", 0));
}

Test(random, identifiers_are_hexadecimal_and_differ)
{
    char first[33];
    char second[33];
    cr_assert(eq(int, random_hex(first, 16, NULL), SERIN_OK));
    cr_assert(eq(int, random_hex(second, 16, NULL), SERIN_OK));
    cr_assert(eq(sz, strspn(first, "0123456789abcdef"), 32));
    cr_assert(ne(str, first, second));
}

Test(random, an_identifier_of_absurd_length_is_a_bug)
{
    char unused[1];
    struct serin_error err = {.status = SERIN_OK};
    cr_assert(eq(int, random_hex(unused, 65, &err), SERIN_BUG));
}
