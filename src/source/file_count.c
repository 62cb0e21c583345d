#include "source/file_count.h"

#include "source/file_sample.h"

static const struct file_bounds unbounded;

const struct file_options file_options_default = {
    .label_column = "label",
    .reference_column = "reference",
    .key_column = "key",
    .sample_keys = 1.0,
    .block_ms = 60000,
};

static bool has_blocks(const struct file_options *options)
{
    return options->pod_column || options->time_column;
}

enum serin_status arm_count_init(struct arm_count *count, const struct file_options *options,
                                 const struct file_bounds *bounds, enum arm arm,
                                 struct block_tables *tables, struct serin_error *err)
{
    const struct table_limits *limits = block_tables_limits(tables);
    *count = (struct arm_count){.options = options,
                                .bounds = bounds ? bounds : &unbounded,
                                .tables = tables,
                                .arm = arm,
                                .width_ms = options->block_ms};
    bool is_one_block = !has_blocks(options) && options->slice_count == 0;
    if (is_one_block) {
        count->pairs = pair_counter_create(limits);
    }
    if (options->time_column) {
        count->pods = dictionary_create(limits->pods, &limits->key);
    }
    if ((is_one_block && !count->pairs) || (options->time_column && !count->pods)) {
        arm_count_clear(count);
        return serin_fail(err, SERIN_NO_MEMORY, "no memory left for the counts");
    }
    return SERIN_OK;
}

void arm_count_clear(struct arm_count *count)
{
    pair_counter_destroy(count->pairs);
    dictionary_destroy(count->pods);
    *count = (struct arm_count){0};
}

bool arm_count_takes(const struct arm_count *count, const struct file_row *row)
{
    const struct file_bounds *bounds = count->bounds;
    return !bounds->has_window || !count->options->time_column ||
           (row->time_ms >= bounds->start_ms && row->time_ms < bounds->end_ms);
}

/* ---- blocks ---------------------------------------------------------------------------------- */

/*
 * How wide buckets must become is known only when all times and pods are. What was read so far
 * needs no wider ones than the whole, and narrower buckets fit into wider ones; so each row is
 * added at the width of its moment, and the tables widen what is left narrow.
 */
static enum serin_status place_row(struct arm_count *count, const struct file_row *row,
                                   int64_t *out_block_ms, struct serin_error *err)
{
    size_t pods = dictionary_size(count->pods);
    uint32_t pod = 0;
    if (dictionary_intern(count->pods, row->pod, &pod) != SERIN_OK) {
        return serin_fail(err, SERIN_NO_MEMORY, "no memory left for the pods");
    }
    bool is_first = count->rows == 0;
    bool is_new = is_first || row->time_ms < count->first_ms || row->time_ms > count->last_ms ||
                  dictionary_size(count->pods) > pods;
    if (is_new) {
        count->first_ms =
            is_first || row->time_ms < count->first_ms ? row->time_ms : count->first_ms;
        count->last_ms = is_first || row->time_ms > count->last_ms ? row->time_ms : count->last_ms;
        count->width_ms = block_width_ms(count->options->block_ms, count->first_ms,
                                         count->last_ms + 1, dictionary_size(count->pods));
    }
    *out_block_ms = block_start(row->time_ms, count->width_ms);
    return SERIN_OK;
}

static enum serin_status add_pair(struct arm_count *count, const struct file_row *row,
                                  struct serin_error *err)
{
    const struct text_view *reference = row->has_reference ? &row->reference : NULL;
    enum serin_status status = pair_counter_add(count->pairs, reference, row->label, row->count);
    if (status == SERIN_RANGE) {
        return serin_fail(err, status, "more than 2^53 events in one file");
    }
    if (status == SERIN_TOO_LARGE) {
        return serin_fail(err, status, "more than %zu different pairs of reference and label",
                          block_tables_limits(count->tables)->cells);
    }
    return status == SERIN_OK ? SERIN_OK : serin_fail(err, status, "no memory left for the counts");
}

