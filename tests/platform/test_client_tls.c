/* The client against a TLS peer whose certificates are made on the spot. */
#include "base/memory.h"
#include "platform/client.h"
#include "support/temp_folder.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static void require(int result)
{
    cr_assert(result >= 0, "GnuTLS: %s", gnutls_strerror(result));
}

/* ---- certificates ------------------------------------------------------------------------------
 */

struct identity {
    gnutls_x509_privkey_t key;
    gnutls_x509_crt_t certificate;
    const char *certificate_file;
    const char *key_file;
};

static void identity_clear(struct identity *identity)
{
    gnutls_x509_crt_deinit(identity->certificate);
    gnutls_x509_privkey_deinit(identity->key);
}
#define owned_identity __attribute__((cleanup(identity_clear))) struct identity

static const char *export_certificate(gnutls_x509_crt_t certificate, const char *name)
{
    gnutls_datum_t pem;
    require(gnutls_x509_crt_export2(certificate, GNUTLS_X509_FMT_PEM, &pem));
    const char *path = temp_file(name, pem.data, pem.size);
    gnutls_free(pem.data);
    return path;
}

static const char *export_key(gnutls_x509_privkey_t key, const char *name)
{
    gnutls_datum_t pem;
    require(gnutls_x509_privkey_export2(key, GNUTLS_X509_FMT_PEM, &pem));
    const char *path = temp_file(name, pem.data, pem.size);
    gnutls_free(pem.data);
    return path;
}

/* Signed by `issuer`, or by itself as an authority when that is NULL. */
static struct identity make_identity(const char *name, const char *host,
                                     const struct identity *issuer)
{
    struct identity identity;
    char file[64];
    time_t now = time(NULL);
    require(gnutls_x509_privkey_init(&identity.key));
    require(gnutls_x509_privkey_generate(identity.key, GNUTLS_PK_ECDSA,
                                         GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0));
    require(gnutls_x509_crt_init(&identity.certificate));
    gnutls_x509_crt_t certificate = identity.certificate;
    require(gnutls_x509_crt_set_version(certificate, 3));
    require(gnutls_x509_crt_set_serial(certificate, name, strlen(name)));
    require(gnutls_x509_crt_set_activation_time(certificate, now - 3600));
    require(gnutls_x509_crt_set_expiration_time(certificate, now + 86400));
    require(gnutls_x509_crt_set_dn(certificate, "CN=test", NULL));
    require(gnutls_x509_crt_set_dn_by_oid(certificate, GNUTLS_OID_X520_COMMON_NAME, 0, name,
                                          (unsigned)strlen(name)));
    require(gnutls_x509_crt_set_key(certificate, identity.key));
    require(gnutls_x509_crt_set_basic_constraints(certificate, issuer == NULL, -1));
    require(gnutls_x509_crt_set_subject_alt_name(certificate, GNUTLS_SAN_DNSNAME, host,
                                                 (unsigned)strlen(host), GNUTLS_FSAN_SET));
    require(gnutls_x509_crt_sign2(certificate, issuer ? issuer->certificate : certificate,
                                  issuer ? issuer->key : identity.key, GNUTLS_DIG_SHA256, 0));
    (void)snprintf(file, sizeof(file), "%s.pem", name);
    identity.certificate_file = export_certificate(certificate, file);
    (void)snprintf(file, sizeof(file), "%s.key", name);
    identity.key_file = export_key(identity.key, file);
    return identity;
}

/* ---- the peer ----------------------------------------------------------------------------------
 */

struct tls_peer {
    gnutls_certificate_credentials_t credentials;
    bool wants_client_certificate;
    int listener;
    unsigned port;
    pthread_t thread;
};

static void answer_one(struct tls_peer *peer, int fd)
{
    static const char answer[] = "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nsecure";
    gnutls_session_t session;
    char request[4096];
    (void)gnutls_init(&session, GNUTLS_SERVER);
    (void)gnutls_set_default_priority(session);
    (void)gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, peer->credentials);
    if (peer->wants_client_certificate) {
        gnutls_certificate_server_set_request(session, GNUTLS_CERT_REQUIRE);
        gnutls_session_set_verify_cert(session, NULL, 0);
    }
    gnutls_transport_set_int(session, fd);
    bool is_ready = gnutls_handshake(session) >= 0;
    if (is_ready && gnutls_record_recv(session, request, sizeof(request)) > 0) {
        (void)gnutls_record_send(session, answer, sizeof(answer) - 1);
        (void)gnutls_bye(session, GNUTLS_SHUT_WR);
    }
    gnutls_deinit(session);
    (void)close(fd);
}

static void *answer_all(void *context)
{
    struct tls_peer *peer = context;
    for (;;) {
        int fd = accept(peer->listener, NULL, NULL);
        if (fd < 0) {
            return NULL;
        }
        answer_one(peer, fd);
    }
}

static void start_peer(struct tls_peer *peer, const struct identity *identity,
                       const struct identity *client_authority)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)}};
    socklen_t size = sizeof(address);
    *peer = (struct tls_peer){.wants_client_certificate = client_authority != NULL};
    require(gnutls_certificate_allocate_credentials(&peer->credentials));
    require(gnutls_certificate_set_x509_key_file(peer->credentials, identity->certificate_file,
                                                 identity->key_file, GNUTLS_X509_FMT_PEM));
    if (client_authority) {
        require(gnutls_certificate_set_x509_trust_file(
            peer->credentials, client_authority->certificate_file, GNUTLS_X509_FMT_PEM));
    }
    peer->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    cr_assert(eq(int, bind(peer->listener, (struct sockaddr *)&address, size), 0));
    cr_assert(eq(int, listen(peer->listener, 8), 0));
    cr_assert(eq(int, getsockname(peer->listener, (struct sockaddr *)&address, &size), 0));
    peer->port = ntohs(address.sin_port);
    cr_assert(eq(int, pthread_create(&peer->thread, NULL, answer_all, peer), 0));
}

