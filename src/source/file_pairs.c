#include "source/file_pairs.h"

#include "source/file_sample.h"

#include <string.h>

enum { ABSENT = 0 /* of an id plus one */ };

/* What is known of one key: ids plus one, in dictionaries of the join. */
struct item {
    uint32_t labels[ARM_COUNT];
    uint32_t reference;
    uint32_t stable_again; /* the stable arm's second label */
    uint32_t pods[ARM_COUNT];
    int64_t block_ms[ARM_COUNT];
};

struct join {
    struct dictionary *keys;
    struct dictionary *labels;
    struct dictionary *references;
    struct dictionary *pods;
    struct item *items; /* by key id */
    size_t item_room;
    struct arm_count count; /* of the arm being read */
    struct file_pairing pairing;
};

static enum serin_status no_memory(struct serin_error *err)
{
    return serin_fail(err, SERIN_NO_MEMORY, "no memory left to join the files by key");
}

/* Labels are told apart here without limit; the tables fold them, as they do single ones. */
static enum serin_status join_init(struct join *join, const struct table_limits *limits,
                                   struct serin_error *err)
{
    *join = (struct join){
        .keys = dictionary_create(FILE_KEYS_MAX, &limits->key),
        .labels = dictionary_create(FILE_KEYS_MAX, &limits->key),
        .references = dictionary_create(FILE_KEYS_MAX, &limits->key),
        .pods = dictionary_create(FILE_KEYS_MAX, &limits->key),
    };
    return join->keys && join->labels && join->references && join->pods ? SERIN_OK : no_memory(err);
}

static void join_clear(struct join *join)
{
    dictionary_destroy(join->keys);
    dictionary_destroy(join->labels);
    dictionary_destroy(join->references);
    dictionary_destroy(join->pods);
    memory_free(join->items);
    arm_count_clear(&join->count);
}

/* ---- rows ------------------------------------------------------------------------------------ */

static enum serin_status find_item(struct join *join, struct text_view key, struct item **out,
                                   struct serin_error *err)
{
    uint32_t id = 0;
    if (dictionary_intern(join->keys, key, &id) != SERIN_OK) {
        return no_memory(err);
    }
    if (id == DICTIONARY_OTHER) {
        return serin_fail(err, SERIN_TOO_LARGE, "more than %d keys; compare fewer items",
                          FILE_KEYS_MAX);
    }
    if (memory_grow((void **)&join->items, &join->item_room, (size_t)id + 1, sizeof(*join->items),
                    FILE_KEYS_MAX) != SERIN_OK) {
        return no_memory(err);
    }
    *out = &join->items[id];
    return SERIN_OK;
}

/* There are never more texts than keys, which find_item has counted. */
static enum serin_status intern(struct dictionary *texts, struct text_view text,
                                uint32_t *out_id_plus_one, struct serin_error *err)
{
    uint32_t id = 0;
    if (dictionary_intern(texts, text, &id) != SERIN_OK) {
        return no_memory(err);
    }
    *out_id_plus_one = id + 1;
    return SERIN_OK;
}

static enum serin_status note_reference(struct join *join, struct item *item,
                                        const struct file_row *row, struct serin_error *err)
{
    uint32_t reference = ABSENT;
    if (!row->has_reference) {
        return SERIN_OK;
    }
    TRY(intern(join->references, row->reference, &reference, err));
    if (item->reference != ABSENT && item->reference != reference) {
        serin_error_at(err, "%s", join->count.options->reference_column);
        return serin_fail(err, SERIN_INVALID, "key %s has the reference %s here and %s before",
                          TEXT_QUOTE(row->key), TEXT_QUOTE(row->reference),
                          TEXT_QUOTE(dictionary_text(join->references, item->reference - 1)));
    }
    item->reference = reference;
    return SERIN_OK;
}

static enum serin_status note_row(struct join *join, const struct file_row *row, int64_t block_ms,
                                  struct serin_error *err)
{
    enum arm arm = join->count.arm;
    struct item *item = NULL;
    TRY(find_item(join, row->key, &item, err));
    TRY(note_reference(join, item, row, err));
    if (item->labels[arm] != ABSENT) {
        bool is_second = arm == ARM_STABLE && item->stable_again == ABSENT;
        join->pairing.repeated[arm]++;
        return is_second ? intern(join->labels, row->label, &item->stable_again, err) : SERIN_OK;
    }
    TRY(intern(join->labels, row->label, &item->labels[arm], err));
    TRY(intern(join->pods, row->pod, &item->pods[arm], err));
    item->block_ms[arm] = block_ms;
    return SERIN_OK;
}

