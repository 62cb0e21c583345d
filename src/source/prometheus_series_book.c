#include "source/prometheus_series_state.h"

#include <stdio.h>
#include <stdlib.h>

/* ---- series that came twice ------------------------------------------------------------------ */

/* What decides about a series that came twice, apart from the rest so that it sorts quickly. */
struct rival {
    uint32_t twin;
    uint32_t group;
    uint32_t sample_count;
    uint32_t index;
    uint64_t total;
    int64_t first_ms;
    int64_t last_ms;
};

#define ORDER(a, b) (((a) > (b)) - ((a) < (b)))

/* Those of a group together, the one to keep first: most samples, then most counts. */
static int compare_in_group(const void *left, const void *right)
{
    const struct rival *a = left;
    const struct rival *b = right;
    int order = ORDER(a->twin, b->twin);
    order = order != 0 ? order : ORDER(a->group, b->group);
    order = order != 0 ? order : ORDER(b->sample_count, a->sample_count);
    order = order != 0 ? order : ORDER(b->total, a->total);
    return order != 0 ? order : ORDER(a->index, b->index);
}

static int compare_in_time(const void *left, const void *right)
{
    const struct rival *a = left;
    const struct rival *b = right;
    int order = ORDER(a->twin, b->twin);
    order = order != 0 ? order : ORDER(a->first_ms, b->first_ms);
    return order != 0 ? order : ORDER(a->index, b->index);
}

static void note_incomplete(const struct series_set *set, uint32_t index, const char *problem)
{
    struct text_view pod = dictionary_text(set->pods, set->series[index].pod);
    char reason[320];
    (void)snprintf(reason, sizeof(reason), "%s of pod %s %s", set->settings.stream->metric,
                   TEXT_QUOTE(pod), problem);
    block_tables_set_incomplete(set->settings.tables, reason);
}

static bool is_same_group(const struct rival *a, const struct rival *b)
{
    return a->twin == b->twin && a->group == b->group;
}

/* Whether a series was there as early and as late as each other of its group, give or take. */
static bool was_there_throughout(const struct series_set *set, const struct rival *rival,
                                 const struct rival *group, size_t count)
{
    int64_t slack_ms = set->settings.start_ms - set->settings.from_ms;
    for (size_t i = 0; i < count; i++) {
        if (group[i].first_ms < rival->first_ms - slack_ms ||
            group[i].last_ms > rival->last_ms + slack_ms) {
            return false;
        }
    }
    return true;
}

/*
 * Series of one group differ in the replica label only, and each counts all of the events: the one
 * to keep was there throughout. Gaps within lose no count, only its time.
 */
static const struct rival *choose_replica(const struct series_set *set, const struct rival *group,
                                          size_t count)
{
    if (count > 1 && set->settings.replica_label.length == 0) {
        note_incomplete(set, group->index, "came twice with the same labels");
        return group;
    }
    for (size_t i = 0; i < count; i++) {
        if (was_there_throughout(set, &group[i], group, count)) {
            return &group[i];
        }
    }
    note_incomplete(set, group->index,
                    "was not scraped throughout by any one replica of Prometheus");
    return group;
}

/* Marks one series of each group as kept and moves them to the front; returns how many. */
static size_t keep_one_of_each_group(struct series_set *set, struct rival *rivals)
{
    size_t kept = 0;
    for (size_t begin = 0, end = 0; begin < set->series_count; begin = end) {
        while (end < set->series_count && is_same_group(&rivals[begin], &rivals[end])) {
            end++;
        }
        struct rival chosen = *choose_replica(set, &rivals[begin], end - begin);
        set->series[chosen.index].is_kept = true;
        rivals[kept++] = chosen;
    }
    return kept;
}

/* Twins that are there at the same time count the same events twice. */
static void find_twins(const struct series_set *set, const struct rival *rivals, size_t count)
{
    int64_t last_ms = INT64_MIN;
    for (size_t i = 0; i < count; i++) {
        bool is_twin = i > 0 && rivals[i - 1].twin == rivals[i].twin;
        if (is_twin && rivals[i].first_ms <= last_ms) {
            note_incomplete(set, rivals[i].index,
                            "is scraped twice, by several jobs or several Prometheus servers; "
                            "narrow the stream's matchers to one job, or set replica_label of the "
                            "source");
            return;
        }
        last_ms = is_twin && last_ms > rivals[i].last_ms ? last_ms : rivals[i].last_ms;
    }
}

static enum serin_status settle_rivals(struct series_set *set, struct serin_error *err)
{
    owned_memory struct rival *rivals = memory_allocate(set->series_count + 1, sizeof(*rivals));
    if (!rivals) {
        return serin_fail(err, SERIN_NO_MEMORY, "no memory left for the samples of a Prometheus");
    }
    for (size_t i = 0; i < set->series_count; i++) {
        const struct series *series = &set->series[i];
        rivals[i] =
            (struct rival){series->twin,  series->group,    series->sample_count, (uint32_t)i,
                           series->total, series->first_ms, series->last_ms};
    }
    qsort(rivals, set->series_count, sizeof(*rivals), compare_in_group);
    size_t kept = keep_one_of_each_group(set, rivals);
    qsort(rivals, kept, sizeof(*rivals), compare_in_time);
    find_twins(set, rivals, kept);
    return SERIN_OK;
}

