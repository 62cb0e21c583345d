#include "plan_flags.h"

#include "command.h"
#include "plan/advice.h"
#include "plan/history.h"
#include "plan/report.h"
#include "plan/template.h"
#include "platform/progress.h"

#include <math.h>
#include <string.h>
#include <unistd.h>

enum { OUTPUT_BYTES_MAX = 1024 * 1024 };

static const struct decode_name label_share_names[] = {
    {"zipf",  SHARES_ZIPF },
    {"equal", SHARES_EQUAL},
    {NULL,    0           },
};

static const struct decode_field plan_fields[] = {
    {.name = "lint",
     DECODE_TEXT(struct plan_flags, lint),
     .takes = "a file",
     .help =
         "check the Argo Rollouts manifests in a file for traps and plan nothing; - is standard "
         "input"},
    {.name = "template",
     DECODE_BOOL(struct plan_flags, is_template),
     .fallback = "false",
     .help = "print only the AnalysisTemplate"},
    {.name = "name",
     DECODE_TEXT(struct plan_flags, name),
     .takes = "a name",
     .help = "name of the AnalysisTemplate"},
    {.name = "nmi",
     DECODE_DOUBLE(struct plan_flags, nmi),
     .above = "0",
     .maximum = "1",
     .given = offsetof(struct plan_flags, has_nmi),
     .help = "the stable version's NMI, where there is no history"},
    {.name = "labels",
     DECODE_UINT64(struct plan_flags, labels),
     .minimum = "2",
     .maximum = "1000",
     .given = offsetof(struct plan_flags, has_labels),
     .help = "how many labels there are, where there is no history"},
    {.name = "label_shares",
     DECODE_ENUM(struct plan_flags, label_shares, label_share_names),
     .fallback = "zipf",
     .help = "how common these labels are: zipf, the k-th 1/k as common as the first, or equal"},
    {.name = "config",
     DECODE_TEXT(struct plan_flags, config),
     .takes = "a file",
     .help = "take the history from a stream of this configuration"},
    {.name = "stream",
     DECODE_TEXT(struct plan_flags, stream),
     .takes = "a name",
     .help = "the stream; without --config only for the template"},
    {.name = "stable",
     DECODE_TEXT(struct plan_flags, stable),
     .takes = "a hash",
     .help = "pod-template hash, or other arm value, of the version that is running"},
    {.name = "window",
     DECODE_DURATION(struct plan_flags, window_ms),
     .fallback = "1d",
     .minimum = "1m",
     .help = "how far back the stream's history is read, at most its lookback"},
    {.name = "traffic",
     DECODE_DOUBLE(struct plan_flags, traffic),
     .fallback = "0",
     .minimum = "0",
     .maximum = "1000000000000",
     .help = "events a minute, both versions together; 0: the history's"},
    {.name = "canary_share",
     DECODE_DOUBLE(struct plan_flags, canary_share),
     .fallback = "0.1",
     .above = "0",
     .below = "1",
     .help = "share of the traffic that the canary gets"},
    {.name = "pods",
     DECODE_UINT64(struct plan_flags, pods),
     .fallback = "1",
     .maximum = "5000",
     .help =
         "pods of the canary, which with --block form the blocks of the variance; 0: events are "
         "taken as independent"},
    {.name = "design_effect",
     DECODE_DOUBLE(struct plan_flags, design_effect),
     .minimum = "1",
     .maximum = "1000000",
     .given = offsetof(struct plan_flags, has_design_effect),
     .help = "events that tell as much as one independent event; else the history's, or 1"},
    {.name = "delta",
     DECODE_DOUBLE(struct plan_flags, delta),
     .above = "-1",
     .maximum = "0",
     .given = offsetof(struct plan_flags, has_delta),
     .help = "plan for this true loss; else for none and for twice the margin"},
    {.name = "power",
     DECODE_DOUBLE(struct plan_flags, power),
     .fallback = "0.8",
     .minimum = "0.05",
     .maximum = "0.99",
     .help = "chance of the verdict within the planned looks"},
    {.name = "initial_delay",
     DECODE_DURATION(struct plan_flags, initial_delay_ms),
     .fallback = "2m",
     .maximum = "30d",
     .help = "time before the first look"},
    {.name = "every",
     DECODE_DURATION(struct plan_flags, every_ms),
     .fallback = "0s",
     .maximum = "7d",
     .help = "time between looks; 0s: chosen to make about 20"},
    {.name = "within",
     DECODE_DURATION(struct plan_flags, within_ms),
     .fallback = "0s",
     .maximum = "365d",
     .help = "also tell the least canary share that brings the verdict within this time"},
    {.name = "plan",
     DECODE_UINT64(struct plan_flags, plan),
     .minimum = "1",
     .maximum = "1000000000000",
     .given = offsetof(struct plan_flags, has_plan),
     .help = "the stream's analysis.plan; else 2000, or as configured"},
};
static const struct decode_table plan_table = DECODE_TABLE(struct plan_flags, plan_fields);