static enum serin_status add_block_count(struct arm_count *count, const struct file_row *row,
                                         int64_t block_ms, struct serin_error *err)
{
    struct block_count block = {
        .arm = count->arm,
        .pod = row->pod,
        .block_start_ms = block_ms,
        .label = row->label,
        .reference = row->reference,
        .has_reference = row->has_reference,
        .slices = row->slices,
        .slice_count = row->slice_count,
        .count = row->count,
    };
    return block_tables_add(count->tables, &block, err);
}

enum serin_status arm_count_add(struct arm_count *count, const struct file_row *row,
                                int64_t *out_block_ms, struct serin_error *err)
{
    int64_t block_ms = 0;
    if (count->options->time_column) {
        TRY(place_row(count, row, &block_ms, err));
    }
    TRY(count->pairs ? add_pair(count, row, err) : add_block_count(count, row, block_ms, err));
    count->rows++;
    count->referenced += row->has_reference;
    *out_block_ms = block_ms;
    return SERIN_OK;
}

/* ---- the end --------------------------------------------------------------------------------- */

static void tell_times(const struct arm_count *count)
{
    struct block_tables *tables = count->tables;
    struct arm_coverage coverage = {.first_ms = count->first_ms, .last_ms = count->last_ms};
    if (!has_blocks(count->options)) {
        block_tables_set_blocks_unknown(tables);
    }
    if (!count->options->time_column || count->rows == 0) {
        return;
    }
    block_tables_set_coverage(tables, count->arm, &coverage);
    block_tables_widen_blocks(tables, count->options->block_ms);
    int64_t start_ms = block_tables_window_start_ms(tables);
    int64_t end_ms = block_tables_window_end_ms(tables);
    bool is_first = start_ms == end_ms;
    block_tables_set_window(tables,
                            is_first || count->first_ms < start_ms ? count->first_ms : start_ms,
                            is_first || count->last_ms >= end_ms ? count->last_ms + 1 : end_ms);
}

static enum serin_status check_rows(const struct arm_count *count, struct serin_error *err)
{
    if (count->rows == 0 && !count->bounds->may_be_empty) {
        return serin_fail(err, SERIN_INVALID, "no row to count");
    }
    if (count->rows > 0 && count->referenced == 0 && count->options->needs_reference) {
        return serin_fail(err, SERIN_INVALID, "no row has a reference; column \"%s\" is empty",
                          count->options->reference_column);
    }
    return SERIN_OK;
}

enum serin_status arm_count_finish(struct arm_count *count, const char *path,
                                   struct serin_error *err)
{
    const struct block_count block = {.arm = count->arm};
    enum serin_status status = check_rows(count, err);
    if (status != SERIN_OK) {
        file_name_place(path, err);
        return status;
    }
    if (count->pairs) {
        TRY(pair_counter_pour(count->pairs, &block, count->tables, err));
    }
    tell_times(count);
    return SERIN_OK;
}

static enum serin_status count_row(void *context, const struct file_row *row,
                                   struct serin_error *err)
{
    struct arm_count *count = context;
    int64_t block_ms = 0;
    return arm_count_takes(count, row) ? arm_count_add(count, row, &block_ms, err) : SERIN_OK;
}

enum serin_status arm_count_file(const char *path, const struct file_options *options,
                                 const struct file_bounds *bounds, enum arm arm,
                                 struct block_tables *tables, struct serin_error *err)
{
    struct file_options keyless = *options;
    struct arm_count count;
    if (options->sample_keys >= 1.0) {
        keyless.key_column = NULL;
    }
    if (options->sample_rows > 0 && options->count_column) {
        return serin_fail(err, SERIN_INVALID,
                          "rows that are counts cannot be drawn at random; "
                          "sample keys, or aggregate fewer items");
    }
    TRY(arm_count_init(&count, &keyless, bounds, arm, tables, err));
    enum serin_status status =
        sampled_rows_read(path, &keyless, count.bounds->deadline, arm, count_row, &count, err);
    if (status == SERIN_OK) {
        status = arm_count_finish(&count, path, err);
    }
    arm_count_clear(&count);
    return status;
}

enum serin_status label_file_read(const char *path, const struct file_options *options,
                                  enum arm arm, struct block_tables *tables,
                                  struct serin_error *err)
{
    return arm_count_file(path, options, NULL, arm, tables, err);
}
