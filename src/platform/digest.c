#include "platform/digest.h"

#include <errno.h>
#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <string.h>
#include <sys/random.h>

enum { RANDOM_HEX_MAX = 64 };

struct keyed_digest {
    gnutls_hmac_hd_t hmac;
};

static void write_hex(const uint8_t *bytes, size_t length, char *out)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < length; i++) {
        out[2 * i] = digits[bytes[i] >> 4];
        out[2 * i + 1] = digits[bytes[i] & 0x0F];
    }
    out[2 * length] = '\0';
}

enum serin_status digest_sha256_hex(const void *bytes, size_t length, char out[SHA256_HEX_SIZE],
                                    struct serin_error *err)
{
    uint8_t digest[SHA256_BYTES];
    int result = gnutls_hash_fast(GNUTLS_DIG_SHA256, length > 0 ? bytes : "", length, digest);
    if (result < 0) {
        return serin_fail(err, SERIN_BUG, "GnuTLS cannot compute SHA-256: %s",
                          gnutls_strerror(result));
    }
    write_hex(digest, sizeof(digest), out);
    return SERIN_OK;
}

static enum serin_status hmac_failed(int result, struct serin_error *err)
{
    return serin_fail(err, SERIN_BUG, "GnuTLS cannot compute HMAC-SHA256: %s",
                      gnutls_strerror(result));
}

enum serin_status keyed_digest_create(const void *secret, size_t length, struct keyed_digest **out,
                                      struct serin_error *err)
{
    struct keyed_digest *digest = memory_allocate(1, sizeof(*digest));
    if (!digest) {
        return serin_fail(err, SERIN_NO_MEMORY, "no memory for hashing keys");
    }
    int result = gnutls_hmac_init(&digest->hmac, GNUTLS_MAC_SHA256, secret, length);
    if (result < 0) {
        memory_free(digest);
        return hmac_failed(result, err);
    }
    *out = digest;
    return SERIN_OK;
}

void keyed_digest_destroy(struct keyed_digest *digest)
{
    if (digest) {
        gnutls_hmac_deinit(digest->hmac, NULL);
        memory_free(digest);
    }
}

enum serin_status keyed_digest_compute(struct keyed_digest *digest, const void *bytes,
                                       size_t length, uint8_t out[SHA256_BYTES],
                                       struct serin_error *err)
{
    int result = gnutls_hmac(digest->hmac, length > 0 ? bytes : "", length);
    if (result < 0) {
        return hmac_failed(result, err);
    }
    gnutls_hmac_output(digest->hmac, out); /* and starts anew */
    return SERIN_OK;
}

bool digest_equal(const void *a, const void *b, size_t length)
{
    return length == 0 || gnutls_memcmp(a, b, length) == 0;
}

enum serin_status random_bytes(void *out, size_t length, struct serin_error *err)
{
    uint8_t *next = out;
    size_t left = length;
    while (left > 0) {
        ssize_t got = getrandom(next, left, 0);
        if (got < 0 && errno != EINTR) {
            return serin_fail(err, SERIN_UNAVAILABLE, "the kernel gives no random bytes: %s",
                              strerror(errno));
        }
        size_t taken = got > 0 ? (size_t)got : 0;
        next += taken;
        left -= taken;
    }
    return SERIN_OK;
}

enum serin_status random_hex(char *out, size_t bytes, struct serin_error *err)
{
    uint8_t random[RANDOM_HEX_MAX];
    if (bytes > sizeof(random)) {
        return serin_fail(err, SERIN_BUG, "an identifier of %zu random bytes is too long", bytes);
    }
    enum serin_status status = random_bytes(random, bytes, err);
    if (status == SERIN_OK) {
        write_hex(random, bytes, out);
    }
    return status;
}
