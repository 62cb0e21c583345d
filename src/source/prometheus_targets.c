#include "source/prometheus_targets.h"

#include "base/arena.h"
#include "base/number.h"
#include "labels/dictionary.h"

#include <math.h>
#include <stdlib.h>

enum {
    LIVES_MAX = 1000,          /* of one series: a process restarted so often has no start time */
    PEERS_MAX = 64,            /* series of one machine that are compared */
    SCRAPER_LABELS_MAX = 64,   /* learnt */
    START_TOLERANCE_MS = 1000, /* computed start times wobble with the machine's clock */
    CLOCK_SKEW_MS = 60000      /* between a pod and Prometheus */
};

#define NONE UINT32_MAX

/* A process that ran in a container; another one follows when it restarts. */
struct life {
    int64_t started_ms; /* by the pod's clock */
    int64_t first_ms;   /* first sample that told so, by that of Prometheus */
};

/* One series of start times. */
struct process {
    struct series_labels labels;
    uint32_t host;
    uint32_t next; /* on the same machine */
    struct life *lives;
    size_t life_count;
    size_t life_room;
    bool is_unclear;
    int64_t first_ms;
    int64_t last_ms;
};

struct host {
    int64_t first_ms; /* first sample of anything of it */
    uint32_t scope;   /* the last one made */
};

struct scope {
    uint32_t host;
    uint32_t next; /* of the same host */
    uint32_t process;
    int64_t first_ms;
    int64_t last_ms;
};

/* Texts or hashes → dense ids, with an array of what they stand for beside it. */
struct targets {
    struct target_settings settings;
    struct arena *arena;
    struct dictionary *host_ids;
    struct dictionary *machine_ids; /* pod and instance: where one process listens */
    struct dictionary *scope_ids;
    struct dictionary *scraper_labels;
    struct host *hosts;
    size_t host_room;
    struct scope *scopes;
    size_t scope_room;
    uint32_t *machines; /* first process of each */
    size_t machine_room;
    struct process *processes;
    size_t process_count;
    size_t process_room;
};

static enum serin_status no_memory(struct serin_error *err)
{
    return serin_fail(err, SERIN_NO_MEMORY, "no memory left for the targets of a Prometheus");
}

/* ---- creation -------------------------------------------------------------------------------- */

static void forget_everything(struct targets *targets)
{
    for (size_t i = 0; i < targets->process_count; i++) {
        memory_free(targets->processes[i].lives);
        targets->processes[i] = (struct process){0};
    }
    targets->process_count = 0;
    dictionary_destroy(give(targets->host_ids));
    dictionary_destroy(give(targets->machine_ids));
    dictionary_destroy(give(targets->scope_ids));
    dictionary_destroy(give(targets->scraper_labels));
    arena_destroy(give(targets->arena));
}

static bool begin_anew(struct targets *targets)
{
    const struct target_settings *settings = &targets->settings;
    forget_everything(targets);
    targets->arena = arena_create();
    targets->host_ids = dictionary_create(settings->series_max * 2, &settings->key);
    targets->machine_ids = dictionary_create(settings->series_max * 2, &settings->key);
    targets->scope_ids = dictionary_create(settings->series_max, &settings->key);
    targets->scraper_labels = dictionary_create(SCRAPER_LABELS_MAX, &settings->key);
    return targets->arena && targets->host_ids && targets->machine_ids && targets->scope_ids &&
           targets->scraper_labels;
}

struct targets *targets_create(const struct target_settings *settings)
{
    owned(targets) targets = memory_allocate(1, sizeof(*targets));
    if (!targets) {
        return NULL;
    }
    targets->settings = *settings;
    return begin_anew(targets) ? give(targets) : NULL;
}

void targets_destroy(struct targets *targets)
{
    if (targets) {
        forget_everything(targets);
        memory_free(targets->hosts);
        memory_free(targets->scopes);
        memory_free(targets->machines);
        memory_free(targets->processes);
        memory_free(targets);
    }
}

/* ---- who is who ------------------------------------------------------------------------------ */

/*
 * The id of a hash, and room for it in the array beside the dictionary. `*out_is_new` when it has
 * not been there before.
 */
static enum serin_status intern(struct dictionary *ids, struct hash128 hash, void **items,
                                size_t *room, size_t item_size, uint32_t *out_id, bool *out_is_new,
                                struct serin_error *err)
{
    size_t before = dictionary_size(ids);
    struct text_view key = {(const char *)&hash, sizeof(hash)};
    uint32_t id = 0;
    if (dictionary_intern(ids, key, &id) != SERIN_OK) {
        return no_memory(err);
    }
    if (id == DICTIONARY_OTHER) {
        return serin_fail(err, SERIN_TOO_LARGE, "more than %zu targets in one arm", before);
    }
    if (memory_grow(items, room, (size_t)id + 1, item_size, SIZE_MAX) != SERIN_OK) {
        return no_memory(err);
    }
    *out_id = id;
    *out_is_new = id == before;
    return SERIN_OK;
}

