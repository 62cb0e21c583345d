/*
 * What the benchmark programs share: a clock, input files, and "name value" lines as output.
 *
 * A program measures one job of Serin once; bench.py runs it in turn with the peers' jobs, as often
 * as there are rounds, and keeps the least time of each. Whatever goes wrong ends the program.
 */
#ifndef SERIN_TESTS_BENCH_MEASURE_H
#define SERIN_TESTS_BENCH_MEASURE_H

#include "serin/error.h"
#include "serin/table.h"

#include <stddef.h>
#include <stdint.h>

/* The job: called again and again with the same context. */
typedef void measure_job(void *context);

/* Runs the job once to warm up, then `repeats` times; CPU seconds per run. */
double measure(measure_job *job, void *context, size_t repeats);

/* The whole file, followed by a zero byte; lives until the program ends. */
const void *measure_read(const char *path, size_t *out_length);

/* A table from a file of 64-bit words: rows, columns, counts. */
struct serin_table measure_read_table(const char *path);

/* A count from the command line. */
size_t measure_number(const char *text);

/* Ends the program unless the status is SERIN_OK. */
void measure_expect(enum serin_status status, const char *what);

/* Ends the program with a message. */
_Noreturn void measure_fail(const char *what);

/* One line of output. */
void measure_report(const char *name, double value);

/* One of the things a program can measure; `arguments` are those after its name. */
struct measure_mode {
    const char *name;
    int argument_count;
    void (*run)(char **arguments);
};

/* Runs the mode that the first argument names; the program's exit code. */
int measure_main(int count, char **arguments, const struct measure_mode *modes, size_t mode_count);

#endif
