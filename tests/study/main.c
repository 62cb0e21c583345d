/*
 * study [--study NAME] [--profile ci|full] [--jobs N] [--fresh] [--out FOLDER] [--state FOLDER]
 *
 * Runs the calibration study, writes its tables and plots into the folder --out and keeps what is
 * done in the folder --state, so that an interrupted run goes on. Exits 1 when a promise is broken.
 */
#include "base/hash.h"
#include "base/number.h"
#include "platform/file.h"
#include "study/csv.h"
#include "study/promises.h"
#include "study/runner.h"
#include "study/study.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PATH_SIZE = 512, TEXT_MAX = 64 << 20, PROGRAM_MAX = 256 << 20 };

struct options {
    const char *study; /* NULL: all */
    const char *profile_name;
    enum profile profile;
    size_t jobs;
    bool is_fresh;
    const char *out;
    const char *state;
    uint64_t program;
};

static enum serin_status bad_option(struct serin_error *err, const char *option)
{
    return serin_fail(err, SERIN_INVALID,
                      "bad option \"%s\"; known: --study NAME, --profile ci|full, --jobs N, "
                      "--fresh, --out FOLDER, --state FOLDER",
                      option);
}

static enum serin_status read_profile(const char *name, struct options *options,
                                      struct serin_error *err)
{
    if (strcmp(name, "ci") != 0 && strcmp(name, "full") != 0) {
        return serin_fail(err, SERIN_INVALID, "unknown profile \"%s\"; known: ci, full", name);
    }
    options->profile_name = name;
    options->profile = strcmp(name, "ci") == 0 ? PROFILE_CI : PROFILE_FULL;
    return SERIN_OK;
}

static enum serin_status read_jobs(const char *text, struct options *options,
                                   struct serin_error *err)
{
    uint64_t jobs = 0;
    if (number_parse_uint64(text_view_of(text), &jobs) != SERIN_OK || jobs == 0) {
        return serin_fail(err, SERIN_INVALID, "--jobs takes a number from 1 on, not \"%s\"", text);
    }
    options->jobs = (size_t)jobs;
    return SERIN_OK;
}

static enum serin_status read_option(const char *name, const char *value, struct options *options,
                                     struct serin_error *err)
{
    if (!value) {
        return bad_option(err, name);
    }
    if (strcmp(name, "--study") == 0) {
        options->study = value;
        return study_find(value) ? SERIN_OK
                                 : serin_fail(err, SERIN_INVALID, "unknown study \"%s\"", value);
    }
    if (strcmp(name, "--profile") == 0) {
        return read_profile(value, options, err);
    }
    if (strcmp(name, "--jobs") == 0) {
        return read_jobs(value, options, err);
    }
    if (strcmp(name, "--out") == 0) {
        options->out = value;
        return SERIN_OK;
    }
    if (strcmp(name, "--state") == 0) {
        options->state = value;
        return SERIN_OK;
    }
    return bad_option(err, name);
}

static enum serin_status read_options(char **arguments, struct options *options,
                                      struct serin_error *err)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    *options = (struct options){.profile_name = "ci",
                                .profile = PROFILE_CI,
                                .jobs = cores > 0 ? (size_t)cores : 1,
                                .out = "build/study/ci",
                                .state = "build/study/state"};
    for (char **argument = arguments + 1; *argument; argument++) {
        if (strcmp(*argument, "--fresh") == 0) {
            options->is_fresh = true;
            continue;
        }
        TRY(read_option(argument[0], argument[1], options, err));
        argument++;
    }
    return SERIN_OK;
}

/* What this program is, to the byte: chunks of another one are not its results. */
static enum serin_status identify_program(uint64_t *out, struct serin_error *err)
{
    static const struct hash_key key = {{0}};
    owned_memory char *bytes = NULL;
    size_t length = 0;
    TRY(file_read("/proc/self/exe", PROGRAM_MAX, &bytes, &length, err));
    *out = hash_siphash64(&key, bytes, length);
    return SERIN_OK;
}

static enum serin_status make_folders(const char *path, struct serin_error *err)
{
    char part[PATH_SIZE];
    size_t length = strlen(path);
    for (size_t i = 1; i <= length && length < sizeof(part); i++) {
        if (path[i] == '/' || path[i] == '\0') {
            memcpy(part, path, i);
            part[i] = '\0';
            if (mkdir(part, 0777) != 0 && errno != EEXIST) {
                return serin_fail(err, SERIN_UNAVAILABLE, "cannot make %s: %s", part,
                                  strerror(errno));
            }
        }
    }
    return SERIN_OK;
}

static enum serin_status write_file(const char *folder, const char *name, struct buffer *text,
                                    struct serin_error *err)
{
    char path[PATH_SIZE];
    (void)snprintf(path, sizeof(path), "%s/%s", folder, name);
    TRY(buffer_status(text));
    return file_write_atomic(path, buffer_text(text), buffer_view(text).length, err);
}