static void stop_peer(struct tls_peer *peer)
{
    (void)shutdown(peer->listener, SHUT_RDWR);
    (void)pthread_join(peer->thread, NULL);
    (void)close(peer->listener);
    gnutls_certificate_free_credentials(peer->credentials);
}

/* ---- asking it ---------------------------------------------------------------------------------
 */

static enum serin_status ask(const struct tls_peer *peer, const char *host,
                             const struct client_settings *settings, struct serin_error *err)
{
    char url[100];
    (void)snprintf(url, sizeof(url), "https://%s:%u/", host, peer->port);
    const struct client_request request = {.url = url, .response_limit = 1000};
    struct client_response response;
    owned_memory char *body = NULL;
    size_t length = 0;
    owned(client) client = NULL;
    TRY(client_create(settings, &client, err));
    TRY(client_fetch(client, &request, deadline_after(clock_system(), 60000), &response, &body,
                     &length, err));
    return strcmp(body, "secure") == 0 ? SERIN_OK : SERIN_BUG;
}

Test(client_tls, a_certificate_of_the_trusted_authority_for_this_host_is_accepted)
{
    owned_identity authority = make_identity("authority", "authority.test", NULL);
    owned_identity server = make_identity("server", "localhost", &authority);
    struct client_settings settings = {.ca_file = authority.certificate_file};
    struct serin_error err = {.status = SERIN_OK};
    struct tls_peer peer;
    start_peer(&peer, &server, NULL);
    cr_assert(eq(int, ask(&peer, "localhost", &settings, &err), SERIN_OK), "%s", err.detail);
    stop_peer(&peer);
}

Test(client_tls, a_certificate_for_another_host_is_refused)
{
    owned_identity authority = make_identity("authority", "authority.test", NULL);
    owned_identity server = make_identity("server", "other.test", &authority);
    struct client_settings settings = {.ca_file = authority.certificate_file};
    struct serin_error err = {.status = SERIN_OK};
    struct tls_peer peer;
    start_peer(&peer, &server, NULL);
    cr_assert(eq(int, ask(&peer, "localhost", &settings, &err), SERIN_UNAVAILABLE));
    cr_assert(ne(ptr, strstr(err.detail, "certificate"), NULL), "%s", err.detail);
    cr_assert(ne(ptr, strstr(err.detail, "localhost"), NULL), "%s", err.detail);
    stop_peer(&peer);
}

Test(client_tls, a_certificate_of_an_unknown_authority_is_refused)
{
    owned_identity authority = make_identity("authority", "authority.test", NULL);
    owned_identity stranger = make_identity("stranger", "stranger.test", NULL);
    owned_identity server = make_identity("server", "localhost", &stranger);
    struct client_settings settings = {.ca_file = authority.certificate_file};
    struct client_settings defaults = {.ca_file = NULL};
    struct serin_error err = {.status = SERIN_OK};
    struct tls_peer peer;
    start_peer(&peer, &server, NULL);
    cr_assert(eq(int, ask(&peer, "localhost", &settings, &err), SERIN_UNAVAILABLE));
    cr_assert(ne(ptr, strstr(err.detail, "certificate"), NULL), "%s", err.detail);
    cr_assert(eq(int, ask(&peer, "localhost", &defaults, &err), SERIN_UNAVAILABLE));
    stop_peer(&peer);
}

Test(client_tls, a_client_certificate_is_shown_where_the_peer_asks_for_one)
{
    owned_identity authority = make_identity("authority", "authority.test", NULL);
    owned_identity server = make_identity("server", "localhost", &authority);
    owned_identity client = make_identity("client", "client.test", &authority);
    struct client_settings with = {.ca_file = authority.certificate_file,
                                   .certificate_file = client.certificate_file,
                                   .key_file = client.key_file};
    struct client_settings without = {.ca_file = authority.certificate_file};
    struct serin_error err = {.status = SERIN_OK};
    struct tls_peer peer;
    start_peer(&peer, &server, &authority);
    cr_assert(eq(int, ask(&peer, "localhost", &with, &err), SERIN_OK), "%s", err.detail);
    cr_assert(eq(int, ask(&peer, "localhost", &without, &err), SERIN_UNAVAILABLE));
    stop_peer(&peer);
}

Test(client_tls, plain_http_towards_a_tls_peer_is_unavailable)
{
    owned_identity authority = make_identity("authority", "authority.test", NULL);
    struct client_settings settings = {.ca_file = authority.certificate_file};
    struct serin_error err = {.status = SERIN_OK};
    struct tls_peer peer;
    start_peer(&peer, &authority, NULL);
    char url[100];
    (void)snprintf(url, sizeof(url), "http://localhost:%u/", peer.port);
    const struct client_request request = {.url = url, .response_limit = 1000};
    struct client_response response;
    owned(client) client = NULL;
    cr_assert(eq(int, client_create(&settings, &client, NULL), SERIN_OK));
    cr_assert(eq(int,
                 client_send(client, &request, deadline_after(clock_system(), 60000), NULL, NULL,
                             &response, &err),
                 SERIN_UNAVAILABLE));
    stop_peer(&peer);
}
