#include "source/file.h"

#include "base/buffer.h"
#include "platform/gzip.h"
#include "support/random.h"
#include "support/tables_dump.h"
#include "support/temp_folder.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { MINUTE = 60000 };

static const char *file_of(const char *name, const char *text)
{
    return temp_file(name, text, strlen(text));
}

static struct block_tables *read_into(struct block_tables *tables, const char *path,
                                      const struct file_options *options, enum arm arm)
{
    struct serin_error err = {0};
    cr_assert(eq(int, label_file_read(path, options, arm, tables, &err), SERIN_OK), "%s: %s",
              err.field, err.detail);
    return tables;
}

/* The sealed tables of one file. */
static struct block_tables *read_file(const char *path, const struct file_options *options)
{
    struct block_tables *tables = block_tables_create(&table_limits_default);
    read_into(tables, path, options, ARM_CANARY);
    cr_assert(eq(int, block_tables_seal(tables), SERIN_OK));
    return tables;
}

static void expect_dump(const struct block_tables *tables, const char *expected)
{
    owned_memory char *dump = tables_dump(tables);
    cr_assert(eq(str, dump, (char *)expected));
}

/* ---- one table ------------------------------------------------------------------------------- */

static const char simple_csv[] = "id,reference,label,note\n"
                                 "1,x,a,\"one, two\"\n"
                                 "2,x,b,\n"
                                 "3,,a,\"a \"\"quoted\"\" note\nof two lines\"\n"
                                 "4,y,b,\n"
                                 "5,x,a,\n";

static const char simple_ndjson[] =
    "{\"id\":1,\"reference\":\"x\",\"label\":\"a\",\"note\":[1,{\"x\":null}]}\n"
    "\n"
    "{\"id\":2,\"label\":\"b\",\"reference\":\"\\u0078\"}\r\n"
    "{\"note\":\"a \\\"quoted\\\" note\\nof two lines\",\"reference\":null,\"label\":\"a\"}\n"
    " { \"reference\" : \"y\" , \"label\" : \"b\" } \n"
    "{\"reference\":\"x\",\"label\":\"a\"}";

static const char simple_dump[] = "window 0 0 blocks-unknown\n"
                                  "coverage 0 0 0\n"
                                  "coverage 0 0 0\n"
                                  "labels \"a\" \"b\"\n"
                                  "references \"x\" \"y\"\n"
                                  "slices\n"
                                  "canary: 1 pods, 5 events, 1 without reference\n"
                                  "block 0 at 0 \"\"\n"
                                  "cells of slice -1\n"
                                  "0 0 0 2\n"
                                  "0 0 1 1\n"
                                  "0 1 1 1\n"
                                  "0 4294967295 0 1\n"
                                  "stable: 0 pods, 0 events, 0 without reference\n"
                                  "cells of slice -1\n"
                                  "0 pairs in 0 blocks\n";

static const char *packed_file(const char *name, const char *text)
{
    char *packed = NULL;
    size_t length = 0;
    cr_assert(eq(int, gzip_deflate(text, strlen(text), &packed, &length, NULL), SERIN_OK));
    const char *path = temp_file(name, packed, length);
    memory_free(packed);
    return path;
}

Test(file, the_same_rows_give_the_same_tables_in_every_format)
{
    const char *const paths[] = {
        file_of("plain.csv", simple_csv),
        file_of("plain.ndjson", simple_ndjson),
        file_of("plain.JSONL", simple_ndjson),
        packed_file("packed.csv.gz", simple_csv),
        packed_file("packed.json.gz", simple_ndjson),
        file_of("no-ending", simple_ndjson),
        file_of("another.txt", simple_csv),
        packed_file("nothing-told", simple_ndjson),
    };
    for (size_t i = 0; i < ARRAY_LENGTH(paths); i++) {
        owned(block_tables) tables = read_file(paths[i], &file_options_default);
        expect_dump(tables, simple_dump);
    }
}

Test(file, a_name_tells_the_format_whatever_the_first_byte)
{
    const char *path = packed_file("brace.csv.gz", "{x},label\n1,a\n");
    owned(block_tables) tables = read_file(path, &file_options_default);
    cr_assert(eq(u64, block_tables_events(tables, ARM_CANARY), 1));
}

Test(file, a_format_that_is_named_beats_name_and_contents)
{
    struct file_options options = file_options_default;
    options.format = FILE_FORMAT_NDJSON;
    owned(block_tables) tables = read_file(file_of("mislabelled.csv", simple_ndjson), &options);
    expect_dump(tables, simple_dump);
}

