#include "base/hash.h"

enum { COMPRESSION_ROUNDS = 2, FINAL_ROUNDS = 4 };

/* The four words of state, named as in the paper. */
struct sip_state {
    uint64_t v0, v1, v2, v3;
};

static uint64_t rotate_left(uint64_t word, unsigned bits)
{
    return word << bits | word >> (64 - bits);
}

static uint64_t read_little_endian(const uint8_t *bytes, size_t count)
{
    uint64_t word = 0;
    for (size_t i = 0; i < count; i++) {
        word |= (uint64_t)bytes[i] << (8 * i);
    }
    return word;
}

static inline void sip_rounds(struct sip_state *s, int count)
{
    for (int i = 0; i < count; i++) {
        s->v0 += s->v1;
        s->v2 += s->v3;
        s->v1 = rotate_left(s->v1, 13) ^ s->v0;
        s->v3 = rotate_left(s->v3, 16) ^ s->v2;
        s->v0 = rotate_left(s->v0, 32);
        s->v2 += s->v1;
        s->v0 += s->v3;
        s->v1 = rotate_left(s->v1, 17) ^ s->v2;
        s->v3 = rotate_left(s->v3, 21) ^ s->v0;
        s->v2 = rotate_left(s->v2, 32);
    }
}

static void sip_start(struct sip_state *s, const struct hash_key *key)
{
    uint64_t k0 = read_little_endian(key->bytes, 8);
    uint64_t k1 = read_little_endian(key->bytes + 8, 8);
    s->v0 = k0 ^ UINT64_C(0x736f6d6570736575);
    s->v1 = k1 ^ UINT64_C(0x646f72616e646f6d);
    s->v2 = k0 ^ UINT64_C(0x6c7967656e657261);
    s->v3 = k1 ^ UINT64_C(0x7465646279746573);
}

static inline void sip_compress(struct sip_state *s, uint64_t word)
{
    s->v3 ^= word;
    sip_rounds(s, COMPRESSION_ROUNDS);
    s->v0 ^= word;
}

static void sip_absorb(struct sip_state *s, const uint8_t *bytes, size_t length)
{
    size_t whole = length - length % 8;
    for (size_t at = 0; at < whole; at += 8) {
        sip_compress(s, read_little_endian(bytes + at, 8));
    }
    /* The last word carries the rest and, on top, the length modulo 256. */
    uint64_t rest = length > whole ? read_little_endian(bytes + whole, length - whole) : 0;
    sip_compress(s, rest | (uint64_t)length << 56);
}

static uint64_t sip_finish(struct sip_state *s)
{
    sip_rounds(s, FINAL_ROUNDS);
    return s->v0 ^ s->v1 ^ s->v2 ^ s->v3;
}

uint64_t hash_siphash64(const struct hash_key *key, const void *bytes, size_t length)
{
    struct sip_state s;
    sip_start(&s, key);
    sip_absorb(&s, bytes, length);
    s.v2 ^= 0xFF;
    return sip_finish(&s);
}

struct hash128 hash_siphash128(const struct hash_key *key, const void *bytes, size_t length)
{
    struct sip_state s;
    sip_start(&s, key);
    s.v1 ^= 0xEE;
    sip_absorb(&s, bytes, length);
    s.v2 ^= 0xEE;
    uint64_t low = sip_finish(&s);
    s.v1 ^= 0xDD;
    uint64_t high = sip_finish(&s);
    return (struct hash128){low, high};
}
