#include "tap/follow.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PIECE_BYTES = 64 * 1024, PIECES_PER_LOOK = 64 };

struct follower {
    const char *path;
    struct tap_intake *intake;
    int fd; /* -1: no file yet */
    dev_t device;
    ino_t inode;
    int64_t offset;
    _Atomic uint64_t rotations;
    _Atomic uint64_t truncations;
    _Atomic uint64_t failures;
    char piece[PIECE_BYTES];
};

/* ---- opening --------------------------------------------------------------------------------- */

static enum serin_status cannot_follow(const char *path, int cause, struct serin_error *err)
{
    bool is_denied = cause == EACCES || cause == EPERM;
    return serin_fail(err, is_denied ? SERIN_DENIED : SERIN_UNAVAILABLE, "cannot read %s: %s", path,
                      strerror(cause));
}

/* Takes over `fd`. */
static void adopt(struct follower *follower, int fd, const struct stat *file)
{
    if (follower->fd >= 0) {
        (void)close(follower->fd);
    }
    follower->fd = fd;
    follower->device = file->st_dev;
    follower->inode = file->st_ino;
    follower->offset = 0;
}

/* Without waiting for a writer where the path is a pipe. */
static enum serin_status open_file(struct follower *follower, struct serin_error *err)
{
    struct stat file;
    int fd = open(follower->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) {
        return errno == ENOENT ? SERIN_NOT_FOUND : cannot_follow(follower->path, errno, err);
    }
    if (fstat(fd, &file) != 0 || S_ISDIR(file.st_mode)) {
        (void)close(fd);
        return serin_fail(err, SERIN_INVALID, "%s is not a file", follower->path);
    }
    adopt(follower, fd, &file);
    return SERIN_OK;
}

static enum serin_status start_at(struct follower *follower, enum follow_start start,
                                  struct serin_error *err)
{
    enum serin_status status = open_file(follower, err);
    if (status == SERIN_NOT_FOUND) {
        return SERIN_OK;
    }
    TRY(status);
    if (start == FOLLOW_FROM_END) {
        off_t end = lseek(follower->fd, 0, SEEK_END);
        follower->offset = end > 0 ? end : 0; /* a pipe has none */
    }
    return SERIN_OK;
}

enum serin_status follower_create(const char *path, enum follow_start start,
                                  struct tap_intake *intake, struct follower **out,
                                  struct serin_error *err)
{
    owned(follower) follower = memory_allocate(1, sizeof(*follower));
    if (!follower) {
        return serin_fail(err, SERIN_NO_MEMORY, "no memory to follow %s", path);
    }
    follower->path = path;
    follower->intake = intake;
    follower->fd = -1;
    TRY(start_at(follower, start, err));
    *out = give(follower);
    return SERIN_OK;
}

void follower_destroy(struct follower *follower)
{
    if (follower) {
        if (follower->fd >= 0) {
            (void)close(follower->fd);
        }
        memory_free(follower);
    }
}

/* ---- reading --------------------------------------------------------------------------------- */

/* Whether the end was reached. */
static bool read_on(struct follower *follower)
{
    for (size_t i = 0; i < PIECES_PER_LOOK; i++) {
        ssize_t got = read(follower->fd, follower->piece, sizeof(follower->piece));
        if (got <= 0) {
            follower->failures += got < 0 && errno != EAGAIN && errno != EINTR;
            return true;
        }
        follower->offset += got;
        tap_intake_push(follower->intake, follower->piece, (size_t)got);
    }
    return false;
}

static void start_over_if_truncated(struct follower *follower)
{
    struct stat file;
    if (fstat(follower->fd, &file) != 0 || !S_ISREG(file.st_mode) ||
        file.st_size >= follower->offset) {
        return;
    }
    if (lseek(follower->fd, 0, SEEK_SET) != 0) {
        follower->failures++;
        return;
    }
    follower->offset = 0;
    follower->truncations++;
    tap_intake_restart(follower->intake);
}

/* Whether another file is under the name, and its writer has come to it. */
static bool has_successor(const struct follower *follower)
{
    struct stat file;
    return stat(follower->path, &file) == 0 && file.st_size > 0 &&
           (file.st_dev != follower->device || file.st_ino != follower->inode);
}

/* The writer has moved, so that what the old file holds by now is all it will hold. */
static bool move_to_successor(struct follower *follower)
{
    struct serin_error err = {0};
    if (!read_on(follower)) {
        return true;
    }
    tap_intake_finish(follower->intake);
    enum serin_status status = open_file(follower, &err);
    follower->rotations += status == SERIN_OK;
    follower->failures += status != SERIN_OK && status != SERIN_NOT_FOUND;
    return status == SERIN_OK;
}

bool follower_look(struct follower *follower)
{
    struct serin_error err = {0};
    if (follower->fd < 0) {
        enum serin_status status = open_file(follower, &err);
        follower->failures += status != SERIN_OK && status != SERIN_NOT_FOUND;
        return status == SERIN_OK;
    }
    if (!read_on(follower)) {
        return true;
    }
    start_over_if_truncated(follower);
    return has_successor(follower) && move_to_successor(follower);
}

struct follower_counts follower_counts(const struct follower *follower)
{
    return (struct follower_counts){follower->rotations, follower->truncations, follower->failures};
}
