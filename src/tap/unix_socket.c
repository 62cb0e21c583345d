#include "tap/unix_socket.h"

#include "base/memory.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { BACKLOG = 64 };

static int type_of(enum unix_socket_kind kind)
{
    return (kind == UNIX_SOCKET_DATAGRAM ? SOCK_DGRAM : SOCK_STREAM) | SOCK_CLOEXEC | SOCK_NONBLOCK;
}

static enum serin_status address_of(const char *path, struct sockaddr_un *out,
                                    struct serin_error *err)
{
    size_t length = strlen(path);
    if (length >= sizeof(out->sun_path)) {
        return serin_fail(err, SERIN_INVALID, "the path has %zu bytes; a socket's has %zu at most",
                          length, sizeof(out->sun_path) - 1);
    }
    *out = (struct sockaddr_un){.sun_family = AF_UNIX};
    memcpy(out->sun_path, path, length);
    return SERIN_OK;
}

/* Whether somebody answers at the address. */
static bool is_alive(const struct sockaddr_un *address, enum unix_socket_kind kind)
{
    int fd = socket(AF_UNIX, type_of(kind), 0);
    bool is_connected =
        fd >= 0 && connect(fd, (const struct sockaddr *)address, sizeof(*address)) == 0;
    if (fd >= 0) {
        (void)close(fd);
    }
    return is_connected;
}

static enum serin_status remove_leftover(const struct sockaddr_un *address,
                                         enum unix_socket_kind kind, struct serin_error *err)
{
    struct stat there;
    if (lstat(address->sun_path, &there) != 0) {
        return SERIN_OK;
    }
    if (!S_ISSOCK(there.st_mode)) {
        return serin_fail(err, SERIN_INVALID, "%s is there already and is no socket",
                          address->sun_path);
    }
    if (is_alive(address, kind)) {
        return serin_fail(err, SERIN_CONFLICT, "somebody listens on %s already", address->sun_path);
    }
    (void)unlink(address->sun_path);
    return SERIN_OK;
}

static enum serin_status bind_at(int fd, const struct sockaddr_un *address,
                                 enum unix_socket_kind kind, struct serin_error *err)
{
    if (bind(fd, (const struct sockaddr *)address, sizeof(*address)) != 0 ||
        chmod(address->sun_path, 0666) != 0 ||
        (kind == UNIX_SOCKET_STREAM && listen(fd, BACKLOG) != 0)) {
        return serin_fail(err, SERIN_UNAVAILABLE, "cannot listen on %s: %s", address->sun_path,
                          strerror(errno));
    }
    return SERIN_OK;
}

enum serin_status unix_socket_open(const char *path, enum unix_socket_kind kind, int *out_fd,
                                   struct serin_error *err)
{
    struct sockaddr_un address;
    TRY(address_of(path, &address, err));
    TRY(remove_leftover(&address, kind, err));
    int fd = socket(AF_UNIX, type_of(kind), 0);
    if (fd < 0) {
        return serin_fail(err, SERIN_UNAVAILABLE, "cannot listen on %s: %s", path, strerror(errno));
    }
    enum serin_status status = bind_at(fd, &address, kind, err);
    if (status != SERIN_OK) {
        (void)close(fd);
        return status;
    }
    *out_fd = fd;
    return SERIN_OK;
}

void unix_socket_close(const char *path, int fd)
{
    (void)close(fd);
    (void)unlink(path);
}