static enum serin_status remove_file(const char *folder, const char *name, struct serin_error *err)
{
    char path[PATH_SIZE];
    (void)snprintf(path, sizeof(path), "%s/%s", folder, name);
    if (unlink(path) != 0 && errno != ENOENT) {
        return serin_fail(err, SERIN_UNAVAILABLE, "cannot remove %s: %s", path, strerror(errno));
    }
    return SERIN_OK;
}

/* A table without rows is no file; one of an earlier run would pass for a result of this one. */
static enum serin_status write_table(const struct options *options, const struct study *study,
                                     const struct results *results, enum csv_part part,
                                     struct buffer *text, struct serin_error *err)
{
    char name[PATH_SIZE];
    (void)snprintf(name, sizeof(name), "%s%s.csv", study->name,
                   part == CSV_GUARDED ? "_guarded" : "");
    buffer_clear(text);
    csv_write(results, part, text);
    return buffer_view(text).length > 0 ? write_file(options->out, name, text, err)
                                        : remove_file(options->out, name, err);
}

static enum serin_status write_results(const struct options *options, const struct study *study,
                                       const struct results *results, struct serin_error *err)
{
    owned(buffer) text = buffer_create(TEXT_MAX);
    if (!text) {
        return serin_fail(err, SERIN_NO_MEMORY, "the tables of a study");
    }
    TRY(write_table(options, study, results, CSV_ANSWERED, text, err));
    TRY(write_table(options, study, results, CSV_GUARDED, text, err));
    size_t figures = options->profile == PROFILE_FULL ? study->figure_count : 0;
    for (size_t i = 0; i < figures; i++) {
        buffer_clear(text);
        TRY(study->figures[i].draw(results, text, err));
        TRY(write_file(options->out, study->figures[i].file, text, err));
    }
    return SERIN_OK;
}

static enum serin_status report(const struct study *study, const struct results *results,
                                struct promise_count *total, struct serin_error *err)
{
    owned(buffer) text = buffer_create(TEXT_MAX);
    if (!text) {
        return serin_fail(err, SERIN_NO_MEMORY, "the report of a study");
    }
    buffer_printf(text, "%s: %s, %zu results\n", study->name, study->title, results->count);
    struct promise_count count = promises_check(study, results, text);
    if (study->summarize) {
        study->summarize(results, text);
    }
    total->passed += count.passed;
    total->failed += count.failed;
    fputs(buffer_text(text), stdout);
    return fflush(stdout) == 0 ? SERIN_OK
                               : serin_fail(err, SERIN_UNAVAILABLE, "cannot write the report");
}

static enum serin_status open_journal(const struct options *options, const struct study *study,
                                      struct journal **out, struct serin_error *err)
{
    char name[PATH_SIZE];
    char path[2 * PATH_SIZE];
    (void)snprintf(name, sizeof(name), "%s-%s.chunks", options->profile_name, study->name);
    (void)snprintf(path, sizeof(path), "%s/%s", options->state, name);
    if (options->is_fresh) {
        TRY(remove_file(options->state, name, err));
    }
    return journal_open(path, options->program, study->measure_count, out, err);
}

static enum serin_status run_study(const struct options *options, const struct study *study,
                                   struct promise_count *total, struct serin_error *err)
{
    owned(journal) journal = NULL;
    owned(finished_study) finished = NULL;
    TRY(open_journal(options, study, &journal, err));
    struct run_settings settings = {
        .study = study, .profile = options->profile, .jobs = options->jobs, .journal = journal};
    TRY(runner_run(&settings, &finished, err));
    const struct results *results = finished_study_results(finished);
    TRY(write_results(options, study, results, err));
    return report(study, results, total, err);
}

static enum serin_status run(char **arguments, struct promise_count *total, struct serin_error *err)
{
    struct options options;
    TRY(read_options(arguments, &options, err));
    TRY(identify_program(&options.program, err));
    TRY(make_folders(options.out, err));
    TRY(make_folders(options.state, err));
    for (size_t i = 0; i < study_count; i++) {
        if (!options.study || strcmp(options.study, studies[i]->name) == 0) {
            TRY(run_study(&options, studies[i], total, err));
        }
    }
    return SERIN_OK;
}

int main(int count, char **arguments)
{
    struct serin_error err = {.status = SERIN_OK};
    struct promise_count total = {0, 0};
    (void)count;
    enum serin_status status = run(arguments, &total, &err);
    if (status != SERIN_OK) {
        fprintf(stderr, "study: %s\n",
                err.detail[0] != '\0' ? err.detail : serin_status_name(status));
        return status == SERIN_INVALID ? 2 : 4;
    }
    printf("study: %zu passed, %zu failed\n", total.passed, total.failed);
    return total.failed > 0 ? 1 : 0;
}
