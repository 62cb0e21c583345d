#include "source/prometheus_series.h"

#include "source/prometheus_sample.h"
#include "source/prometheus_series_state.h"

#include <stdio.h>

static enum serin_status no_memory(struct serin_error *err)
{
    return serin_fail(err, SERIN_NO_MEMORY, "no memory left for the samples of a Prometheus");
}

/* ---- creation -------------------------------------------------------------------------------- */

static void destroy_dictionaries(struct series_set *set)
{
    dictionary_destroy(give(set->pods));
    dictionary_destroy(give(set->texts));
    dictionary_destroy(give(set->twins));
    dictionary_destroy(give(set->groups));
}

static bool begin_anew(struct series_set *set)
{
    const struct series_settings *settings = &set->settings;
    size_t capacity = settings->series_max;
    destroy_dictionaries(set);
    set->pods = dictionary_create(capacity, &settings->key);
    set->texts = dictionary_create(capacity * (2 + SLICE_DIMENSIONS_MAX), &settings->key);
    set->twins = dictionary_create(capacity, &settings->key);
    set->groups = dictionary_create(capacity, &settings->key);
    set->pods_counted = 0;
    set->series_count = 0;
    set->series_read = 0;
    set->step_count = 0;
    set->first_sample_ms = INT64_MAX;
    set->last_sample_ms = INT64_MIN;
    set->first_step_ms = INT64_MAX;
    set->width_ms = 0;
    return set->pods && set->texts && set->twins && set->groups;
}

struct series_set *series_set_create(const struct series_settings *settings)
{
    owned(series_set) set = memory_allocate(1, sizeof(*set));
    if (!set) {
        return NULL;
    }
    set->settings = *settings;
    return begin_anew(set) ? give(set) : NULL;
}

void series_set_destroy(struct series_set *set)
{
    if (set) {
        destroy_dictionaries(set);
        memory_free(set->pod_flags);
        memory_free(set->series);
        memory_free(set->steps);
        memory_free(set);
    }
}

static enum serin_status on_begin(void *context, struct serin_error *err)
{
    return begin_anew(context) ? SERIN_OK : no_memory(err);
}

/* ---- what a series counts -------------------------------------------------------------------- */

/* Labels that differ between what the same scrape brought. */
static bool is_counted_label(const void *context, struct text_view name)
{
    const struct stream *stream = ((const struct series_set *)context)->settings.stream;
    bool is_counted = text_equals(name, stream->label) ||
                      (stream->reference && text_equals(name, stream->reference));
    for (size_t i = 0; i < stream->slice_count && !is_counted; i++) {
        is_counted = text_equals(name, stream->slices[i]);
    }
    return is_counted;
}

static bool is_replica_label(const void *context, struct text_view name)
{
    return text_equal(name, ((const struct series_set *)context)->settings.replica_label);
}

/*
 * Labels that say who scraped. The usual ones are known by name; others are learnt where start
 * times came twice.
 */
static bool is_scraper_label(const void *context, struct text_view name)
{
    static const char *const usual[] = {"job", "prometheus", "prometheus_replica", "replica",
                                        "__replica__"};
    const struct series_set *set = context;
    if (is_counted_label(context, name)) {
        return false;
    }
    for (size_t i = 0; i < ARRAY_LENGTH(usual); i++) {
        if (text_equals(name, usual[i])) {
            return true;
        }
    }
    return is_replica_label(context, name) || targets_is_scraper_label(set->settings.targets, name);
}

static enum serin_status intern_hash(struct series_set *set, struct dictionary *ids,
                                     struct series_labels labels, series_label_filter *leaves_out,
                                     uint32_t *out_id, struct serin_error *err)
{
    struct hash128 hash = series_labels_hash(labels, &set->settings.key, leaves_out, set);
    struct text_view key = {(const char *)&hash, sizeof(hash)};
    return dictionary_intern(ids, key, out_id) == SERIN_OK ? SERIN_OK : no_memory(err);
}

static enum serin_status intern_value(struct series_set *set, struct series_labels labels,
                                      const char *name, uint32_t *out_id, struct serin_error *err)
{
    struct text_view value = series_label_value(labels, text_view_of(name));
    if (value.length == 0) {
        *out_id = NO_TEXT;
        return SERIN_OK;
    }
    return dictionary_intern(set->texts, value, out_id) == SERIN_OK ? SERIN_OK : no_memory(err);
}

static enum serin_status intern_pod(struct series_set *set, struct text_view pod, uint32_t *out_id,
                                    struct serin_error *err)
{
    size_t before = dictionary_size(set->pods);
    if (dictionary_intern(set->pods, pod, out_id) != SERIN_OK ||
        memory_grow((void **)&set->pod_flags, &set->pod_flag_room, (size_t)*out_id + 1,
                    sizeof(*set->pod_flags), SIZE_MAX) != SERIN_OK) {
        return no_memory(err);
    }
    if (*out_id == before) {
        set->pod_flags[*out_id] = 0;
    }
    return SERIN_OK;
}

