#include "base/hash.h"
#include "base/siphash_vectors.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>

static struct hash_key counting_key(void)
{
    struct hash_key key;
    for (size_t i = 0; i < sizeof(key.bytes); i++) {
        key.bytes[i] = (uint8_t)i;
    }
    return key;
}

Test(hash, equals_the_published_siphash_vectors)
{
    struct hash_key key = counting_key();
    uint8_t bytes[64];
    for (size_t length = 0; length < sizeof(bytes); length++) {
        bytes[length] = (uint8_t)length;
        cr_assert(eq(u64, hash_siphash64(&key, bytes, length), siphash64_vectors[length]),
                  "length %zu", length);
        struct hash128 wide = hash_siphash128(&key, bytes, length);
        cr_assert(eq(u64, wide.low, siphash128_vectors[length][0]), "length %zu", length);
        cr_assert(eq(u64, wide.high, siphash128_vectors[length][1]), "length %zu", length);
    }
}

Test(hash, depends_on_every_byte_of_the_key)
{
    struct hash_key key = counting_key();
    uint64_t hash = hash_siphash64(&key, "label", 5);
    for (size_t i = 0; i < sizeof(key.bytes); i++) {
        struct hash_key other = key;
        other.bytes[i] ^= 1;
        cr_assert(ne(u64, hash_siphash64(&other, "label", 5), hash), "byte %zu", i);
    }
}

Test(hash, takes_unaligned_bytes_and_none_at_all)
{
    struct hash_key key = counting_key();
    const char text[] = "xreference";
    char aligned[16] = {0};
    memcpy(aligned, text + 1, 9);
    cr_assert(eq(u64, hash_siphash64(&key, text + 1, 9), hash_siphash64(&key, aligned, 9)));
    cr_assert(eq(u64, hash_siphash64(&key, NULL, 0), siphash64_vectors[0]));
}
