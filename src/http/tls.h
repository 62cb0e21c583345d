/*
 * The PEM files behind a TLS listener: read, and checked before anybody is served with them.
 */
#ifndef SERIN_HTTP_TLS_H
#define SERIN_HTTP_TLS_H

#include "base/memory.h"
#include "http/config.h"
#include "serin/error.h"

#include <stdbool.h>

/* Zero-terminated PEM texts. */
struct tls_identity {
    char *certificate; /* the chain, the server's own first */
    char *key;
    char *client_ca; /* NULL: clients are not asked for certificates */
};

/*
 * Reads the files that `tls` names. Fails with SERIN_INVALID (err->field names the key: not PEM,
 * or a key that does not belong to the certificate), as file_read does, and SERIN_NO_MEMORY.
 */
SERIN_MUST_CHECK enum serin_status
tls_identity_load(const struct config_tls *tls, struct tls_identity **out, struct serin_error *err);
void tls_identity_destroy(struct tls_identity *identity); /* NULL is fine */
DEFINE_CLEANUP(tls_identity)

/* Whether both say the same; NULL is the identity of plain HTTP. */
bool tls_identity_equal(const struct tls_identity *a, const struct tls_identity *b);

#endif