static enum serin_status intern_texts(struct series_set *set, struct series_labels labels,
                                      struct text_view pod, struct series *series,
                                      struct serin_error *err)
{
    const struct stream *stream = set->settings.stream;
    TRY(intern_pod(set, pod, &series->pod, err));
    TRY(intern_value(set, labels, stream->label, &series->label, err));
    series->reference = NO_TEXT;
    if (stream->reference) {
        TRY(intern_value(set, labels, stream->reference, &series->reference, err));
    }
    for (size_t i = 0; i < stream->slice_count; i++) {
        TRY(intern_value(set, labels, stream->slices[i], &series->slices[i], err));
    }
    TRY(intern_hash(set, set->twins, labels, is_scraper_label, &series->twin, err));
    return intern_hash(set, set->groups, labels, is_replica_label, &series->group, err);
}

/* A series that lacks what has to be counted cannot be left out in silence. */
static bool lacks_label(struct series_set *set, struct series_labels labels, const char *name)
{
    if (series_label_value(labels, text_view_of(name)).length > 0) {
        return false;
    }
    char reason[256];
    (void)snprintf(reason, sizeof(reason),
                   "some series of %s have no label %s; add %s!=\"\" to the stream's matchers to "
                   "leave them out",
                   set->settings.stream->metric, name, name);
    block_tables_set_incomplete(set->settings.tables, reason);
    return true;
}

static enum serin_status reserve_series(struct series_set *set, struct serin_error *err)
{
    size_t series_max = set->settings.series_max;
    if (set->series_read == series_max) {
        return serin_fail(err, SERIN_TOO_LARGE,
                          "more than %zu series of %s in one arm; narrow the stream's matchers or "
                          "raise max_series of the source",
                          series_max, set->settings.stream->metric);
    }
    set->series_read++;
    return memory_grow((void **)&set->series, &set->series_room, set->series_count + 1,
                       sizeof(*set->series), series_max) == SERIN_OK
               ? SERIN_OK
               : no_memory(err);
}

static enum serin_status on_series(void *context, struct series_labels labels,
                                   struct serin_error *err)
{
    struct series_set *set = context;
    const struct stream *stream = set->settings.stream;
    struct series series = {.first_ms = INT64_MAX,
                            .last_ms = INT64_MIN,
                            .first_step_ms = INT64_MAX,
                            .step_begin = set->step_count};
    set->is_passed_over =
        lacks_label(set, labels, stream->pod) || lacks_label(set, labels, stream->label);
    set->has_previous = false;
    set->follows_mark = false;
    if (set->is_passed_over) {
        return SERIN_OK;
    }
    struct hash128 scope = series_labels_hash(labels, &set->settings.key, is_counted_label, set);
    struct text_view pod = series_label_value(labels, text_view_of(stream->pod));
    TRY(reserve_series(set, err));
    TRY(targets_enter(set->settings.targets, labels, scope, &series.scope, err));
    TRY(intern_texts(set, labels, pod, &series, err));
    set->series[set->series_count++] = series;
    return SERIN_OK;
}

/* ---- samples --------------------------------------------------------------------------------- */

/*
 * As wide as the blocks can be said to become: pods yet to come and an earlier first event only
 * make them wider, and wider buckets hold narrower ones whole.
 */
static int64_t bucket_width_ms(struct series_set *set)
{
    if (set->width_ms == 0) {
        const struct series_settings *settings = &set->settings;
        int64_t start_ms =
            settings->since_first_event ? set->first_step_ms - 1 : settings->start_ms;
        set->width_ms = block_width_ms(settings->stream->block_ms, start_ms, settings->end_ms,
                                       set->pods_counted);
    }
    return set->width_ms;
}

static enum serin_status append_step(struct series_set *set, struct series *series,
                                     int64_t bucket_ms, uint64_t count, struct serin_error *err)
{
    struct series_step *last = series->step_count > 0 ? &set->steps[set->step_count - 1] : NULL;
    if (last && last->bucket_ms == bucket_ms) {
        last->count += count;
        return SERIN_OK;
    }
    size_t steps_max = set->settings.steps_max;
    if (set->step_count == steps_max) {
        return serin_fail(err, SERIN_TOO_LARGE,
                          "more than %zu counts per series and block; ask for a shorter window or "
                          "raise the stream's block",
                          steps_max);
    }
    if (memory_grow((void **)&set->steps, &set->step_room, set->step_count + 1, sizeof(*set->steps),
                    steps_max) != SERIN_OK) {
        return no_memory(err);
    }
    set->steps[set->step_count++] = (struct series_step){bucket_ms, count};
    series->step_count++;
    return SERIN_OK;
}