/* ---- what was asked -------------------------------------------------------------------------- */

static void clear(struct planning *planning)
{
    decode_clear(&plan_table, &planning->flags);
    decode_clear(&label_flags_table, &planning->labels);
}

static enum serin_status decode(const struct node *given, const struct judgement *base,
                                struct planning *out, struct serin_error *err)
{
    out->base = *base;
    out->judgement = *base;
    const struct decode_target targets[] = {
        {.table = &plan_table, .out = &out->flags},
        {.table = &label_flags_table, .out = &out->labels},
        {.table = &spec_judgement_table, .out = &out->judgement, .keeps_values = true},
    };
    TRY(decode_map_into(targets, ARRAY_LENGTH(targets), given, "", err));
    if (out->flags.has_plan) {
        out->judgement.plan = out->flags.plan;
    }
    return SERIN_OK;
}

static enum serin_status refuse(struct serin_error *err, const char *flag, const char *why)
{
    serin_error_at(err, "%s", flag);
    return serin_fail(err, SERIN_INVALID, "%s", why);
}

/* A DNS subdomain, as the API server wants it (RFC 1123). */
static bool is_object_name(const char *name)
{
    static const char ends[] = "abcdefghijklmnopqrstuvwxyz0123456789";
    size_t length = strlen(name);
    return length > 0 && length <= 253 &&
           strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-.") == length &&
           strchr(ends, name[0]) && strchr(ends, name[length - 1]);
}

/* Exactly one kind of history, whole; and a design that has a plan. */
static enum serin_status check(const struct planning *planning, struct serin_error *err)
{
    const struct plan_flags *flags = &planning->flags;
    int kinds = (planning->path ? 1 : 0) + (flags->config ? 1 : 0) + (flags->has_nmi ? 1 : 0);
    if (kinds != 1) {
        return refuse(err, "",
                      "say what to plan with, one of: a FILE of label events, --config with "
                      "--stream and --stable, or --nmi with --labels");
    }
    if (flags->has_nmi && !flags->has_labels) {
        return refuse(err, "labels", "--nmi needs the number of labels beside it");
    }
    if (flags->config && !flags->stream) {
        return refuse(err, "stream", "--config needs a stream");
    }
    if (flags->config && !flags->stable) {
        return refuse(err, "stable", "--config needs the running version's pod-template hash");
    }
    if (flags->name && !is_object_name(flags->name)) {
        return refuse(err, "name",
                      "an AnalysisTemplate's name has lower-case letters, digits, - and . only, "
                      "with a letter or digit at both ends");
    }
    if (planning->judgement.design != DESIGN_REFERENCE) {
        return refuse(err, "design",
                      "only the design reference can be planned so far: how far paired arms or "
                      "label shares vary is not in a history of one arm");
    }
    return label_flags_check(&planning->labels, planning->judgement.design, err);
}

/* ---- planning -------------------------------------------------------------------------------- */

