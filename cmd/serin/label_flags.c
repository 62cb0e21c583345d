#include "label_flags.h"

#include "base/number.h"
#include "platform/digest.h"
#include "platform/terminal.h"
#include "verdict/score.h"

#include <errno.h>
#include <langinfo.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct decode_field label_fields[] = {
    {.name = "format",
     DECODE_ENUM(struct label_flags, format, file_format_names),
     .fallback = "auto",
     .help = "format of the files, plain or gzip; auto goes by the name, then the content"},
    {.name = "reference_column",
     DECODE_TEXT(struct label_flags, reference_column),
     .takes = "a column",
     .fallback = "reference",
     .help = "column with the reference label"},
    {.name = "label_column",
     DECODE_TEXT(struct label_flags, label_column),
     .takes = "a column",
     .fallback = "label",
     .help = "column with the emitted label"},
    {.name = "key_column",
     DECODE_TEXT(struct label_flags, key_column),
     .takes = "a column",
     .fallback = "key",
     .help = "column with the item id, for the design paired and for sample_keys"},
    {.name = "count_column",
     DECODE_TEXT(struct label_flags, count_column),
     .takes = "a column",
     .help = "column with counts: the rows are then totals, as of a GROUP BY"},
    {.name = "pod_column",
     DECODE_TEXT(struct label_flags, pod_column),
     .takes = "a column",
     .help = "column with the pod; pod and time form the blocks of the variance"},
    {.name = "time_column",
     DECODE_TEXT(struct label_flags, time_column),
     .takes = "a column",
     .help = "column with the time, RFC 3339 or Unix milliseconds"},
    {.name = "sample",
     DECODE_UINT64(struct label_flags, sample),
     .fallback = "0",
     .maximum = "100000000",
     .help = "count so many rows of each file, drawn at random; 0 counts all"},
    {.name = "seed",
     DECODE_UINT64(struct label_flags, seed),
     .fallback = "1",
     .help = "of the rows drawn at random: the same seed draws the same rows"},
    {.name = "sample_keys",
     DECODE_DOUBLE(struct label_flags, sample_keys),
     .fallback = "1",
     .above = "0",
     .maximum = "1",
     .help = "count this share of the keys, the same ones in every file"},
    {.name = "block",
     DECODE_DURATION(struct label_flags, block_ms),
     .fallback = "1m",
     .minimum = "1s",
     .help = "least length of a block's time bucket; longer than a session"},
    {.name = "json",
     DECODE_BOOL(struct label_flags, is_json),
     .fallback = "false",
     .help = "print one JSON object"},
};
const struct decode_table label_flags_table = DECODE_TABLE(struct label_flags, label_fields);

struct file_options label_flags_options(const struct label_flags *flags)
{
    struct file_options options = file_options_default;
    options.format = flags->format;
    options.reference_column = flags->reference_column;
    options.label_column = flags->label_column;
    options.count_column = flags->count_column;
    options.pod_column = flags->pod_column;
    options.time_column = flags->time_column;
    options.block_ms = flags->block_ms;
    options.key_column = flags->key_column;
    options.sample_rows = flags->sample;
    options.sample_seed = flags->seed;
    options.sample_keys = flags->sample_keys;
    return options;
}

enum serin_status label_flags_check(const struct label_flags *flags, enum design design,
                                    struct serin_error *err)
{
    if (design == DESIGN_PAIRED && flags->count_column) {
        serin_error_at(err, "count_column");
        return serin_fail(err, SERIN_INVALID, "pairing needs each event in a row of its own");
    }
    if (design == DESIGN_PAIRED && flags->sample > 0) {
        serin_error_at(err, "sample");
        return serin_fail(err, SERIN_INVALID,
                          "rows drawn at random would not be pairs; sample keys instead "
                          "(--sample-keys)");
    }
    if (flags->sample > 0 && flags->count_column) {
        serin_error_at(err, "sample");
        return serin_fail(err, SERIN_INVALID,
                          "rows that are counts (--count-column) cannot be drawn at random; sample "
                          "keys, or aggregate fewer items");
    }
    return SERIN_OK;
}

bool label_flags_sample(const struct label_flags *flags)
{
    return flags->sample > 0 || flags->sample_keys < 1.0;
}

void label_sample_note(const char *command, const struct file_sampled *sampled, size_t files,
                       const struct estimate *estimate, double level)
{
    double least_share = 1.0;
    (void)fprintf(stderr, "serin %s: counted", command);
    for (size_t i = 0; i < files; i++) {
        double share =
            sampled[i].rows > 0 ? (double)sampled[i].kept / (double)sampled[i].rows : 1.0;
        least_share = fmin(least_share, share);
        (void)fprintf(stderr, "%s %llu of %llu rows", i > 0 ? " and" : "",
                      (unsigned long long)sampled[i].kept, (unsigned long long)sampled[i].rows);
    }
    if (estimate->defined) {
        double reach = score_sample_reach(estimate, least_share);
        (void)fprintf(stderr, "; the estimate is within %s of that of all rows (at %s %%)",
                      number_write_fixed(reach, 3, NUMBER_TEXT),
                      number_write_double(round(level * 1e6) / 1e4, NUMBER_TEXT));
    }
    (void)fprintf(stderr, "\n");
}

enum serin_status label_tables_create(struct block_tables **out, struct serin_error *err)
{
    struct table_limits limits = table_limits_default;
    TRY(random_bytes(limits.key.bytes, sizeof(limits.key.bytes), err));
    struct block_tables *tables = block_tables_create(&limits);
    if (!tables) {
        return serin_fail(err, SERIN_NO_MEMORY, "no memory for the tables");
    }
    *out = tables;
    return SERIN_OK;
}

struct progress *label_progress(const char *const *paths, size_t count)
{
    uint64_t total = 0;
    for (size_t i = 0; i < count; i++) {
        struct stat about;
        if (stat(paths[i], &about) != 0 || !S_ISREG(about.st_mode)) {
            total = 0;
            break;
        }
        total += (uint64_t)about.st_size;
    }
    struct progress_settings settings = {.fd = STDERR_FILENO,
                                         .terminal = terminal_inspect(STDERR_FILENO),
                                         .clock = clock_system(),
                                         .label = "reading events",
                                         .total = total};
    return progress_create(&settings);
}

struct report_style output_style(void)
{
    struct terminal terminal = terminal_inspect(STDOUT_FILENO);
    return (struct report_style){.columns = terminal.columns,
                                 .colour = terminal.colour,
                                 .unicode = strcmp(nl_langinfo(CODESET), "UTF-8") == 0};
}

enum serin_status output_write(const struct buffer *text, struct serin_error *err)
{
    struct text_view view = buffer_view(text);
    if (fwrite(view.start, 1, view.length, stdout) != view.length || fflush(stdout) != 0) {
        return serin_fail(err, SERIN_UNAVAILABLE, "cannot write to standard output: %s",
                          strerror(errno));
    }
    return SERIN_OK;
}

enum exit_code decision_code(enum decision decision)
{
    switch (decision) {
    case DECISION_PROMOTE:
        return EXIT_PROMOTE;
    case DECISION_ROLLBACK:
        return EXIT_ROLLBACK;
    case DECISION_INCONCLUSIVE:
        break;
    }
    return EXIT_INCONCLUSIVE;
}
