#include "label_flags.h"

#include "report/json.h"
#include "report/text.h"
#include "verdict/score.h"

enum { OUTPUT_BYTES_MAX = 1024 * 1024 };

struct score_flags {
    enum serin_normalizer normalizer;
    double level;
    double min_nmi;
    bool has_min_nmi;
};

static const struct decode_name normalizer_names[] = {
    {"geometric",  SERIN_GEOMETRIC },
    {"arithmetic", SERIN_ARITHMETIC},
    {"min",        SERIN_MIN       },
    {"max",        SERIN_MAX       },
    {NULL,         0               },
};

static const struct decode_field score_fields[] = {
    {.name = "min_nmi",
     DECODE_DOUBLE(struct score_flags, min_nmi),
     .minimum = "0",
     .maximum = "1",
     .given = offsetof(struct score_flags, has_min_nmi),
     .help = "exit 0 when the whole interval is at or above, 1 when below, else 3"},
    {.name = "level",
     DECODE_DOUBLE(struct score_flags, level),
     .fallback = "0.95",
     .minimum = "0.5",
     .below = "1",
     .help = "confidence level of the interval"},
    {.name = "normalizer",
     DECODE_ENUM(struct score_flags, normalizer, normalizer_names),
     .fallback = "geometric",
     .help = "what the mutual information is divided by, from the two entropies"},
};
static const struct decode_table score_table = DECODE_TABLE(struct score_flags, score_fields);

struct scoring {
    struct score_flags flags;
    struct label_flags labels;
};

static enum serin_status decode(const struct node *given, struct scoring *out,
                                struct serin_error *err)
{
    const struct decode_target targets[] = {
        {.table = &score_table,       .out = &out->flags },
        {.table = &label_flags_table, .out = &out->labels},
    };
    TRY(decode_map_into(targets, ARRAY_LENGTH(targets), given, "", err));
    return label_flags_check(&out->labels, DESIGN_REFERENCE, err);
}

static enum serin_status read_tables(const struct scoring *scoring, const char *path,
                                     struct file_sampled sampled[static ARM_COUNT],
                                     struct block_tables **out, struct serin_error *err)
{
    owned(progress) progress = label_progress(&path, 1);
    struct file_options options = label_flags_options(&scoring->labels);
    options.progress = progress;
    options.needs_reference = true;
    options.sampled = sampled;
    owned(block_tables) tables = NULL;
    TRY(label_tables_create(&tables, err));
    TRY(label_file_read(path, &options, ARM_CANARY, tables, err));
    TRY(block_tables_seal(tables));
    *out = give(tables);
    return SERIN_OK;
}

static enum serin_status print_score(const struct scoring *scoring, const struct score *score,
                                     struct serin_error *err)
{
    owned(buffer) out = buffer_create(OUTPUT_BYTES_MAX);
    if (!out) {
        return serin_fail(err, SERIN_NO_MEMORY, "no memory for the report");
    }
    struct report_style style = output_style();
    enum serin_status status = scoring->labels.is_json ? report_score_json(score, out)
                                                       : report_score_text(score, &style, out);
    if (status != SERIN_OK) {
        return serin_fail(err, status, "the report could not be written");
    }
    return output_write(out, err);
}

static enum serin_status measure(const struct scoring *scoring, const char *path, struct score *out,
                                 struct serin_error *err)
{
    struct judgement judgement = judgement_default;
    judgement.interval = INTERVAL_FIXED; /* a file is looked at once */
    judgement.normalizer = scoring->flags.normalizer;
    judgement.level = scoring->flags.level;
    owned(block_tables) tables = NULL;
    struct file_sampled sampled[ARM_COUNT] = {
        {0, 0}
    };
    TRY(read_tables(scoring, path, sampled, &tables, err));
    TRY(score_measure(tables, &judgement, out, err));
    if (label_flags_sample(&scoring->labels)) {
        label_sample_note("score", &sampled[ARM_CANARY], 1, &out->nmi, out->level);
    }
    return print_score(scoring, out, err);
}

static enum exit_code run(const struct node *given, char **arguments, size_t argument_count)
{
    (void)argument_count;
    struct serin_error err = {0};
    struct scoring scoring = {.flags = {.has_min_nmi = false}};
    if (decode(given, &scoring, &err) != SERIN_OK) {
        decode_clear(&label_flags_table, &scoring.labels);
        return command_misuse("score", &err);
    }
    struct score score;
    enum serin_status status = measure(&scoring, arguments[0], &score, &err);
    decode_clear(&label_flags_table, &scoring.labels);
    if (status != SERIN_OK) {
        return command_fail("score", &err);
    }
    return scoring.flags.has_min_nmi ? decision_code(score_gate(&score, scoring.flags.min_nmi))
                                     : EXIT_PROMOTE;
}

const struct command command_score = {
    .name = "score",
    .summary = "measure how far labels agree with their reference, from a file",
    .arguments = "FILE",
    .least_arguments = 1,
    .most_arguments = 1,
    .flags = {&score_table, &label_flags_table},
    .run = run,
};