static bool is_no_machine_label(const void *context, struct text_view name)
{
    const struct targets *targets = context;
    return !text_equal(name, targets->settings.pod_label) && !text_equals(name, "instance");
}

static bool is_no_host_label(const void *context, struct text_view name)
{
    const struct targets *targets = context;
    return is_no_machine_label(context, name) && !text_equals(name, "job") &&
           !text_equal(name, targets->settings.replica_label);
}

static enum serin_status intern_host(struct targets *targets, struct series_labels labels,
                                     uint32_t *out_host, struct serin_error *err)
{
    bool is_new = false;
    struct hash128 hash =
        series_labels_hash(labels, &targets->settings.key, is_no_host_label, targets);
    TRY(intern(targets->host_ids, hash, (void **)&targets->hosts, &targets->host_room,
               sizeof(*targets->hosts), out_host, &is_new, err));
    if (is_new) {
        targets->hosts[*out_host] = (struct host){.first_ms = INT64_MAX, .scope = NONE};
    }
    return SERIN_OK;
}

static enum serin_status intern_machine(struct targets *targets, struct series_labels labels,
                                        uint32_t *out_machine, struct serin_error *err)
{
    bool is_new = false;
    struct hash128 hash =
        series_labels_hash(labels, &targets->settings.key, is_no_machine_label, targets);
    TRY(intern(targets->machine_ids, hash, (void **)&targets->machines, &targets->machine_room,
               sizeof(*targets->machines), out_machine, &is_new, err));
    if (is_new) {
        targets->machines[*out_machine] = NONE;
    }
    return SERIN_OK;
}

static void see_host(struct targets *targets, uint32_t host, int64_t time_ms)
{
    if (time_ms < targets->hosts[host].first_ms) {
        targets->hosts[host].first_ms = time_ms;
    }
}

/* ---- reading start times --------------------------------------------------------------------- */

static enum serin_status start_begin(void *context, struct serin_error *err)
{
    return begin_anew(context) ? SERIN_OK : no_memory(err);
}

static enum serin_status copy_labels(struct targets *targets, struct series_labels labels,
                                     struct series_labels *out, struct serin_error *err)
{
    struct series_label *copies =
        arena_allocate(targets->arena, (labels.count + 1) * sizeof(*copies));
    if (!copies) {
        return no_memory(err);
    }
    for (size_t i = 0; i < labels.count; i++) {
        char *name = arena_copy_text(targets->arena, labels.items[i].name);
        char *value = arena_copy_text(targets->arena, labels.items[i].value);
        if (!name || !value) {
            return no_memory(err);
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
                   ? no_memory(err)
                   : serin_fail(err, SERIN_TOO_LARGE,
                                "more than %zu processes in one arm; is the arm's selector too "
                                "wide? max_series of the source can be raised",
                                targets->settings.series_max);
    }
    TRY(copy_labels(targets, labels, &process.labels, err));
    TRY(intern_host(targets, labels, &process.host, err));
    TRY(intern_machine(targets, labels, &machine, err));
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

/* A start time that is no number leaves the process without one. */
static enum serin_status start_sample(void *context, int64_t time_ms, struct text_view value,
                                      struct serin_error *err)
{
    struct targets *targets = context;
    struct process *process = &targets->processes[targets->process_count - 1];
    double seconds = 0.0;
    if (time_ms <= targets->settings.from_ms) {
        return SERIN_OK;
    }
    process->first_ms = time_ms < process->first_ms ? time_ms : process->first_ms;
    process->last_ms = time_ms;
    see_host(targets, process->host, time_ms);
    if (number_parse_double(value, &seconds) != SERIN_OK || !(fabs(seconds) < 1e12)) {
        process->is_unclear = true;
        return SERIN_OK;
    }
    return add_life(process, llround(seconds * 1000.0), time_ms) == SERIN_OK ? SERIN_OK
                                                                             : no_memory(err);
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
            return no_memory(err);
        }
        peer = other->next;
    }
    return SERIN_OK;
}

const struct prometheus_sink targets_sink = {start_begin, start_series, start_sample,
                                             start_series_end};

