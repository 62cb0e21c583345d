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

/* RFC 4231, test cases 1, 2 and 6. */
Test(digest, keyed_codes_are_those_of_the_standard)
{
    static char long_key[131];
    memset(long_key, 0xaa, sizeof(long_key));
    const struct {
        const char *key;
        size_t key_length;
        const char *text;
        uint8_t start[4];
    } cases[] = {
        {"\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b",
         20,                                                                                    "Hi There",
         {0xb0, 0x34, 0x4c, 0x61}                                                                                                                                                 },
        {"Jefe",                                                                             4, "what do ya want for nothing?",                           {0x5b, 0xdc, 0xc1, 0x46}},
        {long_key,
         131,                                                                                   "Test Using Larger Than Block-Size Key - Hash Key First",
         {0x60, 0xe4, 0x31, 0x59}                                                                                                                                                 },
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        owned(keyed_digest) digest = NULL;
        uint8_t code[SHA256_BYTES];
        cr_assert(eq(int, keyed_digest_create(cases[i].key, cases[i].key_length, &digest, NULL),
                     SERIN_OK));
        for (int round = 0; round < 2; round++) {
            cr_assert(eq(
                int, keyed_digest_compute(digest, cases[i].text, strlen(cases[i].text), code, NULL),
                SERIN_OK));
            cr_assert(eq(int, memcmp(code, cases[i].start, 4), 0), "case %zu", i);
        }
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
