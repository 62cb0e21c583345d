#include "source/loki_rows.h"

#include "labels/dictionary.h"
#include "source/logql.h"
#include "source/prometheus_sample.h"

#include <string.h>

static const size_t texts_max = UINT32_MAX - 2;

#define NO_TEXT UINT32_MAX

struct row_series {
    uint32_t texts[LOKI_FIELDS]; /* ids; NO_TEXT: absent */
    bool is_cut;
};

struct loki_rows {
    const struct stream *stream;
    size_t series_max;
    struct hash_key key;
    struct dictionary *texts;
    struct row_series *series;
    size_t series_count;
    size_t series_room;
    struct loki_row *rows;
    size_t row_count;
    size_t row_room;
};

static enum serin_status no_memory(struct serin_error *err)
{
    return serin_fail(err, SERIN_NO_MEMORY, "no memory left for the answer of a Loki");
}

/* ---- creation -------------------------------------------------------------------------------- */

static bool begin_anew(struct loki_rows *rows)
{
    dictionary_destroy(give(rows->texts));
    rows->texts = dictionary_create(texts_max, &rows->key);
    rows->series_count = 0;
    rows->row_count = 0;
    return rows->texts != NULL;
}

struct loki_rows *loki_rows_create(const struct stream *stream, size_t series_max,
                                   const struct hash_key *key)
{
    owned(loki_rows) rows = memory_allocate(1, sizeof(*rows));
    if (!rows) {
        return NULL;
    }
    rows->stream = stream;
    rows->series_max = series_max;
    rows->key = *key;
    return begin_anew(rows) ? give(rows) : NULL;
}

void loki_rows_destroy(struct loki_rows *rows)
{
    if (rows) {
        dictionary_destroy(rows->texts);
        memory_free(rows->series);
        memory_free(rows->rows);
        memory_free(rows);
    }
}

static enum serin_status on_begin(void *context, struct serin_error *err)
{
    return begin_anew(context) ? SERIN_OK : no_memory(err);
}

/* ---- series ---------------------------------------------------------------------------------- */

static const char *field_name(const struct stream *stream, size_t field)
{
    const char *const names[LOKI_SLICES] = {
        [LOKI_POD] = stream->pod,
        [LOKI_LABEL] = stream->label,
        [LOKI_REFERENCE] = stream->reference,
        [LOKI_ARM] = stream->arm_label,
        [LOKI_ERROR] = LOGQL_ERROR_LABEL,
    };
    size_t slice = field - LOKI_SLICES;
    return field < LOKI_SLICES           ? names[field]
           : slice < stream->slice_count ? stream->slices[slice]
                                         : NULL;
}

static enum serin_status intern(struct loki_rows *rows, struct text_view value,
                                struct row_series *series, uint32_t *out_id)
{
    if (value.length == 0) {
        *out_id = NO_TEXT;
        return SERIN_OK;
    }
    if (value.length > LOKI_TEXT_BYTES_MAX) {
        value.length = LOKI_TEXT_BYTES_MAX;
        series->is_cut = true;
    }
    return dictionary_intern(rows->texts, value, out_id);
}

static enum serin_status on_series(void *context, struct series_labels labels,
                                   struct serin_error *err)
{
    struct loki_rows *rows = context;
    if (rows->series_count == rows->series_max) {
        return serin_fail(err, SERIN_TOO_LARGE,
                          "more than %zu combinations of labels in one answer; judge fewer slices "
                          "or raise max_series of the source",
                          rows->series_max);
    }
    if (memory_grow((void **)&rows->series, &rows->series_room, rows->series_count + 1,
                    sizeof(*rows->series), rows->series_max) != SERIN_OK) {
        return no_memory(err);
    }
    struct row_series *series = &rows->series[rows->series_count++];
    *series = (struct row_series){.is_cut = false};
    for (size_t field = 0; field < LOKI_FIELDS; field++) {
        const char *name = field_name(rows->stream, field);
        struct text_view value =
            name ? series_label_value(labels, text_view_of(name)) : (struct text_view){0};
        if (intern(rows, value, series, &series->texts[field]) != SERIN_OK) {
            return no_memory(err);
        }
    }
    return SERIN_OK;
}

