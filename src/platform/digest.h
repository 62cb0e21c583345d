/*
 * SHA-256, comparison in constant time and random bytes.
 */
#ifndef SERIN_PLATFORM_DIGEST_H
#define SERIN_PLATFORM_DIGEST_H

#include "serin/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SHA256_HEX_SIZE = 65 }; /* 64 lower-case digits and a zero */

/*
 * SHA-256 of `length` bytes in lower-case hexadecimal. Fails with SERIN_BUG only: when the crypto
 * library does not work here at all.
 */
SERIN_MUST_CHECK enum serin_status digest_sha256_hex(const void *bytes, size_t length,
                                                     char out[SHA256_HEX_SIZE],
                                                     struct serin_error *err);

/* Whether `length` bytes are equal; takes equally long wherever they differ. */
bool digest_equal(const void *a, const void *b, size_t length);

/* Fills `out` with bytes from the kernel's generator. Fails with SERIN_UNAVAILABLE. */
SERIN_MUST_CHECK enum serin_status random_bytes(void *out, size_t length, struct serin_error *err);

/* A fresh random identifier of 2 × bytes lower-case hexadecimal digits and a zero. */
SERIN_MUST_CHECK enum serin_status random_hex(char *out, size_t bytes, struct serin_error *err);

#endif
