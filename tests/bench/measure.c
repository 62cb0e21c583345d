#include "bench/measure.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* The program's own time: what others do on the machine counts as little as possible. */
static double now(void)
{
    struct timespec time;
    if (clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time) != 0) {
        measure_fail("there is no clock of CPU time");
    }
    return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

double measure(measure_job *job, void *context, size_t repeats)
{
    job(context);
    double start = now();
    for (size_t i = 0; i < repeats; i++) {
        job(context);
    }
    return (now() - start) / (double)repeats;
}

const void *measure_read(const char *path, size_t *out_length)
{
    FILE *file = fopen(path, "rb");
    if (!file || fseek(file, 0, SEEK_END) != 0) {
        measure_fail(path);
    }
    long length = ftell(file);
    if (length < 0 || fseek(file, 0, SEEK_SET) != 0) {
        measure_fail(path);
    }
    char *bytes = malloc((size_t)length + 1);
    if (!bytes || fread(bytes, 1, (size_t)length, file) != (size_t)length) {
        measure_fail(path);
    }
    bytes[length] = '\0';
    (void)fclose(file);
    *out_length = (size_t)length;
    return bytes;
}

struct serin_table measure_read_table(const char *path)
{
    size_t length = 0;
    const uint64_t *words = measure_read(path, &length);
    if (length < 2 * sizeof(*words) || length != (2 + words[0] * words[1]) * sizeof(*words)) {
        measure_fail(path);
    }
    return (struct serin_table){.counts = words + 2, .rows = words[0], .columns = words[1]};
}

size_t measure_number(const char *text)
{
    char *end = NULL;
    unsigned long long number = strtoull(text, &end, 10);
    if (end == text || *end != '\0' || number == 0) {
        measure_fail(text);
    }
    return (size_t)number;
}

void measure_expect(enum serin_status status, const char *what)
{
    if (status != SERIN_OK) {
        (void)fprintf(stderr, "%s: %s\n", what, serin_status_name(status));
        exit(EXIT_FAILURE);
    }
}

_Noreturn void measure_fail(const char *what)
{
    (void)fprintf(stderr, "cannot go on: %s\n", what);
    exit(EXIT_FAILURE);
}

void measure_report(const char *name, double value)
{
    (void)printf("%s %.17g\n", name, value);
}

int measure_main(int count, char **arguments, const struct measure_mode *modes, size_t mode_count)
{
    for (size_t i = 0; count > 1 && i < mode_count; i++) {
        if (strcmp(arguments[1], modes[i].name) == 0 && count - 2 == modes[i].argument_count) {
            modes[i].run(arguments + 2);
            return EXIT_SUCCESS;
        }
    }
    (void)fprintf(stderr, "wrong use; see tests/bench\n");
    return EXIT_FAILURE;
}
