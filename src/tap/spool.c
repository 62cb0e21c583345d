#include "tap/spool.h"

#include "base/number.h"
#include "base/text.h"
#include "platform/digest.h"
#include "platform/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PATH_SIZE = 4096, RANDOM_BYTES = 8 };

/* "0001769860800000-<16 hex digits>-<events>.batch": sorting by name is sorting by time. */
struct batch {
    char name[SPOOL_NAME_SIZE];
    uint64_t events;
    uint64_t bytes;
};
static const char suffix[] = ".batch";

struct spool {
    const char *path;
    uint64_t bytes_max;
    int lock; /* the folder, locked */
    int64_t last_ms;
    struct batch *batches; /* oldest first */
    size_t count;
    size_t capacity;
    struct spool_counts counts;
};

static void path_of(const struct spool *spool, const char *name, char out[PATH_SIZE])
{
    (void)snprintf(out, PATH_SIZE, "%s/%s", spool->path, name);
}

/* ---- opening --------------------------------------------------------------------------------- */

static enum serin_status cannot_use(const char *path, int cause, struct serin_error *err)
{
    enum serin_status status = cause == EACCES || cause == EPERM || cause == EROFS ? SERIN_DENIED
                               : cause == ENOENT                                   ? SERIN_NOT_FOUND
                               : cause == ENOTDIR || cause == EEXIST               ? SERIN_INVALID
                                                                     : SERIN_UNAVAILABLE;
    return serin_fail(err, status, "cannot keep batches in %s: %s", path, strerror(cause));
}