static enum serin_status on_series_end(void *context, struct serin_error *err)
{
    (void)context;
    (void)err;
    return SERIN_OK;
}

/* ---- rows ------------------------------------------------------------------------------------ */

static enum serin_status append(struct loki_rows *rows, int64_t time, uint64_t count, uint32_t key,
                                struct serin_error *err)
{
    if (memory_grow((void **)&rows->rows, &rows->row_room, rows->row_count + 1, sizeof(*rows->rows),
                    SIZE_MAX) != SERIN_OK) {
        return no_memory(err);
    }
    rows->rows[rows->row_count++] = (struct loki_row){
        .series = (uint32_t)(rows->series_count - 1), .key = key, .time = time, .count = count};
    return SERIN_OK;
}

static enum serin_status on_sample(void *context, int64_t time_ms, struct text_view value,
                                   struct serin_error *err)
{
    uint64_t count = 0;
    const char *flaw = "is no number";
    if (prometheus_parse_count(value, &count, &flaw) != SERIN_OK) {
        return serin_fail(err, SERIN_UNAVAILABLE, "a count of lines %s: %s", flaw,
                          TEXT_QUOTE(value));
    }
    return append(context, time_ms, count, NO_TEXT, err);
}

static enum serin_status on_entry(void *context, int64_t time_ns, struct text_view line,
                                  struct serin_error *err)
{
    struct loki_rows *rows = context;
    const char *end = memchr(line.start, ' ', line.length);
    uint32_t key = NO_TEXT;
    line.length = end ? (size_t)(end - line.start) : line.length;
    if (line.length > 0 && dictionary_intern(rows->texts, line, &key) != SERIN_OK) {
        return no_memory(err);
    }
    return append(rows, time_ns, 1, key, err);
}

const struct prometheus_sink loki_counts_sink = {.begin = on_begin,
                                                 .series = on_series,
                                                 .sample = on_sample,
                                                 .series_end = on_series_end,
                                                 .product = "Loki"};

const struct prometheus_sink loki_lines_sink = {.begin = on_begin,
                                                .series = on_series,
                                                .series_end = on_series_end,
                                                .entry = on_entry,
                                                .product = "Loki"};

/* ---- reading --------------------------------------------------------------------------------- */

size_t loki_rows_count(const struct loki_rows *rows)
{
    return rows->row_count;
}

struct loki_row loki_rows_at(const struct loki_rows *rows, size_t index)
{
    return rows->rows[index];
}

static struct text_view text_of(const struct loki_rows *rows, uint32_t id)
{
    static const struct text_view absent = {0};
    return id == NO_TEXT ? absent : dictionary_text(rows->texts, id);
}

struct text_view loki_rows_text(const struct loki_rows *rows, uint32_t series,
                                enum loki_field field)
{
    return text_of(rows, rows->series[series].texts[field]);
}

size_t loki_rows_slices(const struct loki_rows *rows, uint32_t series,
                        struct slice_value out[SLICE_DIMENSIONS_MAX])
{
    const uint32_t *ids = &rows->series[series].texts[LOKI_SLICES];
    size_t count = 0;
    for (size_t i = 0; i < rows->stream->slice_count; i++) {
        if (ids[i] != NO_TEXT) {
            out[count++] =
                (struct slice_value){text_view_of(rows->stream->slices[i]), text_of(rows, ids[i])};
        }
    }
    return count;
}

struct text_view loki_rows_key(const struct loki_rows *rows, struct loki_row row)
{
    return text_of(rows, row.key);
}

bool loki_rows_is_cut(const struct loki_rows *rows, uint32_t series)
{
    return rows->series[series].is_cut;
}
