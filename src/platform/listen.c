#include "platform/listen.h"

#include "base/memory.h"
#include "base/text.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { HOST_SIZE = 64, PORT_SIZE = 8, BACKLOG = 1024 };

struct address_text {
    char host[HOST_SIZE]; /* "" for every address */
    char port[PORT_SIZE];
};

static enum serin_status bad_address(const char *address, struct serin_error *err)
{
    return serin_fail(err, SERIN_INVALID,
                      "%s is not an address to listen on; write 127.0.0.1:8080, [::1]:8080, or "
                      ":8080 for every address",
                      TEXT_QUOTE(text_view_of(address)));
}

static enum serin_status split_address(const char *address, struct address_text *out,
                                       struct serin_error *err)
{
    const char *colon = strrchr(address, ':');
    if (!colon) {
        return bad_address(address, err);
    }
    const char *host = address;
    size_t host_length = (size_t)(colon - address);
    if (host_length >= 2 && host[0] == '[' && host[host_length - 1] == ']') {
        host++;
        host_length -= 2;
    }
    size_t port_length = strlen(colon + 1);
    if (host_length >= HOST_SIZE || port_length == 0 || port_length >= PORT_SIZE) {
        return bad_address(address, err);
    }
    struct address_text split = {{0}, {0}};
    memcpy(split.host, host, host_length);
    memcpy(split.port, colon + 1, port_length);
    if (strcmp(split.host, "localhost") == 0) {
        (void)snprintf(split.host, sizeof(split.host), "127.0.0.1");
    }
    *out = split;
    return SERIN_OK;
}

/* Numeric only: what a name resolves to may change behind the operator's back. */
static enum serin_status resolve(const char *address, struct addrinfo **out,
                                 struct serin_error *err)
{
    struct address_text split;
    TRY(split_address(address, &split, err));
    struct addrinfo hints = {.ai_family = split.host[0] ? AF_UNSPEC : AF_INET6,
                             .ai_socktype = SOCK_STREAM,
                             .ai_flags = AI_PASSIVE | AI_NUMERICHOST | AI_NUMERICSERV};
    const char *host = split.host[0] ? split.host : "::";
    if (getaddrinfo(host, split.port, &hints, out) != 0) {
        return bad_address(address, err);
    }
    return SERIN_OK;
}

static bool is_loopback(const struct sockaddr *address)
{
    if (address->sa_family == AF_INET) {
        const struct sockaddr_in *ip4 = (const struct sockaddr_in *)(const void *)address;
        return (ntohl(ip4->sin_addr.s_addr) >> 24) == 127;
    }
    const struct sockaddr_in6 *ip6 = (const struct sockaddr_in6 *)(const void *)address;
    return IN6_IS_ADDR_LOOPBACK(&ip6->sin6_addr);
}

/* ::ffff:127.0.0.1 is how a socket for both protocols sees 127.0.0.1. */
static bool is_mapped_loopback(const struct sockaddr *address)
{
    const struct sockaddr_in6 *ip6 = (const struct sockaddr_in6 *)(const void *)address;
    return address->sa_family == AF_INET6 && IN6_IS_ADDR_V4MAPPED(&ip6->sin6_addr) &&
           ip6->sin6_addr.s6_addr[12] == 127;
}

bool listen_peer_is_loopback(const struct sockaddr *peer)
{
    bool is_internet = peer && (peer->sa_family == AF_INET || peer->sa_family == AF_INET6);
    return is_internet && (is_loopback(peer) || is_mapped_loopback(peer));
}

enum serin_status listen_is_loopback(const char *address, bool *out, struct serin_error *err)
{
    struct addrinfo *resolved = NULL;
    TRY(resolve(address, &resolved, err));
    *out = is_loopback(resolved->ai_addr);
    freeaddrinfo(resolved);
    return SERIN_OK;
}

static enum serin_status bind_and_listen(int fd, const char *address,
                                         const struct addrinfo *resolved, struct serin_error *err)
{
    int on = 1;
    int off = 0;
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0 ||
        (resolved->ai_family == AF_INET6 &&
         setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off)) != 0) ||
        bind(fd, resolved->ai_addr, resolved->ai_addrlen) != 0 || listen(fd, BACKLOG) != 0) {
        return serin_fail(err, SERIN_UNAVAILABLE, "cannot listen on %s: %s", address,
                          strerror(errno));
    }
    return SERIN_OK;
}

enum serin_status listen_open(const char *address, int *out_fd, struct serin_error *err)
{
    struct addrinfo *resolved = NULL;
    TRY(resolve(address, &resolved, err));
    int fd = socket(resolved->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    enum serin_status status = fd < 0
                                   ? serin_fail(err, SERIN_UNAVAILABLE, "cannot listen on %s: %s",
                                                address, strerror(errno))
                                   : bind_and_listen(fd, address, resolved, err);
    freeaddrinfo(resolved);
    if (status != SERIN_OK) {
        if (fd >= 0) {
            (void)close(fd);
        }
        return status;
    }
    *out_fd = fd;
    return SERIN_OK;
}

enum serin_status listen_address(int fd, char *out, size_t size, struct serin_error *err)
{
    struct sockaddr_storage bound = {0};
    socklen_t length = sizeof(bound);
    char host[HOST_SIZE];
    char port[PORT_SIZE];
    if (getsockname(fd, (struct sockaddr *)&bound, &length) != 0 ||
        getnameinfo((struct sockaddr *)&bound, length, host, sizeof(host), port, sizeof(port),
                    NI_NUMERICHOST | NI_NUMERICSERV) != 0) {
        return serin_fail(err, SERIN_UNAVAILABLE, "cannot read the address listened on: %s",
                          strerror(errno));
    }
    (void)snprintf(out, size, strchr(host, ':') ? "[%s]:%s" : "%s:%s", host, port);
    return SERIN_OK;
}