static unsigned stable_pods(const struct plan_flags *flags)
{
    double per_canary = (1.0 - flags->canary_share) / flags->canary_share;
    return flags->pods == 0
               ? 0
               : (unsigned)fmin(5000.0, fmax(1.0, round((double)flags->pods * per_canary)));
}

static double choose_effect(const struct plan_flags *flags, const struct history *history)
{
    if (flags->has_design_effect) {
        return flags->design_effect;
    }
    return history ? history_design_effect(history) : 1.0;
}

static double choose_traffic(const struct plan_flags *flags, const struct history *history)
{
    return flags->traffic > 0.0 || !history ? flags->traffic : history_events_per_minute(history);
}

static struct advice_question question_of(const struct planning *planning,
                                          const struct history *history,
                                          const struct serin_table *table)
{
    const struct plan_flags *flags = &planning->flags;
    return (struct advice_question){
        .history = table,
        .model = {.labels = flags->labels, .shares = flags->label_shares, .nmi = flags->nmi},
        .judgement = planning->judgement,
        .traffic =
            {.events_per_minute = choose_traffic(flags, history),
                  .canary_share = flags->canary_share,
                  .design_effect = choose_effect(flags, history),
                  .pods = {[ARM_CANARY] = (unsigned)flags->pods, [ARM_STABLE] = stable_pods(flags)},
                  .block_ms = planning->labels.block_ms},
        .delay_ms = flags->initial_delay_ms,
        .every_ms = flags->every_ms,
        .power = flags->power,
        .has_delta = flags->has_delta,
        .delta = flags->delta,
        .within_minutes = (double)flags->within_ms / 60000.0,
    };
}

/* NULL where the numbers are stated. */
static enum serin_status read_history(const struct planning *planning, struct history **out,
                                      struct serin_error *err)
{
    owned(block_tables) tables = NULL;
    double share = 1.0;
    if (planning->path) {
        TRY(plan_tables_of_file(planning, &tables, &share, err));
    } else if (planning->flags.config) {
        TRY(plan_tables_of_stream(planning, &tables, err));
    }
    return tables ? history_measure(tables, &planning->judgement, share, out, err) : SERIN_OK;
}

/* How many there will be depends on what the first ones show. */
static struct progress *rehearsal_progress(void)
{
    struct progress_settings settings = {.fd = STDERR_FILENO,
                                         .terminal = terminal_inspect(STDERR_FILENO),
                                         .clock = clock_system(),
                                         .label = "rehearsing rollouts:"};
    return progress_create(&settings);
}

static void advance_by_one(void *progress)
{
    progress_advance(progress, 1);
}

static enum serin_status make_advice(const struct planning *planning, const struct history *history,
                                     struct advice *out, struct serin_error *err)
{
    struct serin_table table = {0};
    if (history) {
        table = history_table(history);
    }
    owned(progress) progress = rehearsal_progress();
    const struct rehearsal_watch watch = {.rehearsed = advance_by_one, .watcher = progress};
    struct advice_question question = question_of(planning, history, history ? &table : NULL);
    question.watch = &watch;
    return advise(&question, out, err);
}

static enum serin_status refuse_template(const struct advice *advice, struct serin_error *err)
{
    const char *guard = advice_lasting_guard(advice);
    if (guard) {
        serin_error_at(err, "%s", "");
        return serin_fail(err, SERIN_INVALID,
                          "no schedule helps: the guard %s answers at any sample size; see "
                          "docs/reasons.md",
                          guard);
    }
    if (advice->traffic.events_per_minute > 0.0) {
        serin_error_at(err, "%s", "");
        return serin_fail(err, SERIN_INVALID,
                          "no schedule reaches this chance within a year; a larger "
                          "--canary-share or --margin would");
    }
    return refuse(err, "traffic",
                  "a template needs the traffic: how many events there are a minute");
}

static enum serin_status write_template(const struct planning *planning,
                                        const struct advice *advice, struct buffer *out,
                                        struct serin_error *err)
{
    if (!advice->gate.is_known) {
        return refuse_template(advice, err);
    }
    struct template_options options = {
        .name = planning->flags.name, .stream = planning->flags.stream, .base = &planning->base};
    template_write(advice, &options, out);
    return buffer_status(out);
}

