/* The contract's world in the embedded store. */
#include "source/contract.h"
#include "source/store.h"
#include "support/fake_clock.h"
#include "support/temp_folder.h"

#include <criterion/criterion.h>
#include <stdlib.h>

struct fixture {
    struct fake_clock clock;
    struct store *store;
    size_t shown;
};

static void append(struct fixture *fixture, const struct contract_world *world)
{
    struct serin_error err = {.status = SERIN_OK};
    struct append_result result = {0};
    owned(store_batch) batch = store_batch_create(fixture->store);
    for (; fixture->shown < world->count; fixture->shown++) {
        const struct contract_event *shown = &world->events[fixture->shown];
        struct label_event event = {
            .arm = text_view_of(shown->arm),
            .pod = text_view_of(shown->pod),
            .label = text_view_of(shown->label),
            .reference = text_view_of(shown->reference),
            .has_label = true,
            .has_reference = shown->reference != NULL,
            .time_ms = shown->time_ms,
            .count = shown->count,
            .slices = {{TEXT_VIEW("region"), text_view_of(shown->region)}},
            .slice_count = shown->region != NULL,
        };
        cr_assert(store_batch_add(batch, &contract_stream, &event, &err) == SERIN_OK, "%s",
                  err.detail);
    }
    cr_assert(store_append(fixture->store, text_view_of(""), batch, &result, &err) == SERIN_OK,
              "%s", err.detail);
}

static void fixture_open(const struct contract_world *world, void **out)
{
    struct serin_error err = {.status = SERIN_OK};
    struct fixture *fixture = calloc(1, sizeof(*fixture));
    fixture->clock = fake_clock_at(CONTRACT_NOW_MS);
    struct store_options options = {.path = temp_path("contract.db"),
                                    .clock = &fixture->clock.clock};
    cr_assert(store_open(&options, &fixture->store, &err) == SERIN_OK, "%s", err.detail);
    append(fixture, world);
    *out = fixture;
}

static void *fixture_state(void *fixture)
{
    return ((struct fixture *)fixture)->store;
}

static void fixture_show(void *fixture, const struct contract_world *world)
{
    append(fixture, world);
}

static void fixture_close(void *context)
{
    struct fixture *fixture = context;
    store_close(fixture->store);
    free(fixture);
}

extern const struct contract_fixture contract_store;
const struct contract_fixture contract_store = {
    .type = "store",
    .open = fixture_open,
    .state = fixture_state,
    .show = fixture_show,
    .close = fixture_close,
};
