/* Feeds files to a fuzz target, so that the stored corpus runs as an ordinary test. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int replay_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    if (!file) {
        perror(path);
        return 1;
    }
    enum { LIMIT = 1 << 20 };
    uint8_t *data = malloc(LIMIT);
    if (!data) {
        (void)fclose(file);
        return 1;
    }
    size_t size = fread(data, 1, LIMIT, file);
    (void)fclose(file);
    /* A copy of the exact size lets the sanitizers see a read past the end. */
    uint8_t *exact = malloc(size > 0 ? size : 1);
    if (exact) {
        for (size_t i = 0; i < size; i++) {
            exact[i] = data[i];
        }
        (void)LLVMFuzzerTestOneInput(exact, size);
    }
    free(exact);
    free(data);
    return exact ? 0 : 1;
}

int main(int count, char **paths)
{
    int failed = 0;
    for (int i = 1; i < count; i++) {
        failed |= replay_file(paths[i]);
    }
    return failed;
}
