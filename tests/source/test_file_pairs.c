#include "source/file.h"

#include "base/buffer.h"
#include "support/tables_dump.h"
#include "support/temp_folder.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>

static const char *file_of(const char *name, const char *text)
{
    return temp_file(name, text, strlen(text));
}

static struct block_tables *read_both(const char *canary, const char *stable,
                                      const struct file_options *options,
                                      struct file_pairing *pairing)
{
    struct serin_error err = {0};
    struct block_tables *tables = block_tables_create(&table_limits_default);
    cr_assert(
        eq(int,
           label_files_read_paired(file_of("canary.csv", canary), file_of("stable.csv", stable),
                                   options, tables, pairing, &err),
           SERIN_OK),
        "%s: %s", err.field, err.detail);
    cr_assert(eq(int, block_tables_seal(tables), SERIN_OK));
    return tables;
}

static const char canary_csv[] = "key,reference,label\n"
                                 "k1,x,a\n"
                                 "k2,,b\n"
                                 "only,x,a\n"
                                 "k3,y,a\n"
                                 "k1,x,b\n"
                                 "k5,,c\n";
static const char stable_csv[] = "key,reference,label\n"
                                 "k3,y,b\n"
                                 "k2,x,b\n"
                                 "alone,,a\n"
                                 "alone,,b\n"
                                 "k1,,a\n"
                                 "k5,,b\n";

Test(file_pairs, rows_of_equal_keys_are_paired_with_the_reference_of_either)
{
    struct file_pairing pairing = {0};
    owned(block_tables) tables = read_both(canary_csv, stable_csv, &file_options_default, &pairing);
    owned_memory char *dump = tables_dump(tables);
    cr_assert(eq(str, dump,
                 "window 0 0 blocks-unknown\n"
                 "coverage 0 0 0\n"
                 "coverage 0 0 0\n"
                 "labels \"a\" \"b\" \"c\"\n"
                 "references \"x\" \"y\"\n"
                 "slices\n"
                 "canary: 1 pods, 6 events, 2 without reference\n"
                 "block 0 at 0 \"\"\n"
                 "cells of slice -1\n"
                 "0 0 0 2\n"
                 "0 0 1 1\n"
                 "0 1 0 1\n"
                 "0 4294967295 1 1\n"
                 "0 4294967295 2 1\n"
                 "stable: 1 pods, 6 events, 4 without reference\n"
                 "block 0 at 0 \"\"\n"
                 "cells of slice -1\n"
                 "0 0 1 1\n"
                 "0 1 1 1\n"
                 "0 4294967295 0 2\n"
                 "0 4294967295 1 2\n"
                 "4 pairs in 1 blocks\n"
                 "0 0 0 0 1\n"
                 "0 0 1 1 1\n"
                 "0 1 0 1 1\n"
                 "0 4294967295 2 1 1\n"));
}

Test(file_pairs, keys_without_a_partner_and_repeated_ones_are_counted)
{
    struct file_pairing pairing = {0};
    owned(block_tables) tables = read_both(canary_csv, stable_csv, &file_options_default, &pairing);
    cr_assert(eq(u64, pairing.pairs, 4));
    cr_assert(eq(u64, pairing.only[ARM_CANARY], 1));
    cr_assert(eq(u64, pairing.only[ARM_STABLE], 1));
    cr_assert(eq(u64, pairing.repeated[ARM_CANARY], 1));
    cr_assert(eq(u64, pairing.repeated[ARM_STABLE], 1));
}

/* "alone" came twice in the stable file, first as a, then as b; k1 twice in the canary's. */
Test(file_pairs, keys_that_the_stable_file_holds_twice_pair_it_with_itself)
{
    struct file_pairing pairing = {0};
    owned(block_tables) tables = read_both(canary_csv, stable_csv, &file_options_default, &pairing);
    owned_memory struct serin_triple *triples = NULL;
    size_t count = 0;
    cr_assert(eq(int, block_tables_self_triples(tables, &triples, &count), SERIN_OK));
    cr_assert(eq(sz, count, 1));
    cr_assert(eq(u32, triples[0].stable, 0));
    cr_assert(eq(u32, triples[0].canary, 1));
    cr_assert(eq(u64, triples[0].count, 1));
}

