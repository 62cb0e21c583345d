/*
 * SHA-256, with and without a secret, comparison in constant time and random bytes.
 */
#ifndef SERIN_PLATFORM_DIGEST_H
#define SERIN_PLATFORM_DIGEST_H

#include "base/memory.h"
#include "serin/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SHA256_BYTES = 32, SHA256_HEX_SIZE = 65 }; /* 64 lower-case digits and a zero */

/*
 * SHA-256 of `length` bytes in lower-case hexadecimal. Fails with SERIN_BUG only: when the crypto
 * library does not work here at all.
 */
SERIN_MUST_CHECK enum serin_status digest_sha256_hex(const void *bytes, size_t length,
                                                     char out[SHA256_HEX_SIZE],
                                                     struct serin_error *err);

/*
 * HMAC-SHA256 (RFC 2104) under one secret: who does not know it can neither compute the code of a
 * text nor try which text a code belongs to. Used by one thread at a time.
 */
struct keyed_digest;
SERIN_MUST_CHECK enum serin_status keyed_digest_create(const void *secret, size_t length,
                                                       struct keyed_digest **out,
                                                       struct serin_error *err);
void keyed_digest_destroy(struct keyed_digest *digest); /* NULL is fine */
DEFINE_CLEANUP(keyed_digest)

/* The code of `length` bytes. Fails with SERIN_BUG only, as above. */
SERIN_MUST_CHECK enum serin_status keyed_digest_compute(struct keyed_digest *digest,
                                                        const void *bytes, size_t length,
                                                        uint8_t out[SHA256_BYTES],
                                                        struct serin_error *err);

/* Whether `length` bytes are equal; takes equally long wherever they differ. */
bool digest_equal(const void *a, const void *b, size_t length);

/* Fills `out` with bytes from the kernel's generator. Fails with SERIN_UNAVAILABLE. */
SERIN_MUST_CHECK enum serin_status random_bytes(void *out, size_t length, struct serin_error *err);

/* A fresh random identifier of 2 × bytes lower-case hexadecimal digits and a zero. */
SERIN_MUST_CHECK enum serin_status random_hex(char *out, size_t bytes, struct serin_error *err);

#endif
