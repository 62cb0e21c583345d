#include "label_flags.h"

#include "report/json.h"
#include "report/text.h"
#include "verdict/spec.h"

#include <stdio.h>
#include <string.h>

enum { OUTPUT_BYTES_MAX = 1024 * 1024 };

struct compare_flags {
    char *canary;
    char *stable;
    char **slices;
    size_t slice_count;
};

static const struct decode_field compare_fields[] = {
    {.name = "canary",
     DECODE_TEXT(struct compare_flags, canary),
     .takes = "a file",
     .is_required = true,
     .help = "file with the canary's label events; - is standard input"},
    {.name = "stable",
     DECODE_TEXT(struct compare_flags, stable),
     .takes = "a file",
     .is_required = true,
     .help = "file with the stable version's label events"},
    {.name = "slices",
     DECODE_TEXT_LIST(struct compare_flags, slices, slice_count),
     .minimum = "0",
     .maximum = "8",
     .help = "columns whose values are judged apart too, separated by commas; the change is taken "
             "value by value of the first one"},
};
static const struct decode_table compare_table = DECODE_TABLE(struct compare_flags, compare_fields);

struct comparing {
    struct compare_flags flags;
    struct label_flags labels;
    struct judgement judgement;
};

static enum serin_status decode(const struct node *given, struct comparing *out,
                                struct serin_error *err)
{
    out->judgement = judgement_default;
    out->judgement.interval = INTERVAL_FIXED; /* files are looked at once */
    const struct decode_target targets[] = {
        {.table = &compare_table, .out = &out->flags},
        {.table = &label_flags_table, .out = &out->labels},
        {.table = &spec_judgement_table, .out = &out->judgement, .keeps_values = true},
    };
    TRY(decode_map_into(targets, ARRAY_LENGTH(targets), given, "", err));
    if (strcmp(out->flags.canary, "-") == 0 && strcmp(out->flags.stable, "-") == 0) {
        serin_error_at(err, "stable");
        return serin_fail(err, SERIN_INVALID, "only one of the files can be standard input");
    }
    return label_flags_check(&out->labels, out->judgement.design, err);
}

static void note_pairing(const struct file_pairing *pairing)
{
    uint64_t single = pairing->only[ARM_CANARY] + pairing->only[ARM_STABLE];
    uint64_t repeated = pairing->repeated[ARM_CANARY] + pairing->repeated[ARM_STABLE];
    if (single > 0 || repeated > 0) {
        (void)fprintf(stderr,
                      "serin compare: %llu keys in both files; left out: %llu in one file only, "
                      "%llu repeated rows\n",
                      (unsigned long long)pairing->pairs, (unsigned long long)single,
                      (unsigned long long)repeated);
    }
}

static enum serin_status read_files(const struct comparing *comparing,
                                    const struct file_options *options, struct block_tables *tables,
                                    struct serin_error *err)
{
    const struct compare_flags *flags = &comparing->flags;
    if (comparing->judgement.design == DESIGN_PAIRED) {
        struct file_pairing pairing;
        TRY(label_files_read_paired(flags->canary, flags->stable, options, tables, &pairing, err));
        note_pairing(&pairing);
    } else {
        TRY(label_file_read(flags->canary, options, ARM_CANARY, tables, err));
        TRY(label_file_read(flags->stable, options, ARM_STABLE, tables, err));
    }
    return block_tables_seal(tables);
}

static enum serin_status read_tables(const struct comparing *comparing,
                                     struct file_sampled sampled[static ARM_COUNT],
                                     struct block_tables **out, struct serin_error *err)
{
    const struct compare_flags *flags = &comparing->flags;
    const char *paths[] = {flags->canary, flags->stable};
    owned(progress) progress = label_progress(paths, ARRAY_LENGTH(paths));
    struct file_options options = label_flags_options(&comparing->labels);
    options.progress = progress;
    options.sampled = sampled;
    options.needs_reference = comparing->judgement.design == DESIGN_REFERENCE;
    options.slice_count = flags->slice_count;
    for (size_t i = 0; i < flags->slice_count; i++) {
        options.slice_columns[i] = flags->slices[i];
    }
    owned(block_tables) tables = NULL;
    TRY(label_tables_create(&tables, err));
    TRY(read_files(comparing, &options, tables, err));
    *out = give(tables);
    return SERIN_OK;
}

static enum serin_status print_verdict(const struct comparing *comparing, const struct spec *spec,
                                       const struct verdict *verdict, struct serin_error *err)
{
    owned(buffer) out = buffer_create(OUTPUT_BYTES_MAX);
    if (!out) {
        return serin_fail(err, SERIN_NO_MEMORY, "no memory for the report");
    }
    struct report_style style = output_style();
    enum serin_status status = comparing->labels.is_json ? report_json(verdict, out)
                                                         : report_text(verdict, spec, &style, out);
    if (status != SERIN_OK) {
        return serin_fail(err, status, "the report could not be written");
    }
    return output_write(out, err);
}

static enum serin_status compare(const struct comparing *comparing, enum decision *out,
                                 struct serin_error *err)
{
    struct spec spec = {.stream = comparing->flags.canary,
                        .canary = comparing->flags.canary,
                        .stable = comparing->flags.stable,
                        .window = {.is_rollout = true},
                        .judgement = comparing->judgement,
                        .slices = comparing->flags.slices,
                        .slice_count = comparing->flags.slice_count};
    owned(block_tables) tables = NULL;
    struct file_sampled sampled[ARM_COUNT] = {
        {0, 0}
    };
    TRY(read_tables(comparing, sampled, &tables, err));
    struct judge_context context = {.now_ms = block_tables_window_end_ms(tables)};
    struct verdict verdict;
    TRY(judge(&spec, tables, &context, &verdict, err));
    if (label_flags_sample(&comparing->labels)) {
        label_sample_note("compare", sampled, ARM_COUNT, &verdict.delta, verdict.level);
    }
    if (!comparing->labels.is_json) { /* programs get the fields of the service's answer */
        TRY(verdict_explain(&spec, tables, &verdict, err));
    }
    TRY(print_verdict(comparing, &spec, &verdict, err));
    *out = verdict.decision;
    return SERIN_OK;
}

static void clear(struct comparing *comparing)
{
    decode_clear(&compare_table, &comparing->flags);
    decode_clear(&label_flags_table, &comparing->labels);
}

static enum exit_code run(const struct node *given, char **arguments, size_t argument_count)
{
    (void)arguments;
    (void)argument_count;
    struct serin_error err = {0};
    struct comparing comparing = {0};
    if (decode(given, &comparing, &err) != SERIN_OK) {
        clear(&comparing);
        return command_misuse("compare", &err);
    }
    enum decision decision = DECISION_INCONCLUSIVE;
    enum serin_status status = compare(&comparing, &decision, &err);
    clear(&comparing);
    return status == SERIN_OK ? decision_code(decision) : command_fail("compare", &err);
}

static const struct flag_default exceptions[] = {
    {"interval", "fixed"},
    {NULL,       NULL   },
};

const struct command command_compare = {
    .name = "compare",
    .summary = "judge a canary's labels against the stable version's, from files",
    .arguments = "",
    .flags = {&compare_table, &label_flags_table, &spec_judgement_table},
    .defaults = &judgement_table,
    .exceptions = exceptions,
    .run = run,
};
