#include "source/prometheus_targets.h"

#include "source/prometheus_targets_state.h"

enum {
    SCRAPER_LABELS_MAX = 64, /* learnt */
    CLOCK_SKEW_MS = 60000    /* between a pod and Prometheus */
};

enum serin_status targets_no_memory(struct serin_error *err)
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

bool targets_begin_anew(struct targets *targets)
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
    return targets_begin_anew(targets) ? give(targets) : NULL;
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
        return targets_no_memory(err);
    }
    if (id == DICTIONARY_OTHER) {
        return serin_fail(err, SERIN_TOO_LARGE, "more than %zu targets in one arm", before);
    }
    if (memory_grow(items, room, (size_t)id + 1, item_size, SIZE_MAX) != SERIN_OK) {
        return targets_no_memory(err);
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

enum serin_status targets_intern_host(struct targets *targets, struct series_labels labels,
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

enum serin_status targets_intern_machine(struct targets *targets, struct series_labels labels,
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

void targets_see_host(struct targets *targets, uint32_t host, int64_t time_ms)
{
    if (time_ms < targets->hosts[host].first_ms) {
        targets->hosts[host].first_ms = time_ms;
    }
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
        TRY(targets_intern_host(targets, labels, &made->host, err));
        TRY(targets_intern_machine(targets, labels, &machine, err));
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
        targets_see_host(targets, seen->host, time_ms);
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