Test(file, a_dash_is_standard_input)
{
    int fd = open(file_of("piped", simple_csv), O_RDONLY);
    cr_assert(ge(int, dup2(fd, STDIN_FILENO), 0));
    owned(block_tables) tables = read_file("-", &file_options_default);
    expect_dump(tables, simple_dump);
    (void)close(fd);
}

/* A pipe may hand over a single byte at first, too little to tell gzip from text. */
Test(file, input_may_come_byte_by_byte)
{
    int ends[2];
    cr_assert(eq(int, pipe(ends), 0));
    cr_assert(ge(int, dup2(ends[0], STDIN_FILENO), 0));
    pid_t child = fork();
    if (child == 0) {
        for (const char *at = simple_csv; *at; at++) {
            if (write(ends[1], at, 1) != 1) {
                _exit(1);
            }
            (void)usleep(200);
        }
        _exit(0);
    }
    (void)close(ends[1]);
    owned(block_tables) tables = read_file("-", &file_options_default);
    expect_dump(tables, simple_dump);
}

Test(file, columns_have_the_names_they_are_given)
{
    static const char text[] = "\xEF\xBB\xBF"
                               "Cluster,\"true, really\",n\r\nk1,t1,3\r\nk1,t1,0\r\n"
                               "k2,t1,9007199254740989\r\n";
    struct file_options options = file_options_default;
    options.label_column = "Cluster";
    options.reference_column = "true, really";
    options.count_column = "n";
    options.needs_reference = true;
    owned(block_tables) tables = read_file(file_of("named.csv", text), &options);
    cr_assert(eq(u64, block_tables_events(tables, ARM_CANARY), SERIN_TOTAL_MAX));
    cr_assert(eq(sz, block_tables_label_count(tables), 2));
    cr_assert(text_equals(block_tables_reference(tables, 0), "t1"));
}

Test(file, without_a_reference_column_labels_alone_are_counted)
{
    owned(block_tables) tables =
        read_file(file_of("labels.csv", "label\na\nb\na\n"), &file_options_default);
    cr_assert(eq(u64, block_tables_events(tables, ARM_CANARY), 3));
    cr_assert(eq(u64, block_tables_unreferenced(tables, ARM_CANARY), 3));
    cr_assert(eq(sz, block_tables_reference_count(tables), 0));
}

Test(file, json_numbers_and_words_are_labels_as_they_are_written)
{
    static const char text[] = "{\"label\":7,\"reference\":-1.50e+2}\n"
                               "{\"label\":true,\"reference\":\"7\"}\n";
    owned(block_tables) tables = read_file(file_of("numbers.ndjson", text), &file_options_default);
    cr_assert(text_equals(block_tables_label(tables, 0), "7"));
    cr_assert(text_equals(block_tables_label(tables, 1), "true"));
    cr_assert(text_equals(block_tables_reference(tables, 0), "-1.50e+2"));
}

Test(file, one_column_can_be_label_and_slice)
{
    static const char *const texts[] = {"reference,label\nx,a\ny,b\n",
                                        "{\"reference\":\"x\",\"label\":\"a\"}\n"
                                        "{\"reference\":\"y\",\"label\":\"b\"}\n"};
    struct file_options options = file_options_default;
    options.slice_columns[options.slice_count++] = "label";
    for (size_t i = 0; i < ARRAY_LENGTH(texts); i++) {
        owned(block_tables) tables = read_file(file_of("shared", texts[i]), &options);
        cr_assert(eq(sz, block_tables_slice_count(tables), 2));
        cr_assert(text_equals(block_tables_slice(tables, 1).value, "b"));
    }
}

Test(file, an_empty_slice_value_is_no_slice)
{
    static const char text[] = "reference,label,region\nx,a,eu\nx,a,\nx,a,eu\n";
    struct file_options options = file_options_default;
    options.slice_columns[options.slice_count++] = "region";
    owned(block_tables) tables = read_file(file_of("slices.csv", text), &options);
    uint64_t total = 0;
    cr_assert(eq(sz, block_tables_slice_count(tables), 1));
    block_tables_label_totals(tables, ARM_CANARY, 0, ALL_BLOCKS, &total);
    cr_assert(eq(u64, total, 2));
    cr_assert(eq(u64, block_tables_events(tables, ARM_CANARY), 3));
}

