#include "platform/file.h"

#include "base/memory.h"
#include "platform/digest.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PIECE = 64 * 1024 };

/* `verb` is what failed: "read", "write". */
static enum serin_status fail_from_errno(struct serin_error *err, const char *verb,
                                         const char *path)
{
    int cause = errno;
    switch (cause) {
    case ENOENT:
    case ENOTDIR:
        return serin_fail(err, SERIN_NOT_FOUND, "cannot %s \"%s\": no such file or folder", verb,
                          path);
    case EACCES:
    case EPERM:
    case EROFS:
        return serin_fail(err, SERIN_DENIED, "cannot %s \"%s\": %s", verb, path, strerror(cause));
    case EISDIR:
        return serin_fail(err, SERIN_INVALID, "cannot %s \"%s\": it is a folder, not a file", verb,
                          path);
    case ENOMEM:
        return serin_fail(err, SERIN_NO_MEMORY, "cannot %s \"%s\": out of memory", verb, path);
    default:
        return serin_fail(err, SERIN_UNAVAILABLE, "cannot %s \"%s\": %s", verb, path,
                          strerror(cause));
    }
}

struct file_descriptor {
    int fd;
};

static void file_descriptor_close(struct file_descriptor *file)
{
    if (file->fd > STDERR_FILENO) {
        (void)close(file->fd);
    }
}
#define owned_descriptor __attribute__((cleanup(file_descriptor_close))) struct file_descriptor

/* ---- reading -----------------------------------------------------------------------------------
 */

struct content {
    char *bytes;
    size_t capacity;
    size_t length;
};

static enum serin_status read_some(int fd, const char *path, size_t limit, struct content *content,
                                   bool *out_ended, struct serin_error *err)
{
    /* One byte beyond the limit tells a file of exactly the limit from a longer one. */
    size_t room = limit < SIZE_MAX - 2 ? limit + 2 : SIZE_MAX;
    size_t wanted = content->length + PIECE < room ? content->length + PIECE : room;
    if (memory_grow((void **)&content->bytes, &content->capacity, wanted, 1, room) != SERIN_OK) {
        return serin_fail(err, SERIN_NO_MEMORY, "no memory left to read \"%s\"", path);
    }
    ssize_t got =
        read(fd, content->bytes + content->length, content->capacity - content->length - 1);
    if (got < 0) {
        return errno == EINTR ? SERIN_OK : fail_from_errno(err, "read", path);
    }
    content->length += (size_t)got;
    if (content->length > limit) {
        return serin_fail(err, SERIN_TOO_LARGE, "\"%s\" is larger than the %zu bytes allowed", path,
                          limit);
    }
    *out_ended = got == 0;
    return SERIN_OK;
}

static int open_to_read(const char *path)
{
    bool is_standard_input = strcmp(path, "-") == 0;
    return is_standard_input ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
}

enum serin_status file_read(const char *path, size_t limit, char **out, size_t *out_length,
                            struct serin_error *err)
{
    owned_descriptor file = {.fd = open_to_read(path)};
    if (file.fd < 0) {
        return fail_from_errno(err, "read", path);
    }
    struct content content = {0};
    bool ended = false;
    while (!ended) {
        enum serin_status status = read_some(file.fd, path, limit, &content, &ended, err);
        if (status != SERIN_OK) {
            memory_free(content.bytes);
            return status;
        }
    }
    content.bytes[content.length] = '\0';
    *out = content.bytes;
    *out_length = content.length;
    return SERIN_OK;
}

enum serin_status file_stream(const char *path, file_sink *sink, void *context,
                              struct serin_error *err)
{
    owned_descriptor file = {.fd = open_to_read(path)};
    if (file.fd < 0) {
        return fail_from_errno(err, "read", path);
    }
    owned_memory char *piece = memory_allocate(PIECE, 1);
    if (!piece) {
        return serin_fail(err, SERIN_NO_MEMORY, "no memory left to read \"%s\"", path);
    }
    for (;;) {
        ssize_t got = read(file.fd, piece, PIECE);
        if (got == 0) {
            return SERIN_OK;
        }
        if (got > 0) {
            TRY(sink(context, piece, (size_t)got, err));
        } else if (errno != EINTR) {
            return fail_from_errno(err, "read", path);
        }
    }
}

/* ---- writing -----------------------------------------------------------------------------------
 */

static bool write_all(int fd, const char *bytes, size_t length)
{
    size_t done = 0;
    while (done < length) {
        ssize_t wrote = write(fd, bytes + done, length - done);
        if (wrote < 0 && errno != EINTR) {
            return false;
        }
        done += wrote > 0 ? (size_t)wrote : 0;
    }
    return true;
}

enum serin_status file_sync_folder(const char *path, struct serin_error *err)
{
    owned_memory char *copy = memory_copy_text(path, strlen(path));
    if (!copy) {
        return serin_fail(err, SERIN_NO_MEMORY, "no memory left to write \"%s\"", path);
    }
    owned_descriptor folder = {.fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    if (folder.fd < 0 || fsync(folder.fd) != 0) {
        return fail_from_errno(err, "write", path);
    }
    return SERIN_OK;
}

/* Beside `path`, so that the rename stays within one file system. The caller frees it. */
static enum serin_status temporary_name(const char *path, char **out, struct serin_error *err)
{
    enum { RANDOM_BYTES = 8 };
    char random[2 * RANDOM_BYTES + 1];
    TRY(random_hex(random, RANDOM_BYTES, err));
    size_t size = strlen(path) + sizeof(random) + 1;
    char *name = memory_allocate(size, 1);
    if (!name) {
        return serin_fail(err, SERIN_NO_MEMORY, "no memory left to write \"%s\"", path);
    }
    (void)snprintf(name, size, "%s.%s", path, random);
    *out = name;
    return SERIN_OK;
}

/* Messages name `path`, which the caller knows, not the temporary file. */
static enum serin_status write_temporary(const char *temporary, const char *path, const void *bytes,
                                         size_t length, struct serin_error *err)
{
    enum { READABLE_BY_ALL = 0644 };
    owned_descriptor file = {
        .fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, READABLE_BY_ALL)};
    if (file.fd < 0 || !write_all(file.fd, bytes, length) || fsync(file.fd) != 0) {
        return fail_from_errno(err, "write", path);
    }
    return SERIN_OK;
}

enum serin_status file_write_atomic(const char *path, const void *bytes, size_t length,
                                    struct serin_error *err)
{
    owned_memory char *temporary = NULL;
    TRY(temporary_name(path, &temporary, err));
    enum serin_status status = write_temporary(temporary, path, bytes, length, err);
    if (status == SERIN_OK && rename(temporary, path) != 0) {
        status = fail_from_errno(err, "replace", path);
    }
    if (status != SERIN_OK) {
        (void)unlink(temporary);
        return status;
    }
    /* A rename is durable only when the folder that holds the name is. */
    return file_sync_folder(path, err);
}