Test(file_pairs, a_pair_stands_in_the_block_of_its_canary_row)
{
    struct file_options options = file_options_default;
    struct file_pairing pairing = {0};
    options.pod_column = "pod";
    options.time_column = "time";
    options.block_ms = 1000;
    owned(buffer) canary = buffer_create(1 << 20);
    owned(buffer) stable = buffer_create(1 << 20);
    buffer_append_text(canary, "key,label,pod,time\n");
    buffer_append_text(stable, "key,label,pod,time\n");
    /* Only one of the canary's pods has partners; its blocks are as wide as if all had. */
    for (int i = 0; i < 3000; i++) {
        buffer_printf(canary, "k%d,a,c%d,%d\n", i, i % 4, i * 1000);
        if (i % 4 == 0) {
            buffer_printf(stable, "k%d,a,s%d,%d\n", i, i % 50, i * 1000 + 500);
        }
    }
    owned(block_tables) tables =
        read_both(buffer_text(canary), buffer_text(stable), &options, &pairing);
    struct serin_triple *triples = NULL;
    size_t count = 0;
    cr_assert(eq(u64, pairing.pairs, 750));
    cr_assert(eq(sz, block_tables_paired_block_count(tables),
                 block_tables_block_count(tables, ARM_CANARY) / 4));
    cr_assert(le(sz, block_tables_block_count(tables, ARM_CANARY), BLOCKS_MAX));
    cr_assert(eq(int, block_tables_triples(tables, &triples, &count), SERIN_OK));
    cr_assert(eq(sz, count, block_tables_paired_block_count(tables)));
    memory_free(triples);
}

struct bad_pair_case {
    const char *name;
    const char *canary;
    const char *stable;
    const char *field;
    const char *detail;
};

Test(file_pairs, contradictions_and_missing_keys_are_refused)
{
    static const struct bad_pair_case cases[] = {
        {"references differ between files", "key,label,reference\nk,a,x\n",
         "key,label,reference\nj,a,y\nk,a,y\n",                                                            "line 3: reference",
         "key \"k\" has the reference \"y\" here and \"x\" before"                                                                               },
        {"references differ within a file", "key,label,reference\nk,a,x\nk,a,z\n",
         "key,label\nk,a\n",                                                                               "line 3: reference",
         "key \"k\" has the reference \"z\" here and \"x\" before"                                                                               },
        {"no key column",                   "id,label\nk,a\n",                     "key,label\nk,a\n",     "line 1",
         "no column \"key\"; the file has \"id\", \"label\""                                                                                     },
        {"an empty key",                    "key,label\nk,a\n",                    "key,label\nk,a\n,b\n", "line 3: key",
         "empty; every row needs one"                                                                                                            },
        {"no rows",                         "key,label\nk,a\n",                    "key,label\n",          "",                  "no row to count"},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        struct serin_error err = {0};
        struct file_pairing pairing = {.pairs = 77};
        owned(block_tables) tables = block_tables_create(&table_limits_default);
        enum serin_status status =
            label_files_read_paired(file_of("c", cases[i].canary), file_of("s", cases[i].stable),
                                    &file_options_default, tables, &pairing, &err);
        cr_expect(eq(int, status, SERIN_INVALID), "%s", cases[i].name);
        cr_expect(ne(ptr, strstr(err.field, cases[i].field), NULL), "%s: %s", cases[i].name,
                  err.field);
        cr_expect(eq(str, err.detail, (char *)cases[i].detail), "%s", cases[i].name);
        cr_expect(eq(u64, pairing.pairs, 77), "%s", cases[i].name);
    }
}

Test(file_pairs, counts_cannot_be_paired)
{
    struct file_options options = file_options_default;
    struct file_pairing pairing = {0};
    struct serin_error err = {0};
    options.count_column = "count";
    owned(block_tables) tables = block_tables_create(&table_limits_default);
    cr_assert(eq(int, label_files_read_paired("c", "s", &options, tables, &pairing, &err),
                 SERIN_INVALID));
}

Test(file_pairs, every_failed_allocation_is_told)
{
    const char *canary = file_of("canary.csv", canary_csv);
    const char *stable = file_of("stable.csv", stable_csv);
    bool done = false;
    for (uint64_t failing = 1; !done; failing++) {
        struct file_pairing pairing = {0};
        owned(block_tables) tables = block_tables_create(&table_limits_default);
        memory_fail_after(failing);
        enum serin_status status =
            label_files_read_paired(canary, stable, &file_options_default, tables, &pairing, NULL);
        memory_fail_after(0);
        done = status == SERIN_OK;
        cr_assert(done || status == SERIN_NO_MEMORY);
        cr_assert(lt(u64, failing, 1000));
    }
}