bool targets_is_scraper_label(const struct targets *targets, struct text_view name)
{
    uint32_t ignored = 0;
    return dictionary_find(targets->scraper_labels, name, &ignored);
}

/* ---- scopes of the stream's counter ---------------------------------------------------------- */

/*
 * The series of start times that came with the same scrapes: it has the target's labels and no
 * others, so all of them are on the counter, too. Of several, that which says most.
 */
static uint32_t process_of(const struct targets *targets, uint32_t machine,
                           struct series_labels labels)
{
    uint32_t best = NONE;
    bool is_tie = false;
    uint32_t peer = targets->machines[machine];
    for (size_t i = 0; i < PEERS_MAX && peer != NONE; i++) {
        const struct process *process = &targets->processes[peer];
        size_t best_count = best == NONE ? 0 : targets->processes[best].labels.count;
        if (process->labels.count >= best_count && series_labels_include(labels, process->labels)) {
            is_tie = best != NONE && process->labels.count == best_count;
            best = peer;
        }
        peer = process->next;
    }
    return is_tie ? NONE : best;
}

enum serin_status targets_enter(struct targets *targets, struct series_labels labels,
                                struct hash128 scope_hash, uint32_t *out_scope,
                                struct serin_error *err)
{
    uint32_t scope = 0;
    uint32_t machine = 0;
    bool is_new = false;
    TRY(intern(targets->scope_ids, scope_hash, (void **)&targets->scopes, &targets->scope_room,
               sizeof(*targets->scopes), &scope, &is_new, err));
    if (is_new) {
        struct scope *made = &targets->scopes[scope];
        TRY(intern_host(targets, labels, &made->host, err));
        TRY(intern_machine(targets, labels, &machine, err));
        made->next = targets->hosts[made->host].scope;
        made->process = process_of(targets, machine, labels);
        made->first_ms = INT64_MAX;
        made->last_ms = INT64_MIN;
        targets->hosts[made->host].scope = scope;
    }
    *out_scope = scope;
    return SERIN_OK;
}

void targets_see(struct targets *targets, uint32_t scope, int64_t time_ms)
{
    struct scope *seen = &targets->scopes[scope];
    seen->last_ms = time_ms > seen->last_ms ? time_ms : seen->last_ms;
    if (time_ms < seen->first_ms) {
        seen->first_ms = time_ms;
        see_host(targets, seen->host, time_ms);
    }
}

/* ---- judging --------------------------------------------------------------------------------- */

static const struct process *process_in(const struct targets *targets, uint32_t scope)
{
    uint32_t process = targets->scopes[scope].process;
    return process == NONE ? NULL : &targets->processes[process];
}

/* The process that ran at a time; NULL when unknown. */
static const struct life *life_at(const struct process *process, int64_t time_ms)
{
    const struct life *found = NULL;
    for (size_t i = 0; i < process->life_count && process->lives[i].first_ms <= time_ms; i++) {
        found = &process->lives[i];
    }
    return found;
}

bool targets_restarted(const struct targets *targets, uint32_t scope, int64_t earlier_ms,
                       int64_t later_ms)
{
    const struct process *process = process_in(targets, scope);
    if (!process || process->is_unclear || process->life_count < 2) {
        return false;
    }
    const struct life *before = life_at(process, earlier_ms);
    const struct life *after = life_at(process, later_ms);
    /* A start time that moves into the past of a running process is a clock that was set. */
    return before && after != before && after->started_ms >= earlier_ms - CLOCK_SKEW_MS;
}

/*
 * Whether other series of the host were there before and went on: a scope that ends when another
 * one begins may be the same counters under new labels.
 */
static bool has_company(const struct targets *targets, uint32_t host, int64_t time_ms)
{
    uint32_t peer = targets->hosts[host].scope;
    for (size_t i = 0; i < PEERS_MAX && peer != NONE; i++) {
        const struct scope *scope = &targets->scopes[peer];
        if (scope->first_ms < time_ms && scope->last_ms >= time_ms) {
            return true;
        }
        peer = scope->next;
    }
    return false;
}

bool targets_began_at_zero(const struct targets *targets, uint32_t scope, int64_t time_ms)
{
    const struct process *process = process_in(targets, scope);
    if (targets->scopes[scope].first_ms < time_ms || (process && process->first_ms < time_ms) ||
        has_company(targets, targets->scopes[scope].host, time_ms)) {
        return true;
    }
    const struct life *life = process && !process->is_unclear ? life_at(process, time_ms) : NULL;
    bool is_continued = targets->hosts[targets->scopes[scope].host].first_ms < time_ms;
    return life && life->started_ms > targets->settings.from_ms && !is_continued;
}