/* ---- blocks ---------------------------------------------------------------------------------- */

enum { ROWS = 4000, PODS = 12, LABELS = 6 };

struct random_row {
    unsigned pod;
    int64_t time_ms;
    unsigned reference;
    unsigned label;
};

static void make_rows(struct random_row *rows, struct random *random)
{
    for (size_t i = 0; i < ROWS; i++) {
        rows[i] = (struct random_row){
            .pod = (unsigned)random_below(random, PODS),
            .time_ms = INT64_C(1700000000000) + (int64_t)random_below(random, 300 * MINUTE),
            .reference = (unsigned)random_below(random, LABELS),
            .label = (unsigned)random_below(random, LABELS),
        };
    }
}

static void shuffle(struct random_row *rows, struct random *random)
{
    for (size_t i = ROWS - 1; i > 0; i--) {
        size_t j = random_below(random, i + 1);
        struct random_row row = rows[i];
        rows[i] = rows[j];
        rows[j] = row;
    }
}

static int by_time(const void *left, const void *right)
{
    const struct random_row *a = left;
    const struct random_row *b = right;
    return (a->time_ms > b->time_ms) - (a->time_ms < b->time_ms);
}

static const char *rows_file(const char *name, const struct random_row *rows)
{
    owned(buffer) out = buffer_create(1 << 20);
    buffer_append_text(out, "pod,time,reference,label,key\n");
    for (size_t i = 0; i < ROWS; i++) {
        buffer_printf(out, "pod-%u,%lld,r%u,l%u,%zu\n", rows[i].pod, (long long)rows[i].time_ms,
                      rows[i].reference, rows[i].label, i);
    }
    return file_of(name, buffer_text(out));
}

static struct file_options block_options(void)
{
    struct file_options options = file_options_default;
    options.pod_column = "pod";
    options.time_column = "time";
    return options;
}

/* What the rows come to when the final width is known from the start. */
static struct block_tables *expected_tables(const struct random_row *rows)
{
    struct block_tables *tables = block_tables_create(&table_limits_default);
    struct arm_coverage coverage = {.first_ms = INT64_MAX, .last_ms = INT64_MIN};
    for (size_t i = 0; i < ROWS; i++) {
        int64_t time_ms = rows[i].time_ms;
        coverage.first_ms = time_ms < coverage.first_ms ? time_ms : coverage.first_ms;
        coverage.last_ms = time_ms > coverage.last_ms ? time_ms : coverage.last_ms;
    }
    int64_t width_ms = block_width_ms(MINUTE, coverage.first_ms, coverage.last_ms + 1, PODS);
    cr_assert(gt(i64, width_ms, MINUTE));
    for (size_t i = 0; i < ROWS; i++) {
        char texts[3][16];
        (void)snprintf(texts[0], sizeof(texts[0]), "pod-%u", rows[i].pod);
        (void)snprintf(texts[1], sizeof(texts[1]), "r%u", rows[i].reference);
        (void)snprintf(texts[2], sizeof(texts[2]), "l%u", rows[i].label);
        struct block_count count = {.arm = ARM_CANARY,
                                    .pod = text_view_of(texts[0]),
                                    .block_start_ms = block_start(rows[i].time_ms, width_ms),
                                    .reference = text_view_of(texts[1]),
                                    .has_reference = true,
                                    .label = text_view_of(texts[2]),
                                    .count = 1};
        cr_assert(eq(int, block_tables_add(tables, &count, NULL), SERIN_OK));
    }
    block_tables_set_window(tables, coverage.first_ms, coverage.last_ms + 1);
    block_tables_set_coverage(tables, ARM_CANARY, &coverage);
    cr_assert(eq(int, block_tables_seal(tables), SERIN_OK));
    return tables;
}

Test(file, blocks_are_the_same_in_whatever_order_the_rows_come)
{
    static struct random_row rows[ROWS];
    struct random random = {17};
    struct file_options options = block_options();
    make_rows(rows, &random);
    owned(block_tables) expected = expected_tables(rows);
    owned_memory char *wanted = tables_dump(expected);
    for (size_t round = 0; round < 4; round++) {
        owned(block_tables) tables = read_file(rows_file("rows.csv", rows), &options);
        expect_dump(tables, wanted);
        shuffle(rows, &random);
    }
    qsort(rows, ROWS, sizeof(rows[0]), by_time);
    owned(block_tables) in_time = read_file(rows_file("rows.csv", rows), &options);
    expect_dump(in_time, wanted);
}

