#include "platform/metrics.h"

#include "base/text.h"
#include "platform/metrics_registry.h"
#include "platform/thread.h"

#include <stdbool.h>
#include <string.h>

enum { FAMILIES_MAX = 256 };

static const struct metric_labels overflow_labels = {
    {"other", "other", "other", "other"}
};

/* ---- life --------------------------------------------------------------------------------------
 */

struct metrics *metrics_create(size_t series_limit)
{
    struct metrics *metrics = memory_allocate(1, sizeof(*metrics));
    if (metrics) {
        mutex_init(&metrics->mutex);
        metrics->series_limit = series_limit;
    }
    return metrics;
}

static void series_destroy(struct metric_series *series)
{
    if (series) {
        for (size_t i = 0; i < METRIC_LABELS_MAX; i++) {
            memory_free(series->values[i]);
        }
        memory_free(series);
    }
}

static void remove_series(struct metrics *metrics, struct metric_entry *entry)
{
    for (size_t i = 0; i < entry->series_count; i++) {
        series_destroy(entry->series[i]);
    }
    metrics->series_count -= entry->series_count;
    entry->series_count = 0;
}

void metrics_destroy(struct metrics *metrics)
{
    if (!metrics) {
        return;
    }
    for (size_t i = 0; i < metrics->entry_count; i++) {
        remove_series(metrics, &metrics->entries[i]);
        memory_free(metrics->entries[i].series);
    }
    memory_free(metrics->entries);
    mutex_clear(&metrics->mutex);
    memory_free(metrics);
}

/* ---- series ------------------------------------------------------------------------------------
 */

static const char *value_at(const struct metric_labels *labels, size_t index)
{
    return labels->values[index] ? labels->values[index] : "";
}

static int compare_values(const struct metric_entry *entry, const struct metric_series *series,
                          const struct metric_labels *labels)
{
    for (size_t i = 0; i < entry->label_count; i++) {
        int order = strcmp(series->values[i], value_at(labels, i));
        if (order != 0) {
            return order;
        }
    }
    return 0;
}

/* Index of the series with these labels, or where it would have to stand. */
static size_t position_of(const struct metric_entry *entry, const struct metric_labels *labels,
                          bool *out_found)
{
    size_t low = 0;
    size_t high = entry->series_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = compare_values(entry, entry->series[middle], labels);
        if (order == 0) {
            *out_found = true;
            return middle;
        }
        low = order < 0 ? middle + 1 : low;
        high = order < 0 ? high : middle;
    }
    *out_found = false;
    return low;
}

/* One byte that is not UTF-8 would make the whole scrape unreadable. */
static char *copy_label_value(const char *value)
{
    char *copy = memory_copy_text(value, strlen(value));
    if (copy && !text_is_utf8(text_view_of(copy))) {
        for (char *c = copy; *c != '\0'; c++) {
            if ((unsigned char)*c >= 0x80) {
                *c = '?';
            }
        }
    }
    return copy;
}

static struct metric_series *series_create(const struct metric_entry *entry,
                                           const struct metric_labels *labels)
{
    const struct metric_family *family = entry->family;
    size_t buckets = family->kind == METRIC_HISTOGRAM ? family->bucket_count + 1 : 0;
    struct metric_series *series =
        memory_allocate(1, sizeof(*series) + buckets * sizeof(series->buckets[0]));
    bool complete = series != NULL;
    for (size_t i = 0; complete && i < entry->label_count; i++) {
        series->values[i] = copy_label_value(value_at(labels, i));
        complete = series->values[i] != NULL;
    }
    if (!complete) {
        series_destroy(series);
        return NULL;
    }
    return series;
}

/* Returns NULL when memory is short. */
static struct metric_series *insert_series(struct metrics *metrics, struct metric_entry *entry,
                                           const struct metric_labels *labels, size_t position)
{
    if (memory_grow((void **)&entry->series, &entry->series_capacity, entry->series_count + 1,
                    sizeof(struct metric_series *), SIZE_MAX / 2) != SERIN_OK) {
        return NULL;
    }
    struct metric_series *series = series_create(entry, labels);
    if (!series) {
        return NULL;
    }
    memmove(&entry->series[position + 1], &entry->series[position],
            (entry->series_count - position) * sizeof(struct metric_series *));
    entry->series[position] = series;
    entry->series_count++;
    metrics->series_count++;
    return series;
}

static struct metric_entry *find_entry(struct metrics *metrics, const struct metric_family *family)
{
    for (size_t i = 0; i < metrics->entry_count; i++) {
        if (metrics->entries[i].family == family) {
            return &metrics->entries[i];
        }
    }
    return NULL;
}

/* The series to update; beyond the limit the family's shared one. NULL: nothing can be counted. */
static struct metric_series *series_for(struct metrics *metrics, const struct metric_family *family,
                                        const struct metric_labels *labels)
{
    struct metric_entry *entry = find_entry(metrics, family);
    if (!entry) {
        return NULL;
    }
    bool found = false;
    size_t position = position_of(entry, labels, &found);
    if (!found && entry->label_count > 0 && metrics->series_count >= metrics->series_limit) {
        labels = &overflow_labels;
        position = position_of(entry, labels, &found);
    }
    return found ? entry->series[position] : insert_series(metrics, entry, labels, position);
}

/* ---- registration ------------------------------------------------------------------------------
 */

