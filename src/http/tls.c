#include "http/tls.h"

#include "platform/file.h"

#include <gnutls/gnutls.h>
#include <string.h>

enum { PEM_BYTES_MAX = 1024 * 1024 };

void tls_identity_destroy(struct tls_identity *identity)
{
    if (!identity) {
        return;
    }
    memory_free(identity->certificate);
    /* The allocator hands freed memory on: a private key must not be found in it. */
    if (identity->key) {
        explicit_bzero(identity->key, strlen(identity->key));
    }
    memory_free(identity->key);
    memory_free(identity->client_ca);
    memory_free(identity);
}

static enum serin_status read_pem(const char *path, const char *field, char **out,
                                  struct serin_error *err)
{
    size_t length = 0; /* PEM is text: its zero-terminated form is what the libraries take */
    serin_error_at(err, "tls.%s", field);
    return file_read(path, PEM_BYTES_MAX, out, &length, err);
}

static gnutls_datum_t datum_of(char *pem)
{
    return (gnutls_datum_t){.data = (unsigned char *)pem, .size = (unsigned)strlen(pem)};
}

static enum serin_status check_pair(gnutls_certificate_credentials_t credentials,
                                    const struct config_tls *tls,
                                    const struct tls_identity *identity, struct serin_error *err)
{
    gnutls_datum_t certificate = datum_of(identity->certificate);
    gnutls_datum_t key = datum_of(identity->key);
    int code = gnutls_certificate_set_x509_key_mem2(credentials, &certificate, &key,
                                                    GNUTLS_X509_FMT_PEM, NULL, 0);
    if (code >= 0) {
        return SERIN_OK;
    }
    serin_error_at(err, "tls");
    return serin_fail(err, SERIN_INVALID,
                      "%s and %s are no certificate and its private key: %s; do tls.certificate "
                      "and tls.key belong together?",
                      tls->certificate, tls->key, gnutls_strerror(code));
}

static enum serin_status check_trust(gnutls_certificate_credentials_t credentials,
                                     const struct config_tls *tls,
                                     const struct tls_identity *identity, struct serin_error *err)
{
    if (!identity->client_ca) {
        return SERIN_OK;
    }
    gnutls_datum_t trust = datum_of(identity->client_ca);
    int count = gnutls_certificate_set_x509_trust_mem(credentials, &trust, GNUTLS_X509_FMT_PEM);
    if (count > 0) {
        return SERIN_OK;
    }
    serin_error_at(err, "tls.client_ca");
    return serin_fail(err, SERIN_INVALID, "%s holds no certificate in PEM form", tls->client_ca);
}

/* The HTTP library takes what does not fit and fails at every handshake instead. */
static enum serin_status check(const struct config_tls *tls, const struct tls_identity *identity,
                               struct serin_error *err)
{
    gnutls_certificate_credentials_t credentials = NULL;
    if (gnutls_certificate_allocate_credentials(&credentials) != GNUTLS_E_SUCCESS) {
        return serin_fail(err, SERIN_NO_MEMORY, "no memory for the certificates");
    }
    enum serin_status status = check_pair(credentials, tls, identity, err);
    if (status == SERIN_OK) {
        status = check_trust(credentials, tls, identity, err);
    }
    gnutls_certificate_free_credentials(credentials);
    return status;
}

enum serin_status tls_identity_load(const struct config_tls *tls, struct tls_identity **out,
                                    struct serin_error *err)
{
    owned(tls_identity) identity = memory_allocate(1, sizeof(*identity));
    if (!identity) {
        return serin_fail(err, SERIN_NO_MEMORY, "no memory for the certificates");
    }
    TRY(read_pem(tls->certificate, "certificate", &identity->certificate, err));
    TRY(read_pem(tls->key, "key", &identity->key, err));
    if (tls->client_ca) {
        TRY(read_pem(tls->client_ca, "client_ca", &identity->client_ca, err));
    }
    TRY(check(tls, identity, err));
    serin_error_clear(err);
    *out = give(identity);
    return SERIN_OK;
}

static bool same_text(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

bool tls_identity_equal(const struct tls_identity *a, const struct tls_identity *b)
{
    if (!a || !b) {
        return a == b;
    }
    return same_text(a->certificate, b->certificate) && same_text(a->key, b->key) &&
           same_text(a->client_ca, b->client_ca);
}
