/* A writer that is killed at random moments: nothing acknowledged is lost, nothing counted twice.
 */
#include "support/cells.h"
#include "support/random.h"
#include "support/store_events.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

enum { KILLS = 60, PLAIN_EVENTS = 20, ITEMS = 3 };

static struct store *open_small(const struct fake_clock *clock)
{
    /* A short journal, so that checkpoints are killed too. */
    struct store_limits limits = store_limits_default;
    limits.journal = 3000;
    return open_store_with(temp_path("k.db"), clock, &limits);
}

/* Batch n: plain events, and items of which both arms' labels and the reference come in a row. */
static void append_batch(struct store *store, uint32_t number)
{
    struct brief briefs[PLAIN_EVENTS + 3 * ITEMS];
    char keys[ITEMS][32];
    char name[32];
    size_t count = 0;
    for (int i = 0; i < PLAIN_EVENTS; i++) {
        briefs[count++] = (struct brief){.arm = i % 2 ? "canary" : "stable",
                                         .pod = i % 3 ? "p" : "q",
                                         .label = i % 5 ? "x" : "y",
                                         .reference = "x",
                                         .time_ms = NOW_MS - (number % 7) * MINUTE_MS,
                                         .count = number % 4 + 1};
    }
    for (int i = 0; i < ITEMS; i++) {
        (void)snprintf(keys[i], sizeof(keys[i]), "key-%u-%d", number, i);
        briefs[count++] = (struct brief){
            .stream = &keyed_stream, .arm = "canary", .pod = "c", .label = "x", .key = keys[i]};
        briefs[count++] = (struct brief){.stream = &keyed_stream, .key = keys[i], .reference = "r"};
        briefs[count++] = (struct brief){
            .stream = &keyed_stream, .arm = "stable", .pod = "s", .label = "y", .key = keys[i]};
    }
    (void)snprintf(name, sizeof(name), "batch-%u", number);
    (void)append_briefs(store, name, briefs, count);
}

/* Appends batches from `number` on and tells each one that was acknowledged, until it is killed. */
static void write_until_killed(uint32_t number, int acknowledged)
{
    struct fake_clock clock = fake_clock_at(NOW_MS);
    struct store *store = open_small(&clock);
    for (;; number++) {
        append_batch(store, number);
        if (write(acknowledged, &number, sizeof(number)) != sizeof(number)) {
            _exit(1);
        }
    }
}

/*
 * The number of batches that are acknowledged when the writer is dead. Every other writer lives
 * until its first acknowledgement at least, however slow the machine is.
 */
static uint32_t run_writer(uint32_t number, bool is_patient, unsigned lifetime_us)
{
    int ends[2];
    cr_assert(eq(int, pipe(ends), 0));
    pid_t child = fork();
    if (child == 0) {
        (void)close(ends[0]);
        write_until_killed(number, ends[1]);
    }
    (void)close(ends[1]);
    uint32_t last = 0;
    if (is_patient && read(ends[0], &last, sizeof(last)) == sizeof(last)) {
        number = last + 1;
    }
    (void)usleep(lifetime_us);
    cr_assert(eq(int, kill(child, SIGKILL), 0));
    while (read(ends[0], &last, sizeof(last)) == sizeof(last)) {
        number = last + 1;
    }
    (void)close(ends[0]);
    cr_assert(eq(int, waitpid(child, NULL, 0), child));
    return number;
}

static uint64_t plain_events(uint32_t batches)
{
    uint64_t events = 0;
    for (uint32_t number = 0; number < batches; number++) {
        events += (uint64_t)PLAIN_EVENTS / 2 * (number % 4 + 1);
    }
    return events;
}

static void check_counts(struct store *store, uint32_t batches)
{
    owned(block_tables) plain = fetch_tables(store, &plain_stream, NOW_MS);
    owned(block_tables) keyed = fetch_tables(store, &keyed_stream, NOW_MS);
    cr_assert(eq(u64, block_tables_events(plain, ARM_CANARY), plain_events(batches)));
    cr_assert(eq(u64, block_tables_events(plain, ARM_STABLE), plain_events(batches)));
    cr_assert(eq(u64, pairs_of(keyed, "r", "x", "y"), (uint64_t)batches * ITEMS));
    cr_assert(eq(u64, cell_of(keyed, ARM_STABLE, "r", "y"), (uint64_t)batches * ITEMS));
    cr_assert(eq(u64, block_tables_unreferenced(keyed, ARM_CANARY), 0));
}

Test(store_kill, nothing_acknowledged_is_lost_and_nothing_is_counted_twice)
{
    struct random random = {4711};
    struct fake_clock clock = fake_clock_at(NOW_MS);
    uint32_t acknowledged = 0;
    /* The folder must be there before the first writer makes one of its own. */
    (void)temp_folder();
    for (int kills = 0; kills < KILLS; kills++) {
        acknowledged =
            run_writer(acknowledged, kills % 2, 500 + (unsigned)random_below(&random, 40000));
        if (kills % 6 == 5) {
            struct store *store = open_small(&clock);
            /* The batch under way at the kill may be there or not; sent again, it is, once. */
            append_batch(store, acknowledged);
            acknowledged++;
            check_counts(store, acknowledged);
            store_close(store);
        }
    }
    cr_assert(ge(u32, acknowledged, KILLS / 2));
    struct store *store = open_small(&clock);
    for (uint32_t number = 0; number <= acknowledged; number++) {
        append_batch(store, number);
    }
    check_counts(store, acknowledged + 1);
    store_close(store);
}
