#include "source/file_sample.h"

#include "base/hash.h"
#include "base/memory.h"
#include "source/key_sample.h"

#include <stdlib.h>
#include <string.h>

/* A row that outlives the reading of it: `row` borrows from `texts`. */
struct kept_row {
    uint64_t place; /* in the file */
    struct file_row row;
    char *texts;
};

struct sampling {
    const struct file_options *options;
    file_row_sink *sink;
    void *context;
    struct kept_row *rows; /* NULL: rows are passed on as they come */
    size_t room;
    uint64_t rows_read;
    uint64_t seen; /* by the reservoir, or passed on */
    uint64_t seed;
};

static void sampling_clear(struct sampling *sampling)
{
    for (size_t i = 0; i < sampling->room; i++) {
        memory_free(sampling->rows[i].texts);
    }
    memory_free(sampling->rows);
}
#define sampling_scope __attribute__((cleanup(sampling_clear))) struct sampling

static size_t texts_length(const struct file_row *row)
{
    size_t length = row->label.length + row->reference.length + row->key.length + row->pod.length;
    for (size_t i = 0; i < row->slice_count; i++) {
        length += row->slices[i].value.length;
    }
    return length;
}

/* Copies a text to `*at` and moves past it. */
static struct text_view text_keep(struct text_view text, char **at)
{
    struct text_view kept = {*at, text.length};
    if (text.length > 0) {
        memcpy(*at, text.start, text.length);
    }
    *at += text.length;
    return kept;
}

static enum serin_status row_keep(const struct file_row *row, uint64_t place, struct kept_row *out,
                                  struct serin_error *err)
{
    owned_memory char *texts = memory_allocate(texts_length(row) + 1, 1);
    if (!texts) {
        return serin_fail(err, SERIN_NO_MEMORY, "no memory left for the sample");
    }
    char *at = texts;
    struct kept_row kept = {.place = place, .row = *row};
    kept.row.label = text_keep(row->label, &at);
    kept.row.reference = text_keep(row->reference, &at);
    kept.row.key = text_keep(row->key, &at);
    kept.row.pod = text_keep(row->pod, &at);
    for (size_t i = 0; i < row->slice_count; i++) {
        kept.row.slices[i].value = text_keep(row->slices[i].value, &at);
    }
    memory_free(out->texts);
    kept.texts = give(texts);
    *out = kept;
    return SERIN_OK;
}

/* 0 … place, from the seed and the place alone. */
static uint64_t random_place(const struct sampling *sampling, uint64_t place)
{
    const uint64_t words[2] = {sampling->seed, place};
    static const struct hash_key everywhere = {{1}};
    uint64_t hash = hash_siphash64(&everywhere, words, sizeof(words));
    __extension__ unsigned __int128 product = (unsigned __int128)hash * (place + 1);
    return (uint64_t)(product >> 64);
}

static enum serin_status take_row(void *context, const struct file_row *row,
                                  struct serin_error *err)
{
    struct sampling *sampling = context;
    sampling->rows_read++;
    if (sampling->options->sample_keys < 1.0 &&
        !sample_keeps_key(row->key, sampling->options->sample_keys)) {
        return SERIN_OK;
    }
    uint64_t place = sampling->seen++;
    if (!sampling->rows) {
        return sampling->sink(sampling->context, row, err);
    }
    uint64_t slot = place < sampling->room ? place : random_place(sampling, place);
    return slot < sampling->room ? row_keep(row, place, &sampling->rows[slot], err) : SERIN_OK;
}

static int by_place(const void *left, const void *right)
{
    const struct kept_row *a = left;
    const struct kept_row *b = right;
    return a->place < b->place ? -1 : a->place > b->place;
}

static enum serin_status pour(struct sampling *sampling, size_t count, struct serin_error *err)
{
    if (count > 0) {
        qsort(sampling->rows, count, sizeof(*sampling->rows), by_place);
    }
    for (size_t i = 0; i < count; i++) {
        TRY(sampling->sink(sampling->context, &sampling->rows[i].row, err));
    }
    return SERIN_OK;
}

static enum serin_status room_make(struct sampling *sampling, struct serin_error *err)
{
    size_t room = sampling->options->sample_rows;
    if (room == 0) {
        return SERIN_OK;
    }
    sampling->rows = memory_allocate(room, sizeof(*sampling->rows));
    if (!sampling->rows) {
        return serin_fail(err, SERIN_NO_MEMORY, "no memory left for a sample of %zu rows", room);
    }
    sampling->room = room;
    return SERIN_OK;
}

enum serin_status sampled_rows_read(const char *path, const struct file_options *options,
                                    const struct deadline *deadline, enum arm arm,
                                    file_row_sink *sink, void *context, struct serin_error *err)
{
    sampling_scope sampling = {.options = options,
                               .sink = sink,
                               .context = context,
                               .seed = options->sample_seed * ARM_COUNT + (uint64_t)arm};
    TRY(room_make(&sampling, err));
    TRY(file_rows_read(path, options, deadline, take_row, &sampling, err));
    bool is_cut = sampling.rows && sampling.seen > sampling.room;
    uint64_t kept = is_cut ? sampling.room : sampling.seen;
    if (options->sampled) {
        options->sampled[arm] = (struct file_sampled){sampling.rows_read, kept};
    }
    return sampling.rows ? pour(&sampling, (size_t)kept, err) : SERIN_OK;
}
