/*
 * Label events in files: CSV with a header row or NDJSON, plain or gzip, one file for each arm.
 *
 * For `score` and `compare`, and as the source `file`. Columns (NDJSON: fields) have the names that
 * the options give them; others are ignored. What cannot be counted exactly is an error that names
 * file, line and column: a count that is no whole number, an empty label, a time that is none.
 */
#ifndef SERIN_SOURCE_FILE_H
#define SERIN_SOURCE_FILE_H

#include "base/decode.h"
#include "labels/block_tables.h"
#include "platform/progress.h"
#include "serin/error.h"
#include "source/source.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* AUTO: as the name ends (.csv, .ndjson, .jsonl, .json, each also with .gz), else by the content.
 */
enum file_format { FILE_FORMAT_AUTO, FILE_FORMAT_CSV, FILE_FORMAT_NDJSON };
extern const struct decode_name file_format_names[]; /* "auto", "csv", "ndjson" */

/* How many rows a file had and how many of them count. */
struct file_sampled {
    uint64_t rows;
    uint64_t kept;
};

/* Texts are borrowed. A column that is NULL is not looked for. */
struct file_options {
    enum file_format format;
    const char *label_column;
    const char *reference_column;
    bool needs_reference;     /* the reference column must exist and some row fill it */
    const char *key_column;   /* read for pairs, and where keys are sampled */
    const char *count_column; /* rows are counts; without it each is one event */
    const char *pod_column;   /* pod and time form the blocks; without both blocks are unknown */
    const char *time_column;  /* RFC 3339, or Unix milliseconds */
    const char *slice_columns[SLICE_DIMENSIONS_MAX];
    size_t slice_count;
    double sample_keys;   /* share of the keys that count, the same ones everywhere; 1: all */
    uint64_t sample_rows; /* at most so many rows of a file count, at random; 0: all */
    uint64_t sample_seed; /* of that choice */
    struct file_sampled *sampled; /* by arm: told what was sampled of what; NULL: nobody */
    int64_t block_ms;             /* base width of a block's time bucket */
    struct progress *progress;    /* told the bytes read; NULL: nobody */
};
/* Columns `label`, `reference` (which may be missing) and `key`; blocks of a minute. */
extern const struct file_options file_options_default;

/*
 * Adds the events of `path` ("-": standard input) to an arm of `tables`, which the caller seals
 * when all is read. Window and coverage of the tables become those of the events' times. An empty
 * reference is none; an empty value of a slice column puts the row into no slice of it. Rows that
 * are counts cannot be drawn at random: with a count column `sample_rows` is SERIN_INVALID.
 *
 * Fails with SERIN_INVALID (contents), SERIN_NOT_FOUND and SERIN_DENIED (the file),
 * SERIN_TOO_LARGE, SERIN_RANGE, SERIN_UNAVAILABLE and SERIN_NO_MEMORY; err->field is then
 * "canary.csv" or "canary.csv, line 7: label".
 */
SERIN_MUST_CHECK enum serin_status label_file_read(const char *path,
                                                   const struct file_options *options, enum arm arm,
                                                   struct block_tables *tables,
                                                   struct serin_error *err);

/* How the keys of two files matched. Where a key comes twice in a file the first counts. */
struct file_pairing {
    uint64_t pairs;
    uint64_t only[ARM_COUNT];     /* keys that the other arm's file lacks */
    uint64_t repeated[ARM_COUNT]; /* rows whose key came before */
};

/*
 * The same for both arms at once, and pairs the rows of equal keys: each pair is one paired count,
 * in the block of the canary's row, with the reference that either file has for it. Rows must not
 * be counts, and are not drawn at random, which would tear the pairs apart. Fails as above; also
 * when a key is empty, when both files have different references for one key, and with
 * SERIN_TOO_LARGE beyond FILE_KEYS_MAX keys.
 */
enum { FILE_KEYS_MAX = 16 * 1024 * 1024 };
SERIN_MUST_CHECK enum serin_status
label_files_read_paired(const char *canary_path, const char *stable_path,
                        const struct file_options *options, struct block_tables *tables,
                        struct file_pairing *out, struct serin_error *err);

/* The row of drivers.c. */
extern const struct source_driver file_driver;

#endif