static enum serin_status take_row(void *context, const struct file_row *row,
                                  struct serin_error *err)
{
    struct join *join = context;
    int64_t block_ms = 0;
    if (!arm_count_takes(&join->count, row)) {
        return SERIN_OK;
    }
    TRY(arm_count_add(&join->count, row, &block_ms, err));
    return note_row(join, row, block_ms, err);
}

/* ---- pairs ----------------------------------------------------------------------------------- */

static enum serin_status add_pair(const struct join *join, const struct item *item,
                                  struct block_tables *tables, struct serin_error *err)
{
    struct paired_count count = {
        .pod = dictionary_text(join->pods, item->pods[ARM_CANARY] - 1),
        .block_start_ms = item->block_ms[ARM_CANARY],
        .canary_label = dictionary_text(join->labels, item->labels[ARM_CANARY] - 1),
        .stable_label = dictionary_text(join->labels, item->labels[ARM_STABLE] - 1),
        .has_reference = item->reference != ABSENT,
        .count = 1,
    };
    if (count.has_reference) {
        count.reference = dictionary_text(join->references, item->reference - 1);
    }
    return block_tables_add_paired(tables, &count, err);
}

/* The stable arm labelled the key twice. */
static enum serin_status add_self_pair(const struct join *join, const struct item *item,
                                       struct block_tables *tables, struct serin_error *err)
{
    struct paired_count count = {
        .pod = dictionary_text(join->pods, item->pods[ARM_STABLE] - 1),
        .block_start_ms = item->block_ms[ARM_STABLE],
        .canary_label = dictionary_text(join->labels, item->stable_again - 1),
        .stable_label = dictionary_text(join->labels, item->labels[ARM_STABLE] - 1),
        .count = 1,
    };
    return block_tables_add_self_paired(tables, &count, err);
}

static enum serin_status add_pairs(struct join *join, struct block_tables *tables,
                                   struct serin_error *err)
{
    for (size_t i = 0; i < dictionary_size(join->keys); i++) {
        const struct item *item = &join->items[i];
        if (item->stable_again != ABSENT) {
            TRY(add_self_pair(join, item, tables, err));
        }
        if (item->labels[ARM_STABLE] == ABSENT) {
            join->pairing.only[ARM_CANARY]++;
        } else if (item->labels[ARM_CANARY] == ABSENT) {
            join->pairing.only[ARM_STABLE]++;
        } else {
            TRY(add_pair(join, item, tables, err));
            join->pairing.pairs++;
        }
    }
    return SERIN_OK;
}

static enum serin_status read_arm(struct join *join, const char *path,
                                  const struct file_options *options,
                                  const struct file_bounds *bounds, enum arm arm,
                                  struct block_tables *tables, struct serin_error *err)
{
    TRY(arm_count_init(&join->count, options, bounds, arm, tables, err));
    TRY(sampled_rows_read(path, options, join->count.bounds->deadline, arm, take_row, join, err));
    TRY(arm_count_finish(&join->count, path, err));
    arm_count_clear(&join->count);
    return SERIN_OK;
}

static enum serin_status read_both(struct join *join, const char *const paths[ARM_COUNT],
                                   const struct file_options *options,
                                   const struct file_bounds *bounds, struct block_tables *tables,
                                   struct serin_error *err)
{
    TRY(join_init(join, block_tables_limits(tables), err));
    TRY(read_arm(join, paths[ARM_CANARY], options, bounds, ARM_CANARY, tables, err));
    TRY(read_arm(join, paths[ARM_STABLE], options, bounds, ARM_STABLE, tables, err));
    return add_pairs(join, tables, err);
}

enum serin_status file_pairs_read(const char *const paths[ARM_COUNT],
                                  const struct file_options *options,
                                  const struct file_bounds *bounds, struct block_tables *tables,
                                  struct file_pairing *out, struct serin_error *err)
{
    struct join join = {0};
    if (!options->key_column || options->count_column) {
        return serin_fail(err, SERIN_INVALID,
                          "pairing needs a key in every row, and rows that are not counts");
    }
    if (options->sample_rows > 0) {
        return serin_fail(err, SERIN_INVALID,
                          "rows drawn at random would not be pairs; sample keys instead");
    }
    enum serin_status status = read_both(&join, paths, options, bounds, tables, err);
    if (status == SERIN_OK) {
        *out = join.pairing;
    }
    join_clear(&join);
    return status;
}

enum serin_status label_files_read_paired(const char *canary_path, const char *stable_path,
                                          const struct file_options *options,
                                          struct block_tables *tables, struct file_pairing *out,
                                          struct serin_error *err)
{
    const char *const paths[ARM_COUNT] = {[ARM_CANARY] = canary_path, [ARM_STABLE] = stable_path};
    return file_pairs_read(paths, options, NULL, tables, out, err);
}