static enum serin_status print(const struct planning *planning, const struct advice *advice,
                               struct serin_error *err)
{
    owned(buffer) out = buffer_create(OUTPUT_BYTES_MAX);
    if (!out) {
        return serin_fail(err, SERIN_NO_MEMORY, "no memory for the report");
    }
    struct report_style style = output_style();
    if (planning->flags.is_template) {
        TRY(write_template(planning, advice, out, err));
    } else if (planning->labels.is_json) {
        TRY(plan_report_json(advice, out));
    } else {
        TRY(plan_report_text(advice, &style, out));
    }
    return output_write(out, err);
}

static enum exit_code plan_with(const struct planning *planning)
{
    struct serin_error err = {0};
    struct advice advice;
    owned(history) history = NULL;
    if (check(planning, &err) != SERIN_OK) {
        return command_misuse("plan", &err);
    }
    if (read_history(planning, &history, &err) != SERIN_OK) {
        return command_fail("plan", &err);
    }
    enum serin_status status = make_advice(planning, history, &advice, &err);
    if (status == SERIN_OK) {
        status = print(planning, &advice, &err);
    }
    if (status == SERIN_OK) {
        return EXIT_PROMOTE;
    }
    bool is_misuse = status == SERIN_INVALID && err.field[0];
    return is_misuse ? command_misuse("plan", &err) : command_fail("plan", &err);
}

/* A second file that nobody reads would pass for one without findings. */
static enum serin_status check_lint(const struct node *given, size_t argument_count,
                                    struct serin_error *err)
{
    bool is_alone = argument_count == 0;
    for (const struct node *flag = node_first(given); flag; flag = node_next(flag)) {
        is_alone = is_alone &&
                   (text_equals(node_key(flag), "lint") || text_equals(node_key(flag), "json"));
    }
    return is_alone ? SERIN_OK
                    : refuse(err, "lint", "checks one file, and only --json goes with it");
}

/* A configured stream brings its own defaults, which the flags go beyond. */
static enum serin_status settle(const struct node *given, struct planning *planning,
                                struct serin_error *err)
{
    struct judgement base;
    TRY(plan_judgement_of_stream(&planning->flags, &base, err));
    clear(planning);
    return decode(given, &base, planning, err);
}

static enum exit_code lint_given(const struct node *given, size_t argument_count,
                                 const struct planning *planning)
{
    struct serin_error err = {0};
    return check_lint(given, argument_count, &err) == SERIN_OK
               ? plan_lint(planning->flags.lint, planning->labels.is_json)
               : command_misuse("plan", &err);
}

static enum exit_code plan_given(const struct node *given, const char *path,
                                 struct planning *planning)
{
    struct serin_error err = {0};
    if (planning->flags.config && planning->flags.stream &&
        settle(given, planning, &err) != SERIN_OK) {
        return command_fail("plan", &err);
    }
    planning->path = path;
    return plan_with(planning);
}

static enum exit_code run(const struct node *given, char **arguments, size_t argument_count)
{
    struct serin_error err = {0};
    struct planning planning = {0};
    enum exit_code code = EXIT_PROMOTE;
    if (decode(given, &judgement_default, &planning, &err) != SERIN_OK) {
        code = command_misuse("plan", &err);
    } else if (planning.flags.lint) {
        code = lint_given(given, argument_count, &planning);
    } else {
        code = plan_given(given, argument_count > 0 ? arguments[0] : NULL, &planning);
    }
    clear(&planning);
    return code;
}

const struct command command_plan = {
    .name = "plan",
    .summary = "tell how long a canary takes to be decided, print or check its AnalysisTemplate",
    .arguments = "[FILE]",
    .least_arguments = 0,
    .most_arguments = 1,
    .flags = {&plan_table, &label_flags_table, &spec_judgement_table},
    .defaults = &judgement_table,
    .run = run,
};
