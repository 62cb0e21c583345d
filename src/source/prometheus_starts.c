#include "base/number.h"
#include "source/prometheus_targets_state.h"

#include <math.h>
#include <stdlib.h>

enum {
    LIVES_MAX = 1000,         /* of one series: a process restarted so often has no start time */
    START_TOLERANCE_MS = 1000 /* computed start times wobble with the machine's clock */
};

/* ---- reading start times --------------------------------------------------------------------- */

static enum serin_status start_begin(void *context, struct serin_error *err)
{
    return targets_begin_anew(context) ? SERIN_OK : targets_no_memory(err);
}

static enum serin_status copy_labels(struct targets *targets, struct series_labels labels,
                                     struct series_labels *out, struct serin_error *err)
{
    struct series_label *copies =
        arena_allocate(targets->arena, (labels.count + 1) * sizeof(*copies));
    if (!copies) {
        return targets_no_memory(err);
    }
    for (size_t i = 0; i < labels.count; i++) {
        char *name = arena_copy_text(targets->arena, labels.items[i].name);
        char *value = arena_copy_text(targets->arena, labels.items[i].value);
        if (!name || !value) {
            return targets_no_memory(err);
        }
        copies[i].name = (struct text_view){name, labels.items[i].name.length};
        copies[i].value = (struct text_view){value, labels.items[i].value.length};
    }
    *out = (struct series_labels){copies, labels.count};
    return SERIN_OK;
}

static enum serin_status start_series(void *context, struct series_labels labels,
                                      struct serin_error *err)
{
    struct targets *targets = context;
    struct process process = {.first_ms = INT64_MAX, .last_ms = INT64_MIN};
    uint32_t machine = 0;
    if (memory_grow((void **)&targets->processes, &targets->process_room,
                    targets->process_count + 1, sizeof(process),
                    targets->settings.series_max) != SERIN_OK) {
        return targets->process_count < targets->settings.series_max
                   ? targets_no_memory(err)
                   : serin_fail(err, SERIN_TOO_LARGE,
                                "more than %zu processes in one arm; is the arm's selector too "
                                "wide? max_series of the source can be raised",
                                targets->settings.series_max);
    }
    TRY(copy_labels(targets, labels, &process.labels, err));
    TRY(targets_intern_host(targets, labels, &process.host, err));
    TRY(targets_intern_machine(targets, labels, &machine, err));
    process.next = targets->machines[machine];
    targets->machines[machine] = (uint32_t)targets->process_count;
    targets->processes[targets->process_count++] = process;
    return SERIN_OK;
}

static enum serin_status add_life(struct process *process, int64_t started_ms, int64_t time_ms)
{
    if (process->life_count > 0) {
        int64_t last_ms = process->lives[process->life_count - 1].started_ms;
        if (llabs(started_ms - last_ms) <= START_TOLERANCE_MS) {
            return SERIN_OK;
        }
    }
    if (process->life_count == LIVES_MAX) {
        process->is_unclear = true;
        return SERIN_OK;
    }
    TRY(memory_grow((void **)&process->lives, &process->life_room, process->life_count + 1,
                    sizeof(*process->lives), LIVES_MAX));
    process->lives[process->life_count++] = (struct life){started_ms, time_ms};
    return SERIN_OK;
}

/*
 * A start time that is no number leaves the process without one. NaN is where a VictoriaMetrics
 * shows that a series ended.
 */
static enum serin_status start_sample(void *context, int64_t time_ms, struct text_view value,
                                      struct serin_error *err)
{
    struct targets *targets = context;
    struct process *process = &targets->processes[targets->process_count - 1];
    double seconds = 0.0;
    if (time_ms <= targets->settings.from_ms || text_equals(value, "NaN")) {
        return SERIN_OK;
    }
    process->first_ms = time_ms < process->first_ms ? time_ms : process->first_ms;
    process->last_ms = time_ms;
    targets_see_host(targets, process->host, time_ms);
    if (number_parse_double(value, &seconds) != SERIN_OK || !(fabs(seconds) < 1e12)) {
        process->is_unclear = true;
        return SERIN_OK;
    }
    return add_life(process, llround(seconds * 1000.0), time_ms) == SERIN_OK
               ? SERIN_OK
               : targets_no_memory(err);
}

/* ---- the same process scraped twice ---------------------------------------------------------- */

static bool is_same_process(const struct process *a, const struct process *b)
{
    bool overlap = a->first_ms <= b->last_ms && b->first_ms <= a->last_ms;
    return overlap && a->life_count > 0 && b->life_count > 0 &&
           a->lives[a->life_count - 1].started_ms == b->lives[b->life_count - 1].started_ms;
}

/* Learns the labels of `a` that `b` lacks or has with another value. */
static enum serin_status learn_difference(struct targets *targets, struct series_labels a,
                                          struct series_labels b)
{
    for (size_t i = 0; i < a.count; i++) {
        uint32_t ignored = 0;
        if (!text_equal(series_label_value(b, a.items[i].name), a.items[i].value)) {
            TRY(dictionary_intern(targets->scraper_labels, a.items[i].name, &ignored));
        }
    }
    return SERIN_OK;
}

static enum serin_status start_series_end(void *context, struct serin_error *err)
{
    struct targets *targets = context;
    const struct process *process = &targets->processes[targets->process_count - 1];
    uint32_t peer = process->next;
    for (size_t i = 0; i < PEERS_MAX && peer != NONE; i++) {
        const struct process *other = &targets->processes[peer];
        if (is_same_process(process, other) &&
            (learn_difference(targets, process->labels, other->labels) != SERIN_OK ||
             learn_difference(targets, other->labels, process->labels) != SERIN_OK)) {
            return targets_no_memory(err);
        }
        peer = other->next;
    }
    return SERIN_OK;
}

const struct prometheus_sink targets_sink = {.begin = start_begin,
                                             .series = start_series,
                                             .sample = start_sample,
                                             .series_end = start_series_end};

bool targets_is_scraper_label(const struct targets *targets, struct text_view name)
{
    uint32_t ignored = 0;
    return dictionary_find(targets->scraper_labels, name, &ignored);
}