/* ---- series that appeared -------------------------------------------------------------------- */

static void settle_births(struct series_set *set)
{
    for (size_t i = 0; i < set->series_count; i++) {
        struct series *series = &set->series[i];
        if (!series->is_kept || !series->has_birth || series->birth_value == 0) {
            continue;
        }
        series->birth_counts =
            targets_began_at_zero(set->settings.targets, series->scope, series->birth_ms);
        if (!series->birth_counts) {
            (void)pod_note(set, series->pod, POD_IS_UNCOVERED);
        }
    }
}

static bool has_counts(const struct series *series)
{
    return series->is_kept && !series->is_flawed && (series->total > 0 || series->birth_counts);
}

static void recount(struct series_set *set)
{
    set->pods_counted = 0;
    set->first_step_ms = INT64_MAX;
    for (size_t id = 0; id < dictionary_size(set->pods); id++) {
        set->pod_flags[id] &= (uint8_t)~POD_HAS_COUNTS;
    }
    for (size_t i = 0; i < set->series_count; i++) {
        const struct series *series = &set->series[i];
        if (!has_counts(series)) {
            continue;
        }
        set->pods_counted += pod_note(set, series->pod, POD_HAS_COUNTS);
        int64_t first_ms = series->birth_counts ? series->birth_ms : series->first_step_ms;
        set->first_step_ms = first_ms < set->first_step_ms ? first_ms : set->first_step_ms;
    }
}

enum serin_status series_set_settle(struct series_set *set, struct serin_error *err)
{
    TRY(settle_rivals(set, err));
    settle_births(set);
    recount(set);
    return SERIN_OK;
}

bool series_set_first_ms(const struct series_set *set, int64_t *out_ms)
{
    if (set->first_sample_ms == INT64_MAX) {
        return false;
    }
    *out_ms = set->first_step_ms < INT64_MAX ? set->first_step_ms : set->first_sample_ms;
    return true;
}

/* ---- booking --------------------------------------------------------------------------------- */

static void name_cell(const struct series_set *set, const struct series *series,
                      struct slice_value slices[SLICE_DIMENSIONS_MAX], struct block_count *out)
{
    const struct stream *stream = set->settings.stream;
    *out = (struct block_count){
        .arm = set->settings.arm,
        .pod = dictionary_text(set->pods, series->pod),
        .label = dictionary_text(set->texts, series->label),
        .has_reference = series->reference != NO_TEXT,
        .slices = slices,
    };
    if (out->has_reference) {
        out->reference = dictionary_text(set->texts, series->reference);
    }
    for (size_t i = 0; i < stream->slice_count; i++) {
        if (series->slices[i] != NO_TEXT) {
            slices[out->slice_count++] = (struct slice_value){
                text_view_of(stream->slices[i]), dictionary_text(set->texts, series->slices[i])};
        }
    }
}

static enum serin_status book_series(const struct series_set *set, const struct series *series,
                                     int64_t width_ms, struct serin_error *err)
{
    struct slice_value slices[SLICE_DIMENSIONS_MAX];
    struct block_count count;
    name_cell(set, series, slices, &count);
    for (size_t i = 0; i < series->step_count; i++) {
        const struct series_step *step = &set->steps[series->step_begin + i];
        count.block_start_ms = block_start(step->bucket_ms, width_ms);
        count.count = step->count;
        TRY(block_tables_add(set->settings.tables, &count, err));
    }
    if (series->birth_counts) {
        count.block_start_ms = block_start(series->birth_ms - 1, width_ms);
        count.count = series->birth_value;
        TRY(block_tables_add(set->settings.tables, &count, err));
    }
    return SERIN_OK;
}

static void book_coverage(const struct series_set *set)
{
    struct arm_coverage coverage = {0};
    if (set->first_sample_ms < INT64_MAX) {
        coverage.first_ms = set->first_sample_ms;
        coverage.last_ms = set->last_sample_ms;
    }
    for (size_t id = 0; id < dictionary_size(set->pods); id++) {
        coverage.uncovered_pods += (set->pod_flags[id] & POD_IS_UNCOVERED) != 0;
    }
    block_tables_set_coverage(set->settings.tables, set->settings.arm, &coverage);
}

enum serin_status series_set_book(const struct series_set *set, int64_t start_ms, int64_t end_ms,
                                  struct serin_error *err)
{
    int64_t width_ms =
        block_width_ms(set->settings.stream->block_ms, start_ms, end_ms, set->pods_counted);
    for (size_t i = 0; i < set->series_count; i++) {
        if (has_counts(&set->series[i])) {
            TRY(book_series(set, &set->series[i], width_ms, err));
        }
    }
    book_coverage(set);
    return SERIN_OK;
}