Test(file, pods_alone_make_a_block_each)
{
    static const char text[] = "label,pod\na,p2\na,p1\nb,p1\n";
    struct file_options options = file_options_default;
    options.pod_column = "pod";
    owned(block_tables) tables = read_file(file_of("pods.csv", text), &options);
    cr_assert(block_tables_blocks_known(tables));
    cr_assert(eq(sz, block_tables_block_count(tables, ARM_CANARY), 2));
    cr_assert(eq(i64, block_tables_window_end_ms(tables), 0));
}

Test(file, times_are_read_as_rfc_3339_or_unix_milliseconds)
{
    static const char text[] = "label,time\na,2026-01-31T12:00:00.250Z\na,1769860800250\n"
                               "a,2026-01-31T13:00:00.25+01:00\nb,2026-01-31T12:01:00Z\n";
    struct file_options options = file_options_default;
    options.time_column = "time";
    owned(block_tables) tables = read_file(file_of("times.csv", text), &options);
    cr_assert(eq(sz, block_tables_block_count(tables, ARM_CANARY), 2));
    cr_assert(eq(i64, block_tables_coverage(tables, ARM_CANARY)->first_ms, INT64_C(1769860800250)));
    cr_assert(eq(i64, block_tables_window_end_ms(tables), INT64_C(1769860860001)));
}

Test(file, the_window_spans_both_arms)
{
    struct file_options options = file_options_default;
    options.time_column = "time";
    owned(block_tables) tables = block_tables_create(&table_limits_default);
    read_into(tables, file_of("canary.csv", "label,time\na,500\na,900\n"), &options, ARM_CANARY);
    read_into(tables, file_of("stable.csv", "label,time\na,100\na,600\n"), &options, ARM_STABLE);
    cr_assert(eq(int, block_tables_seal(tables), SERIN_OK));
    cr_assert(eq(i64, block_tables_window_start_ms(tables), 100));
    cr_assert(eq(i64, block_tables_window_end_ms(tables), 901));
    cr_assert(eq(i64, block_tables_coverage(tables, ARM_STABLE)->last_ms, 600));
}

/* Ten million buckets of a minute, but the tables never hold more than few hundred blocks. */
Test(file, a_long_time_needs_no_more_cells_than_blocks)
{
    struct table_limits limits = {.labels = 10, .pods = 10, .cells = 2500};
    struct file_options options = file_options_default;
    owned(buffer) out = buffer_create(1 << 22);
    struct serin_error err = {0};
    options.time_column = "time";
    buffer_append_text(out, "label,time\n");
    for (int64_t i = 0; i < 100000; i++) {
        buffer_printf(out, "a,%lld\n", (long long)(i * 100 * MINUTE));
    }
    owned(block_tables) tables = block_tables_create(&limits);
    cr_assert(eq(int,
                 label_file_read(file_of("long.csv", buffer_text(out)), &options, ARM_CANARY,
                                 tables, &err),
                 SERIN_OK),
              "%s: %s", err.field, err.detail);
    cr_assert(eq(int, block_tables_seal(tables), SERIN_OK));
    cr_assert(eq(u64, block_tables_events(tables, ARM_CANARY), 100000));
    cr_assert(le(sz, block_tables_block_count(tables, ARM_CANARY), BLOCKS_MAX));
    cr_assert(gt(sz, block_tables_block_count(tables, ARM_CANARY), BLOCKS_MAX / 4));
}

/* ---- trouble --------------------------------------------------------------------------------- */

Test(file, every_failed_allocation_is_told)
{
    const char *const paths[] = {packed_file("a.csv.gz", simple_csv),
                                 file_of("a.ndjson", simple_ndjson)};
    for (size_t i = 0; i < ARRAY_LENGTH(paths); i++) {
        bool done = false;
        for (uint64_t failing = 1; !done; failing++) {
            owned(block_tables) tables = block_tables_create(&table_limits_default);
            memory_fail_after(failing);
            enum serin_status status =
                label_file_read(paths[i], &file_options_default, ARM_CANARY, tables, NULL);
            memory_fail_after(0);
            done = status == SERIN_OK;
            cr_assert(done || status == SERIN_NO_MEMORY, "%s at %zu: %s", paths[i], (size_t)failing,
                      serin_status_name(status));
            cr_assert(lt(u64, failing, 1000));
        }
    }
}
