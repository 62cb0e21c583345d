#include "source/store_state.h"

/* The embedded store is one for all streams and opened by whoever runs Serin, not by a source. */
static enum serin_status refuse_open(const char *name, const void *options, void **out_state,
                                     struct serin_error *err)
{
    (void)options;
    (void)out_state;
    return serin_fail(
        err, SERIN_INVALID,
        "source \"%s\": the embedded store is always there and needs no source; leave "
        "it out, or let streams name \"store\"",
        name);
}

static enum serin_status fetch(void *state, const struct table_query *query,
                               struct deadline deadline, struct block_tables **out,
                               struct serin_error *err)
{
    if (deadline_passed(deadline)) {
        return serin_fail(err, SERIN_TIMEOUT, "the deadline passed before the store was read");
    }
    return store_fetch(state, query, out, err);
}

/* Memory always answers; what can fail is writing. */
static enum serin_status ping(void *state, struct deadline deadline, struct serin_error *err)
{
    (void)deadline;
    struct store *store = state;
    scoped_rwlock held = rwlock_read(&store->memory);
    for (size_t job = 0; job < STORE_JOBS; job++) {
        const struct serin_error *failure = &store->failures[job];
        if (failure->status != SERIN_OK) {
            return serin_fail(err, SERIN_UNAVAILABLE, "%s", failure->detail);
        }
    }
    return SERIN_OK;
}

static void leave_open(void *state)
{
    (void)state;
}

const struct source_driver store_driver = {
    .type = "store",
    .help = "the embedded store: label events pushed to /v1/events",
    .options = NULL,
    .option_count = 0,
    .options_size = 0,
    .open = refuse_open,
    .fetch = fetch,
    .ping = ping,
    .close = leave_open,
};