static void note_flaw(struct series_set *set, struct series *series, const char *flaw)
{
    struct text_view pod = dictionary_text(set->pods, series->pod);
    char reason[256];
    (void)snprintf(reason, sizeof(reason), "a value of %s of pod %s %s, so it is no exact count",
                   set->settings.stream->metric, TEXT_QUOTE(pod), flaw);
    block_tables_set_incomplete(set->settings.tables, reason);
    series->is_flawed = true;
}

static enum serin_status add_step(struct series_set *set, struct series *series, int64_t time_ms,
                                  uint64_t count, struct serin_error *err)
{
    if (count == 0) {
        return SERIN_OK;
    }
    if (count > SERIN_TOTAL_MAX - series->total) {
        note_flaw(set, series, "grew by more than 2^53");
        return SERIN_OK;
    }
    if (pod_note(set, series->pod, POD_HAS_COUNTS)) {
        set->pods_counted++;
        set->width_ms = 0;
    }
    if (time_ms < set->first_step_ms) {
        set->first_step_ms = time_ms;
        set->width_ms = 0;
    }
    if (series->first_step_ms == INT64_MAX) {
        series->first_step_ms = time_ms;
    }
    series->total += count;
    /* The window is open at its start and the blocks are at their end. */
    return append_step(set, series, block_start(time_ms - 1, bucket_width_ms(set)), count, err);
}

static void add_birth(struct series *series, int64_t time_ms, uint64_t value)
{
    series->has_birth = true;
    series->birth_ms = time_ms;
    series->birth_value = value;
}

static enum serin_status add_sample(struct series_set *set, struct series *series, int64_t time_ms,
                                    uint64_t value, struct serin_error *err)
{
    if (time_ms <= set->settings.start_ms) {
        return SERIN_OK;
    }
    set->first_sample_ms = time_ms < set->first_sample_ms ? time_ms : set->first_sample_ms;
    set->last_sample_ms = time_ms > set->last_sample_ms ? time_ms : set->last_sample_ms;
    series->sample_count++;
    if (!set->has_previous) {
        add_birth(series, time_ms, value);
        return SERIN_OK;
    }
    bool began_anew =
        value < set->previous_value ||
        targets_restarted(set->settings.targets, series->scope, set->previous_ms, time_ms);
    return add_step(set, series, time_ms, began_anew ? value : value - set->previous_value, err);
}

/*
 * Where a series ended VictoriaMetrics shows a NaN, which Prometheus keeps to itself. A counter
 * that is NaN twice running has no value.
 */
static bool is_end_mark(struct series_set *set, struct text_view text)
{
    bool is_mark = text_equals(text, "NaN") && !set->follows_mark;
    set->follows_mark = is_mark;
    return is_mark;
}

static enum serin_status on_sample(void *context, int64_t time_ms, struct text_view text,
                                   struct serin_error *err)
{
    struct series_set *set = context;
    bool is_asked_for = time_ms > set->settings.from_ms && time_ms <= set->settings.end_ms;
    if (set->is_passed_over || !is_asked_for) {
        return SERIN_OK;
    }
    struct series *series = &set->series[set->series_count - 1];
    if (series->is_flawed || is_end_mark(set, text)) {
        return SERIN_OK;
    }
    uint64_t value = 0;
    const char *flaw = NULL;
    enum serin_status status = prometheus_parse_count(text, &value, &flaw);
    if (status == SERIN_RANGE) {
        note_flaw(set, series, flaw);
        return SERIN_OK;
    }
    if (status != SERIN_OK) {
        return serin_fail(err, SERIN_UNAVAILABLE, "the value %s of %s is no number",
                          TEXT_QUOTE(text), set->settings.stream->metric);
    }
    /* A first 0 may be made up, for when a counter tells that it was created: nobody scraped then.
     */
    if (set->has_previous || value > 0) {
        targets_see(set->settings.targets, series->scope, time_ms);
    }
    series->first_ms = time_ms < series->first_ms ? time_ms : series->first_ms;
    series->last_ms = time_ms;
    TRY(add_sample(set, series, time_ms, value, err));
    set->has_previous = true;
    set->previous_ms = time_ms;
    set->previous_value = value;
    return SERIN_OK;
}

/* What had no sample inside the window has nothing to count, and may be gone for long. */
static enum serin_status on_series_end(void *context, struct serin_error *err)
{
    struct series_set *set = context;
    (void)err;
    if (!set->is_passed_over && set->series[set->series_count - 1].sample_count == 0) {
        set->series_count--;
    }
    return SERIN_OK;
}

const struct prometheus_sink series_set_sink = {
    .begin = on_begin, .series = on_series, .sample = on_sample, .series_end = on_series_end};
