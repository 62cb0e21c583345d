/* Some rows of a file instead of all. */
#include "source/file_sample.h"

#include "base/buffer.h"
#include "source/key_sample.h"
#include "support/tables_dump.h"
#include "support/temp_folder.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { ROWS = 4000 };

/* Labels a to d in turn; the key is the row's number. */
static const char *file_of_rows(void)
{
    owned(buffer) text = buffer_create(256 * 1024);
    buffer_append_text(text, "key,reference,label,pod,region\n");
    for (unsigned i = 0; i < ROWS; i++) {
        buffer_printf(text, "k%u,r%u,%c,pod-%u,%s\n", i, i % 4, (char)('a' + i % 4), i % 3,
                      i % 2 ? "eu" : "us");
    }
    struct text_view view = buffer_view(text);
    return temp_file("rows.csv", view.start, view.length);
}

static struct block_tables *read(const struct file_options *options, enum arm arm)
{
    struct serin_error err = {0};
    struct block_tables *tables = block_tables_create(&table_limits_default);
    cr_assert(eq(int, label_file_read(file_of_rows(), options, arm, tables, &err), SERIN_OK),
              "%s: %s", err.field, err.detail);
    cr_assert(eq(int, block_tables_seal(tables), SERIN_OK));
    return tables;
}

static char *dumped(const struct file_options *options, enum arm arm)
{
    owned(block_tables) tables = read(options, arm);
    return tables_dump(tables);
}

Test(file_sample, a_reservoir_keeps_as_many_rows_as_asked_and_tells_of_how_many)
{
    struct file_sampled sampled[ARM_COUNT] = {
        {0, 0}
    };
    struct file_options options = file_options_default;
    options.sample_rows = 300;
    options.pod_column = "pod";
    options.slice_columns[0] = "region";
    options.slice_count = 1;
    options.sampled = sampled;
    owned(block_tables) tables = read(&options, ARM_STABLE);
    cr_assert(eq(u64, block_tables_events(tables, ARM_STABLE), 300));
    cr_assert(eq(u64, sampled[ARM_STABLE].rows, ROWS));
    cr_assert(eq(u64, sampled[ARM_STABLE].kept, 300));
    cr_assert(eq(sz, block_tables_slice_count(tables), 2));
}

Test(file_sample, a_reservoir_larger_than_the_file_keeps_all)
{
    struct file_options options = file_options_default;
    owned_memory char *all = dumped(&options, ARM_CANARY);
    options.sample_rows = ROWS + 1;
    owned_memory char *sample = dumped(&options, ARM_CANARY);
    cr_assert(eq(str, sample, all));
}

Test(file_sample, the_seed_alone_decides_which_rows)
{
    struct file_options options = file_options_default;
    options.sample_rows = 300;
    options.pod_column = "pod";
    options.sample_seed = 7;
    owned_memory char *first = dumped(&options, ARM_CANARY);
    owned_memory char *again = dumped(&options, ARM_CANARY);
    cr_assert(eq(str, first, again));
    options.sample_seed = 8;
    owned_memory char *other = dumped(&options, ARM_CANARY);
    cr_assert(ne(str, first, other));
}

/* Each row has the same chance, early or late in the file. */
static enum serin_status note_place(void *context, const struct file_row *row,
                                    struct serin_error *err)
{
    size_t *quarters = context;
    unsigned place = 0;
    (void)err;
    cr_assert(eq(int, sscanf(row->key.start, "k%u", &place), 1));
    quarters[place * 4 / ROWS]++;
    return SERIN_OK;
}

Test(file_sample, every_row_has_the_same_chance)
{
    size_t quarters[4] = {0};
    struct serin_error err = {0};
    struct file_options options = file_options_default;
    options.sample_rows = 200;
    const char *path = file_of_rows();
    for (uint64_t seed = 0; seed < 50; seed++) {
        options.sample_seed = seed;
        cr_assert(
            eq(int, sampled_rows_read(path, &options, NULL, ARM_CANARY, note_place, quarters, &err),
               SERIN_OK));
    }
    for (size_t i = 0; i < 4; i++) {
        cr_assert(lt(dbl, fabs((double)quarters[i] - 2500.0), 4.0 * sqrt(2500.0 * 0.75)),
                  "%zu: %zu", i, quarters[i]);
    }
}

Test(file_sample, sampled_keys_are_the_same_ones_everywhere)
{
    size_t kept = 0;
    for (unsigned i = 0; i < 100000; i++) {
        char text[16];
        int length = snprintf(text, sizeof(text), "k%u", i);
        struct text_view key = {text, (size_t)length};
        bool at_tenth = sample_keeps_key(key, 0.1);
        kept += at_tenth;
        cr_assert(not(at_tenth && !sample_keeps_key(key, 0.2)));
        cr_assert(sample_keeps_key(key, 1.0));
    }
    cr_assert(lt(dbl, fabs((double)kept - 10000.0), 4.0 * sqrt(9000.0)), "%zu", kept);
}

Test(file_sample, pairs_survive_the_sampling_of_keys)
{
    struct serin_error err = {0};
    struct file_pairing pairing = {0};
    struct file_options options = file_options_default;
    options.sample_keys = 0.25;
    owned(block_tables) tables = block_tables_create(&table_limits_default);
    const char *path = file_of_rows();
    cr_assert(
        eq(int, label_files_read_paired(path, path, &options, tables, &pairing, &err), SERIN_OK));
    cr_assert(gt(u64, pairing.pairs, 800));
    cr_assert(lt(u64, pairing.pairs, 1200));
    cr_assert(eq(u64, pairing.only[ARM_CANARY] + pairing.only[ARM_STABLE], 0));
}

Test(file_sample, counts_and_pairs_are_not_drawn_at_random)
{
    struct serin_error err = {0};
    struct file_pairing pairing = {0};
    struct file_options options = file_options_default;
    options.sample_rows = 10;
    owned(block_tables) tables = block_tables_create(&table_limits_default);
    const char *path = file_of_rows();
    cr_assert(eq(int, label_files_read_paired(path, path, &options, tables, &pairing, &err),
                 SERIN_INVALID));
    options.count_column = "count";
    cr_assert(eq(int, label_file_read(path, &options, ARM_CANARY, tables, &err), SERIN_INVALID));
}
