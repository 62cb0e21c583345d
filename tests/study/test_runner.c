#include "study/csv.h"
#include "study/promises.h"
#include "study/runner.h"
#include "support/temp_folder.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <gsl/gsl_randist.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { HIT, SIZE };
static const struct measure measures[] = {
    [HIT] = {"hit",  MEASURE_RATE, "", 0.5},
    [SIZE] = {"size", MEASURE_MEAN, "", 0.0},
};

static void plan(enum profile profile, struct cell_list *cells)
{
    for (int i = 0; i < 6; i++) {
        struct cell *cell = cell_list_add(cells, profile == PROFILE_CI ? 40 : 70, 15);
        cell_set_number(cell, "rate", 0.1 * i);
        cell_set_text(cell, "kind", i % 2 == 0 ? "even, \"plain\"" : "odd");
    }
}

static enum serin_status run(const struct cell *cell, struct random *random, size_t repetitions,
                             struct tallies *tallies, struct serin_error *err)
{
    (void)err;
    for (size_t i = 0; i < repetitions; i++) {
        double draw = gsl_rng_uniform(random_gsl(random));
        tally_add(tallies, HIT, draw < cell_number(cell, "rate"));
        tally_add(tallies, SIZE, gsl_ran_gaussian(random_gsl(random), 1.0) / 3.0);
        if (draw > 0.9) {
            tally_reason(tallies, "too_few_samples");
        }
    }
    return SERIN_OK;
}

static const struct study study = {
    .name = "test", .measures = measures, .measure_count = 2, .plan = plan, .run = run};

static enum serin_status run_until_the_third_cell(const struct cell *cell, struct random *random,
                                                  size_t repetitions, struct tallies *tallies,
                                                  struct serin_error *err)
{
    if (cell_number(cell, "rate") == 0.2) {
        return serin_fail(err, SERIN_UNAVAILABLE, "the power went off");
    }
    return run(cell, random, repetitions, tallies, err);
}

static char *run_to_csv(const struct study *of, size_t jobs, struct journal *journal)
{
    struct run_settings settings = {
        .study = of, .jobs = jobs, .journal = journal, .is_quiet = true};
    struct serin_error err = {.status = SERIN_OK};
    owned(finished_study) finished = NULL;
    owned(buffer) text = buffer_create(1 << 20);
    char *out = NULL;
    if (runner_run(&settings, &finished, &err) != SERIN_OK) {
        return NULL;
    }
    csv_write(finished_study_results(finished), CSV_ANSWERED, text);
    csv_write(finished_study_results(finished), CSV_GUARDED, text);
    cr_assert(eq(int, buffer_take(text, &out, NULL), SERIN_OK));
    return out;
}

static struct journal *open_journal(const char *path, uint64_t program)
{
    struct journal *journal = NULL;
    struct serin_error err = {.status = SERIN_OK};
    cr_assert(eq(int, journal_open(path, program, 2, &journal, &err), SERIN_OK), "%s", err.detail);
    return journal;
}

Test(runner, gives_the_same_bytes_whatever_the_number_of_threads)
{
    owned_memory char *alone = run_to_csv(&study, 1, NULL);
    owned_memory char *together = run_to_csv(&study, 7, NULL);
    cr_assert(eq(str, alone, together));
}

Test(runner, goes_on_after_an_interruption_as_if_there_had_been_none)
{
    const char *path = temp_path("chunks");
    struct study broken = study;
    broken.run = run_until_the_third_cell;
    {
        owned(journal) journal = open_journal(path, 1);
        cr_assert(run_to_csv(&broken, 2, journal) == NULL);
    }
    FILE *file = fopen(path, "a");
    fputs("0123456789abcdef 0 3 15 2.5", file); /* cut short */
    fclose(file);
    owned(journal) journal = open_journal(path, 1);
    owned_memory char *resumed = run_to_csv(&study, 2, journal);
    owned_memory char *whole = run_to_csv(&study, 1, NULL);
    cr_assert(eq(str, resumed, whole));
}

static enum serin_status refuse(const struct cell *cell, struct random *random, size_t repetitions,
                                struct tallies *tallies, struct serin_error *err)
{
    (void)cell, (void)random, (void)repetitions, (void)tallies;
    return serin_fail(err, SERIN_BUG, "ran again");
}

Test(runner, simulates_nothing_twice)
{
    const char *path = temp_path("chunks");
    struct study done = study;
    done.run = refuse;
    {
        owned(journal) journal = open_journal(path, 1);
        owned_memory char *first = run_to_csv(&study, 2, journal);
        cr_assert(first != NULL);
    }
    owned(journal) journal = open_journal(path, 1);
    owned_memory char *again = run_to_csv(&done, 2, journal);
    cr_assert(again != NULL);
}

Test(runner, takes_nothing_from_another_program)
{
    const char *path = temp_path("chunks");
    struct study done = study;
    done.run = refuse;
    {
        owned(journal) journal = open_journal(path, 1);
        owned_memory char *first = run_to_csv(&study, 2, journal);
        cr_assert(first != NULL);
    }
    owned(journal) journal = open_journal(path, 2);
    cr_assert(run_to_csv(&done, 2, journal) == NULL);
}

Test(runner, confirms_a_high_rate_with_ten_times_as_many_fresh_repetitions)
{
    struct study eager = study;
    struct measure low[2] = {measures[HIT], measures[SIZE]};
    low[HIT].confirm_above = 0.05;
    eager.measures = low;
    owned_memory char *text = run_to_csv(&eager, 1, NULL);
    cr_assert(strstr(text, "0.5,odd,planned,0,40,") != NULL, "%s", text);
    cr_assert(strstr(text, "0.5,odd,confirmed,1,400,") != NULL, "%s", text);
}

Test(csv, quotes_what_would_break_a_row)
{
    owned_memory char *text = run_to_csv(&study, 1, NULL);
    cr_assert(strncmp(text, "rate,kind,stage,", 16) == 0);
    cr_assert(strstr(text, "0,\"even, \"\"plain\"\"\",planned,1,40,") != NULL, "%s", text);
}

static struct promise_count check(double limit, enum promise_kind kind, const char *measure)
{
    struct promise promise = {kind, measure, limit, NULL, "a claim"};
    struct study held = study;
    held.promises = &promise;
    held.promise_count = 1;
    struct run_settings settings = {
        .study = &held, .profile = PROFILE_FULL, .jobs = 1, .is_quiet = true};
    struct serin_error err = {.status = SERIN_OK};
    owned(finished_study) finished = NULL;
    owned(buffer) text = buffer_create(1 << 20);
    cr_assert(eq(int, runner_run(&settings, &finished, &err), SERIN_OK));
    return promises_check(&held, finished_study_results(finished), text);
}

Test(promises, are_broken_only_beyond_chance)
{
    cr_assert(eq(sz, check(0.5, PROMISE_EACH_AT_MOST, "hit").passed, 1));
    cr_assert(eq(sz, check(0.2, PROMISE_EACH_AT_MOST, "hit").failed, 1));
    cr_assert(eq(sz, check(0.25, PROMISE_MEAN_AT_MOST, "hit").passed, 1));
    cr_assert(eq(sz, check(0.1, PROMISE_MEAN_AT_MOST, "hit").failed, 1));
    cr_assert(eq(sz, check(0.3, PROMISE_EACH_AT_LEAST, "hit").failed, 1));
    cr_assert(eq(sz, check(-0.5, PROMISE_EACH_AT_LEAST, "size").passed, 1));
}
