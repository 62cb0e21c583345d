#include "http/tls.h"

#include "support/temp_folder.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <string.h>

/* Writes what gnutls exported and returns its path. */
static const char *keep(const char *name, gnutls_datum_t pem)
{
    const char *path = temp_file(name, pem.data, pem.size);
    gnutls_free(pem.data);
    return path;
}

/* A new key and a certificate that it signed itself, as two files. */
static void make_pair(const char *certificate_name, const char *key_name, struct config_tls *out)
{
    gnutls_x509_privkey_t key;
    gnutls_x509_crt_t certificate;
    gnutls_datum_t pem;
    cr_assert(eq(int, gnutls_x509_privkey_init(&key), 0));
    cr_assert(eq(int,
                 gnutls_x509_privkey_generate(key, GNUTLS_PK_ECDSA,
                                              GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0),
                 0));
    cr_assert(eq(int, gnutls_x509_crt_init(&certificate), 0));
    cr_assert(eq(int, gnutls_x509_crt_set_version(certificate, 3), 0));
    cr_assert(eq(int, gnutls_x509_crt_set_serial(certificate, "\1", 1), 0));
    cr_assert(eq(int, gnutls_x509_crt_set_activation_time(certificate, 1), 0));
    cr_assert(eq(int, gnutls_x509_crt_set_expiration_time(certificate, 2000000000), 0));
    cr_assert(eq(int, gnutls_x509_crt_set_key(certificate, key), 0));
    cr_assert(
        eq(int, gnutls_x509_crt_sign2(certificate, certificate, key, GNUTLS_DIG_SHA256, 0), 0));
    cr_assert(eq(int, gnutls_x509_crt_export2(certificate, GNUTLS_X509_FMT_PEM, &pem), 0));
    out->certificate = (char *)keep(certificate_name, pem);
    cr_assert(eq(int, gnutls_x509_privkey_export2(key, GNUTLS_X509_FMT_PEM, &pem), 0));
    out->key = (char *)keep(key_name, pem);
    gnutls_x509_crt_deinit(certificate);
    gnutls_x509_privkey_deinit(key);
}

Test(tls, a_certificate_with_its_key_is_taken)
{
    struct config_tls config = {NULL};
    make_pair("a.pem", "a.key", &config);
    config.client_ca = config.certificate;
    struct serin_error err = {0};
    owned(tls_identity) identity = NULL;
    owned(tls_identity) again = NULL;
    cr_assert(eq(int, tls_identity_load(&config, &identity, &err), SERIN_OK), "%s", err.detail);
    cr_assert(eq(int, tls_identity_load(&config, &again, &err), SERIN_OK), "%s", err.detail);
    cr_assert(tls_identity_equal(identity, again));
    cr_assert(not(tls_identity_equal(identity, NULL)));
    cr_assert(tls_identity_equal(NULL, NULL));
}

Test(tls, what_changed_is_noticed)
{
    struct config_tls first = {NULL};
    struct config_tls second = {NULL};
    make_pair("a.pem", "a.key", &first);
    make_pair("b.pem", "b.key", &second);
    owned(tls_identity) a = NULL;
    owned(tls_identity) b = NULL;
    owned(tls_identity) with_clients = NULL;
    cr_assert(eq(int, tls_identity_load(&first, &a, NULL), SERIN_OK));
    cr_assert(eq(int, tls_identity_load(&second, &b, NULL), SERIN_OK));
    first.client_ca = second.certificate;
    cr_assert(eq(int, tls_identity_load(&first, &with_clients, NULL), SERIN_OK));
    cr_assert(not(tls_identity_equal(a, b)));
    cr_assert(not(tls_identity_equal(a, with_clients)));
}

Test(tls, what_does_not_fit_is_refused_by_its_key)
{
    struct config_tls a = {NULL};
    struct config_tls b = {NULL};
    make_pair("a.pem", "a.key", &a);
    make_pair("b.pem", "b.key", &b);
    char *text = (char *)temp_file("text", "not PEM\n", 8);
    char *gone = (char *)"/no/such/file.pem";
    const struct {
        const char *name;
        struct config_tls config;
        const char *field;
    } cases[] = {
        {"another's key",       {a.certificate, b.key, NULL},         "tls"            },
        {"swapped",             {a.key, a.certificate, NULL},         "tls"            },
        {"no certificate",      {text, a.key, NULL},                  "tls"            },
        {"no key",              {a.certificate, text, NULL},          "tls"            },
        {"no authority",        {a.certificate, a.key, text},         "tls.client_ca"  },
        {"missing certificate", {gone, a.key, NULL},                  "tls.certificate"},
        {"missing key",         {a.certificate, gone, NULL},          "tls.key"        },
        {"missing authority",   {a.certificate, a.key, gone},         "tls.client_ca"  },
        {"a folder",            {(char *)temp_folder(), a.key, NULL}, "tls.certificate"},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        struct serin_error err = {0};
        struct tls_identity *identity = NULL;
        cr_assert(ne(int, tls_identity_load(&cases[i].config, &identity, &err), SERIN_OK), "%s",
                  cases[i].name);
        cr_assert(eq(str, err.field, (char *)cases[i].field), "%s", cases[i].name);
        cr_assert(eq(ptr, identity, NULL), "%s", cases[i].name);
        cr_assert(ne(chr, err.detail[0], '\0'), "%s", cases[i].name);
    }
}