static bool is_name(const char *name)
{
    static const char characters[] = "abcdefghijklmnopqrstuvwxyz_0123456789";
    return name && name[0] != '\0' && strspn(name, characters) == strlen(name) &&
           (name[0] < '0' || name[0] > '9');
}

static bool ends_with(const char *text, const char *end)
{
    size_t text_length = strlen(text);
    size_t end_length = strlen(end);
    return text_length >= end_length && strcmp(text + text_length - end_length, end) == 0;
}

static bool buckets_are_sound(const struct metric_family *family)
{
    if (family->kind != METRIC_HISTOGRAM) {
        return family->bucket_count == 0;
    }
    for (size_t i = 1; i < family->bucket_count; i++) {
        if (!(family->buckets[i] > family->buckets[i - 1])) {
            return false;
        }
    }
    return family->bucket_count > 0 && family->bucket_count <= METRIC_BUCKETS_MAX;
}

static size_t count_labels(const struct metric_family *family)
{
    size_t count = 0;
    while (count < METRIC_LABELS_MAX && family->labels[count]) {
        count++;
    }
    return count;
}

/* The two formats escape differently, so there is nothing to escape. */
static bool is_help(const char *help)
{
    return help && help[0] != '\0' && !strpbrk(help, "\"\\\n");
}

static bool is_well_formed(const struct metric_family *family)
{
    for (size_t i = 0; i < count_labels(family); i++) {
        if (!is_name(family->labels[i]) || strcmp(family->labels[i], "le") == 0) {
            return false;
        }
    }
    return is_name(family->name) && is_help(family->help) &&
           ends_with(family->name, "_total") == (family->kind == METRIC_COUNTER) &&
           buckets_are_sound(family);
}

static bool is_name_taken(const struct metrics *metrics, const char *name)
{
    for (size_t i = 0; i < metrics->entry_count; i++) {
        if (strcmp(metrics->entries[i].family->name, name) == 0) {
            return true;
        }
    }
    return false;
}

static enum serin_status add_entry(struct metrics *metrics, const struct metric_family *family)
{
    TRY(memory_grow((void **)&metrics->entries, &metrics->entry_capacity, metrics->entry_count + 1,
                    sizeof(struct metric_entry), FAMILIES_MAX));
    struct metric_entry *entry = &metrics->entries[metrics->entry_count];
    *entry = (struct metric_entry){.family = family, .label_count = count_labels(family)};
    if (entry->label_count == 0 && !insert_series(metrics, entry, METRIC_UNLABELLED, 0)) {
        memory_free(entry->series);
        return SERIN_NO_MEMORY;
    }
    metrics->entry_count++;
    return SERIN_OK;
}

enum serin_status metrics_register(struct metrics *metrics, const struct metric_family *family,
                                   struct serin_error *err)
{
    if (!is_well_formed(family)) {
        return serin_fail(err, SERIN_BUG, "metric family \"%s\" is not well formed",
                          family->name ? family->name : "");
    }
    scoped_lock held = mutex_hold(&metrics->mutex);
    if (is_name_taken(metrics, family->name)) {
        return serin_fail(err, SERIN_CONFLICT, "there are two metric families \"%s\"",
                          family->name);
    }
    enum serin_status status = add_entry(metrics, family);
    return status == SERIN_OK ? SERIN_OK
                              : serin_fail(err, status, "cannot add metric family \"%s\": %s",
                                           family->name, serin_status_name(status));
}

enum serin_status metrics_register_all(struct metrics *metrics,
                                       const struct metric_family *const *families, size_t count,
                                       struct serin_error *err)
{
    for (size_t i = 0; i < count; i++) {
        TRY(metrics_register(metrics, families[i], err));
    }
    return SERIN_OK;
}

/* ---- updates -----------------------------------------------------------------------------------
 */

void metrics_add(struct metrics *metrics, const struct metric_family *family,
                 const struct metric_labels *labels, double amount)
{
    if (!metrics) {
        return;
    }
    scoped_lock held = mutex_hold(&metrics->mutex);
    struct metric_series *series = series_for(metrics, family, labels);
    if (series) {
        series->value += amount;
    }
}

void metrics_set(struct metrics *metrics, const struct metric_family *family,
                 const struct metric_labels *labels, double value)
{
    if (!metrics) {
        return;
    }
    scoped_lock held = mutex_hold(&metrics->mutex);
    struct metric_series *series = series_for(metrics, family, labels);
    if (series) {
        series->value = value;
    }
}

void metrics_observe(struct metrics *metrics, const struct metric_family *family,
                     const struct metric_labels *labels, double value)
{
    if (!metrics || family->kind != METRIC_HISTOGRAM) {
        return;
    }
    scoped_lock held = mutex_hold(&metrics->mutex);
    struct metric_series *series = series_for(metrics, family, labels);
    if (!series) {
        return;
    }
    size_t bucket = 0;
    while (bucket < family->bucket_count && value > family->buckets[bucket]) {
        bucket++;
    }
    series->buckets[bucket]++;
    series->value += value;
}

void metrics_clear(struct metrics *metrics, const struct metric_family *family)
{
    if (!metrics) {
        return;
    }
    scoped_lock held = mutex_hold(&metrics->mutex);
    struct metric_entry *entry = find_entry(metrics, family);
    if (entry) {
        remove_series(metrics, entry);
    }
}
