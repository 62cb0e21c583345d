/*
 * Keyed hashes: SipHash-2-4, with 64 and with 128 bits.
 *
 * With a key that nobody outside knows, an attacker can neither provoke collisions in a hash table
 * nor recognise a hashed item key. Same key and bytes, same hash, on every machine.
 * Source: Aumasson & Bernstein, "SipHash: a fast short-input PRF", INDOCRYPT 2012; the 128-bit
 * variant as in the authors' reference implementation.
 */
#ifndef SERIN_BASE_HASH_H
#define SERIN_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

struct hash_key {
    uint8_t bytes[16];
};

struct hash128 {
    uint64_t low;  /* the first 8 bytes of the hash, little-endian */
    uint64_t high; /* the last 8 */
};

uint64_t hash_siphash64(const struct hash_key *key, const void *bytes, size_t length);

struct hash128 hash_siphash128(const struct hash_key *key, const void *bytes, size_t length);

#endif
