#include "source/series_labels.h"

#include <stdlib.h>
#include <string.h>

enum {
    LABELS_MAX = 256,     /* of one series */
    TEXT_MAX = 64 * 1024, /* bytes of their names and values */
    HASHED_MAX = TEXT_MAX + LABELS_MAX * 2 * (int)sizeof(size_t)
};

struct text_view series_label_value(struct series_labels labels, struct text_view name)
{
    for (size_t i = 0; i < labels.count; i++) {
        if (text_equal(labels.items[i].name, name)) {
            return labels.items[i].value;
        }
    }
    return (struct text_view){"", 0};
}

bool series_labels_include(struct series_labels whole, struct series_labels part)
{
    for (size_t i = 0; i < part.count; i++) {
        if (!text_equal(series_label_value(whole, part.items[i].name), part.items[i].value)) {
            return false;
        }
    }
    return true;
}

/* ---- hash ------------------------------------------------------------------------------------ */

/* The length in front keeps neighbouring texts apart. */
static size_t put_text(char *out, struct text_view text)
{
    memcpy(out, &text.length, sizeof(text.length));
    memcpy(out + sizeof(text.length), text.start, text.length);
    return sizeof(text.length) + text.length;
}

struct hash128 series_labels_hash(struct series_labels labels, const struct hash_key *key,
                                  series_label_filter *leaves_out, const void *context)
{
    char hashed[HASHED_MAX];
    size_t used = 0;
    for (size_t i = 0; i < labels.count; i++) {
        if (!leaves_out(context, labels.items[i].name)) {
            used += put_text(hashed + used, labels.items[i].name);
            used += put_text(hashed + used, labels.items[i].value);
        }
    }
    return hash_siphash128(key, hashed, used);
}

/* ---- collecting ------------------------------------------------------------------------------ */

struct label_collector {
    struct series_label labels[LABELS_MAX];
    size_t count;
    size_t used;
    char text[TEXT_MAX];
};

struct label_collector *label_collector_create(void)
{
    return memory_allocate(1, sizeof(struct label_collector));
}

void label_collector_destroy(struct label_collector *collector)
{
    memory_free(collector);
}

void label_collector_begin(struct label_collector *collector)
{
    collector->count = 0;
    collector->used = 0;
}

static enum serin_status keep(struct label_collector *collector, struct text_view text,
                              struct text_view *out, struct serin_error *err)
{
    if (text.length > TEXT_MAX - collector->used) {
        return serin_fail(err, SERIN_TOO_LARGE, "a series has more than %d bytes of labels",
                          TEXT_MAX);
    }
    char *kept = collector->text + collector->used;
    if (text.length > 0) {
        memcpy(kept, text.start, text.length);
    }
    collector->used += text.length;
    *out = (struct text_view){kept, text.length};
    return SERIN_OK;
}

enum serin_status label_collector_name(struct label_collector *collector, struct text_view name,
                                       struct serin_error *err)
{
    if (collector->count == LABELS_MAX) {
        return serin_fail(err, SERIN_TOO_LARGE, "a series has more than %d labels", LABELS_MAX);
    }
    return keep(collector, name, &collector->labels[collector->count].name, err);
}

enum serin_status label_collector_value(struct label_collector *collector, struct text_view value,
                                        struct serin_error *err)
{
    struct series_label *label = &collector->labels[collector->count];
    if (value.length == 0 || text_equals(label->name, "__name__")) {
        return SERIN_OK;
    }
    TRY(keep(collector, value, &label->value, err));
    collector->count++;
    return SERIN_OK;
}

static int compare_names(const void *left, const void *right)
{
    const struct series_label *a = left;
    const struct series_label *b = right;
    return text_compare(a->name, b->name);
}

/* Servers send labels in order, nearly always. */
static bool is_sorted(const struct label_collector *collector)
{
    for (size_t i = 1; i < collector->count; i++) {
        if (compare_names(&collector->labels[i - 1], &collector->labels[i]) > 0) {
            return false;
        }
    }
    return true;
}

bool label_collector_end(struct label_collector *collector, struct series_labels *out)
{
    struct series_label *labels = collector->labels;
    if (!is_sorted(collector)) {
        qsort(labels, collector->count, sizeof(*labels), compare_names);
    }
    for (size_t i = 1; i < collector->count; i++) {
        if (text_equal(labels[i - 1].name, labels[i].name)) {
            return false;
        }
    }
    *out = (struct series_labels){labels, collector->count};
    return true;
}