static enum serin_status lock_folder(struct spool *spool, struct serin_error *err)
{
    if (mkdir(spool->path, 0700) != 0 && errno != EEXIST) {
        return cannot_use(spool->path, errno, err);
    }
    spool->lock = open(spool->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (spool->lock < 0) {
        return cannot_use(spool->path, errno, err);
    }
    if (flock(spool->lock, LOCK_EX | LOCK_NB) != 0) {
        return serin_fail(err, SERIN_CONFLICT, "another process keeps batches in %s", spool->path);
    }
    return SERIN_OK;
}

static bool is_hex(struct text_view text)
{
    for (size_t i = 0; i < text.length; i++) {
        if (text_hex_digit(text.start[i]) < 0) {
            return false;
        }
    }
    return true;
}

/* Whether the name is one of ours, and how many events it says. */
static bool read_name(struct text_view name, uint64_t *out_events)
{
    enum { TIME = 16, RANDOM = 2 * RANDOM_BYTES, EVENTS = TIME + 1 + RANDOM + 1 };
    const size_t end = sizeof(suffix) - 1;
    uint64_t time_ms = 0;
    if (name.length >= SPOOL_NAME_SIZE || name.length <= EVENTS + end || name.start[TIME] != '-' ||
        name.start[EVENTS - 1] != '-' || memcmp(name.start + name.length - end, suffix, end) != 0) {
        return false;
    }
    struct text_view events = {name.start + EVENTS, name.length - EVENTS - end};
    return number_parse_uint64((struct text_view){name.start, TIME}, &time_ms) == SERIN_OK &&
           is_hex((struct text_view){name.start + TIME + 1, RANDOM}) &&
           number_parse_uint64(events, out_events) == SERIN_OK;
}

static enum serin_status remember(struct spool *spool, const struct batch *batch)
{
    TRY(memory_grow((void **)&spool->batches, &spool->capacity, spool->count + 1, sizeof(*batch),
                    SPOOL_BATCHES_MAX));
    spool->batches[spool->count++] = *batch;
    spool->counts.batches++;
    spool->counts.bytes += batch->bytes;
    return SERIN_OK;
}

/* What is being written has more behind its name; a process that was killed leaves it. */
static bool is_half_written(const char *name)
{
    static const char middle[] = ".batch.";
    return strstr(name, middle) != NULL;
}

static enum serin_status find_file(struct spool *spool, const char *name)
{
    struct batch batch = {.events = 0};
    struct stat file;
    if (is_half_written(name)) {
        (void)unlinkat(spool->lock, name, 0);
        return SERIN_OK;
    }
    if (!read_name(text_view_of(name), &batch.events) ||
        fstatat(spool->lock, name, &file, 0) != 0) {
        return SERIN_OK;
    }
    memcpy(batch.name, name, strlen(name) + 1);
    batch.bytes = (uint64_t)file.st_size;
    return remember(spool, &batch);
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(((const struct batch *)a)->name, ((const struct batch *)b)->name);
}

static enum serin_status find_files(struct spool *spool, struct serin_error *err)
{
    DIR *folder = opendir(spool->path);
    if (!folder) {
        return cannot_use(spool->path, errno, err);
    }
    enum serin_status status = SERIN_OK;
    for (struct dirent *entry = readdir(folder); entry && status == SERIN_OK;
         entry = readdir(folder)) {
        status = find_file(spool, entry->d_name);
    }
    (void)closedir(folder);
    if (status != SERIN_OK) {
        return serin_fail(err, status, "too many batches in %s", spool->path);
    }
    if (spool->count > 0) {
        qsort(spool->batches, spool->count, sizeof(*spool->batches), compare_names);
    }
    return SERIN_OK;
}

enum serin_status spool_open(const char *path, uint64_t bytes_max, struct spool **out,
                             struct serin_error *err)
{
    struct spool *spool = memory_allocate(1, sizeof(*spool));
    if (!spool) {
        return serin_fail(err, SERIN_NO_MEMORY, "no memory to keep batches");
    }
    spool->path = path;
    spool->bytes_max = bytes_max;
    spool->lock = -1;
    enum serin_status status = lock_folder(spool, err);
    if (status == SERIN_OK) {
        status = find_files(spool, err);
    }
    if (status != SERIN_OK) {
        spool_close(spool);
        return status;
    }
    *out = spool;
    return SERIN_OK;
}

void spool_close(struct spool *spool)
{
    if (spool) {
        if (spool->lock >= 0) {
            (void)close(spool->lock);
        }
        memory_free(spool->batches);
        memory_free(spool);
    }
}

/* ---- batches --------------------------------------------------------------------------------- */

void spool_remove_first(struct spool *spool)
{
    char path[PATH_SIZE];
    path_of(spool, spool->batches[0].name, path);
    (void)unlink(path);
    spool->counts.batches--;
    spool->counts.bytes -= spool->batches[0].bytes;
    spool->count--;
    memmove(spool->batches, spool->batches + 1, spool->count * sizeof(*spool->batches));
}

static void drop_first(struct spool *spool)
{
    spool->counts.dropped_batches++;
    spool->counts.dropped_events += spool->batches[0].events;
    spool_remove_first(spool);
}

/* Names rise even where the clock was set back, as long as the process lives. */
static enum serin_status name_batch(struct spool *spool, int64_t now_ms, struct batch *batch,
                                    struct serin_error *err)
{
    char random[2 * RANDOM_BYTES + 1];
    TRY(random_hex(random, RANDOM_BYTES, err));
    spool->last_ms = now_ms > spool->last_ms ? now_ms : spool->last_ms + 1;
    (void)snprintf(batch->name, sizeof(batch->name), "%016" PRId64 "-%s-%" PRIu64 "%s",
                   spool->last_ms, random, batch->events, suffix);
    return SERIN_OK;
}

enum serin_status spool_put(struct spool *spool, const char *bytes, size_t length, uint64_t events,
                            int64_t now_ms, struct serin_error *err)
{
    char path[PATH_SIZE];
    struct batch batch = {.events = events, .bytes = length};
    while (spool->count > 0 &&
           (spool->counts.bytes + length > spool->bytes_max || spool->count >= SPOOL_BATCHES_MAX)) {
        drop_first(spool);
    }
    TRY(name_batch(spool, now_ms, &batch, err));
    path_of(spool, batch.name, path);
    enum serin_status status = file_write_atomic(path, bytes, length, err);
    if (status == SERIN_OK && remember(spool, &batch) != SERIN_OK) {
        status = serin_fail(err, SERIN_NO_MEMORY, "no memory to keep batches");
    }
    if (status != SERIN_OK) {
        (void)unlink(path); /* the caller will try again under another name */
    }
    return status;
}

enum serin_status spool_first(struct spool *spool, char name[SPOOL_NAME_SIZE], char **out,
                              size_t *out_length)
{
    char path[PATH_SIZE];
    while (spool->count > 0) {
        path_of(spool, spool->batches[0].name, path);
        enum serin_status status = file_read(path, SPOOL_BATCH_MAX, out, out_length, NULL);
        if (status == SERIN_OK) {
            memcpy(name, spool->batches[0].name, SPOOL_NAME_SIZE);
            return SERIN_OK;
        }
        if (status == SERIN_NO_MEMORY) {
            return status;
        }
        drop_first(spool);
    }
    return SERIN_NOT_FOUND;
}

struct spool_counts spool_counts(const struct spool *spool)
{
    return spool->counts;
}
