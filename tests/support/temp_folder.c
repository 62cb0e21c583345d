#include "support/temp_folder.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Paths handed out; they stay reachable until the process ends, so they are no leaks. */
struct handed_out {
    struct handed_out *next;
    char path[];
};

static struct handed_out *paths;
static char folder[128];
static pid_t owner;

static int remove_entry(const char *path, const struct stat *status, int type, struct FTW *place)
{
    (void)status;
    (void)type;
    (void)place;
    return remove(path);
}

static void remove_folder(void)
{
    enum { DESCRIPTORS = 8 };
    /* A child that the test forked must not take the folder away from its parent. */
    if (folder[0] != '\0' && getpid() == owner) {
        (void)nftw(folder, remove_entry, DESCRIPTORS, FTW_DEPTH | FTW_PHYS);
    }
}

const char *temp_folder(void)
{
    if (folder[0] != '\0') {
        return folder;
    }
    const char *parent = getenv("TMPDIR");
    (void)snprintf(folder, sizeof(folder), "%s/serin-test-XXXXXX", parent ? parent : "/tmp");
    if (!mkdtemp(folder)) {
        perror(folder);
        exit(EXIT_FAILURE);
    }
    owner = getpid();
    if (atexit(remove_folder) != 0) {
        exit(EXIT_FAILURE);
    }
    return folder;
}

const char *temp_path(const char *name)
{
    size_t size = strlen(temp_folder()) + strlen(name) + 2;
    struct handed_out *entry = malloc(sizeof(*entry) + size);
    if (!entry) {
        exit(EXIT_FAILURE);
    }
    (void)snprintf(entry->path, size, "%s/%s", temp_folder(), name);
    entry->next = paths;
    paths = entry;
    return entry->path;
}

const char *temp_file(const char *name, const void *bytes, unsigned long length)
{
    const char *path = temp_path(name);
    FILE *file = fopen(path, "wb");
    if (!file || fwrite(bytes, 1, length, file) != length || fclose(file) != 0) {
        perror(path);
        exit(EXIT_FAILURE);
    }
    return path;
}
