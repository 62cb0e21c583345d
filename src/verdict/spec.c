#include "verdict/spec.h"

#include "base/number.h"
#include "base/text.h"

#include <stdio.h>
#include <string.h>

const struct judgement judgement_default = {
    .design = DESIGN_REFERENCE,
    .interval = INTERVAL_SEQUENTIAL,
    .normalizer = SERIN_GEOMETRIC,
    .label_names = LABEL_NAMES_FREE,
    .margin = 0.1,
    .shift_margin = 0.02,
    .level = 0.95,
    .min_samples = 500,
    .plan = 2000,
    .canary_share = 0.0,
    .min_referenced = 0.5,
    .label_cap = 200,
    .merge_rare = true,
    .warm_up_ms = 0,
};

static const struct decode_name design_names[] = {
    {"reference", DESIGN_REFERENCE},
    {"paired", DESIGN_PAIRED},
    {"shift", DESIGN_SHIFT},
    {0}
};
static const struct decode_name interval_names[] = {
    {"sequential", INTERVAL_SEQUENTIAL},
    {"fixed", INTERVAL_FIXED},
    {0}
};
static const struct decode_name normalizer_names[] = {
    {"geometric", SERIN_GEOMETRIC},
    {"arithmetic", SERIN_ARITHMETIC},
    {"min", SERIN_MIN},
    {"max", SERIN_MAX},
    {0}
};
static const struct decode_name label_names_names[] = {
    {"free", LABEL_NAMES_FREE},
    {"fixed", LABEL_NAMES_FIXED},
    {0}
};

/* A row's member, bounds and help, said once for the configuration and for requests. */
#define ROW_DESIGN                                                                                 \
    .name = "design", DECODE_ENUM(struct judgement, design, design_names),                         \
    .help = "how the arms are compared: with a reference label, on the same keys, or by the "      \
            "shift of the emitted labels"
#define ROW_MARGIN                                                                                 \
    .name = "margin", DECODE_DOUBLE(struct judgement, margin), .above = "0", .below = "1",         \
    .help = "the loss of NMI that is accepted"
#define ROW_SHIFT_MARGIN                                                                           \
    .name = "shift_margin", DECODE_DOUBLE(struct judgement, shift_margin), .above = "0",           \
    .below = "1", .help = "the Jensen-Shannon divergence accepted in the design shift, in bits"
#define ROW_LEVEL                                                                                  \
    .name = "level", DECODE_DOUBLE(struct judgement, level), .minimum = "0.5", .below = "1",       \
    .help = "confidence level of the intervals; each decision errs at most (1 - level)/2"
#define ROW_INTERVAL                                                                               \
    .name = "interval", DECODE_ENUM(struct judgement, interval, interval_names),                   \
    .help = "sequential: valid however often one looks; fixed: for one look"
#define ROW_NORMALIZER                                                                             \
    .name = "normalizer", DECODE_ENUM(struct judgement, normalizer, normalizer_names),             \
    .help = "what the mutual information is divided by, from the two entropies"
#define ROW_MIN_SAMPLES                                                                            \
    .name = "min_samples", DECODE_UINT64(struct judgement, min_samples), .minimum = "10",          \
    .maximum = "1000000000000",                                                                    \
    .help = "samples that each arm needs before there is a verdict, after the design effect"
#define ROW_LABEL_NAMES                                                                            \
    .name = "label_names", DECODE_ENUM(struct judgement, label_names, label_names_names),          \
    .help = "fixed: labels that appear, vanish or swap hold a promote back; free: they are a "     \
            "warning"

static const struct decode_field judgement_rows[] = {
    {ROW_DESIGN, .fallback = "reference"},
    {ROW_MARGIN, .fallback = "0.1"},
    {ROW_SHIFT_MARGIN, .fallback = "0.02"},
    {ROW_LEVEL, .fallback = "0.95"},
    {ROW_INTERVAL, .fallback = "sequential"},
    {ROW_NORMALIZER, .fallback = "geometric"},
    {ROW_MIN_SAMPLES, .fallback = "500"},
    {ROW_LABEL_NAMES, .fallback = "free"},
    {.name = "plan",
     DECODE_UINT64(struct judgement, plan),
     .fallback = "2000",
     .minimum = "1",
     .maximum = "1000000000000",
     .help = "sample size at which the sequential interval is tightest; it hardly matters"},
    {.name = "canary_share",
     DECODE_DOUBLE(struct judgement, canary_share),
     .fallback = "0",
     .minimum = "0",
     .below = "1",
     .help = "share of the traffic promised to the canary, checked against what it got; 0: none"},
    {.name = "min_referenced",
     DECODE_DOUBLE(struct judgement, min_referenced),
     .fallback = "0.5",
     .minimum = "0",
     .maximum = "1",
     .help = "share of an arm's labels that needs a reference for a promote; less is declared to "
             "be enough by a smaller number"},
    {.name = "label_cap",
     DECODE_UINT64(struct judgement, label_cap),
     .fallback = "200",
     .minimum = "2",
     .maximum = "1000",
     .help = "labels, and references, told apart; the rarest beyond are merged into one"},
    {.name = "merge_rare",
     DECODE_BOOL(struct judgement, merge_rare),
     .fallback = "true",
     .help = "judge the rare labels as one while there are too few samples for so many; false: "
             "wait for more samples"},
    {.name = "warm_up",
     DECODE_DURATION(struct judgement, warm_up_ms),
     .fallback = "0s",
     .maximum = "30d",
     .help = "how long after the canary's first event a promote is held back"},
};
const struct decode_table judgement_table = DECODE_TABLE(struct judgement, judgement_rows);

static const struct decode_field spec_judgement_rows[] = {
    {ROW_DESIGN},   {ROW_MARGIN},     {ROW_SHIFT_MARGIN}, {ROW_LEVEL},
    {ROW_INTERVAL}, {ROW_NORMALIZER}, {ROW_MIN_SAMPLES},  {ROW_LABEL_NAMES},
};
const struct decode_table spec_judgement_table =
    DECODE_TABLE(struct judgement, spec_judgement_rows);

static enum serin_status window_read(const struct node *node, const char *path, void *member,
                                     struct serin_error *err)
{
    TRY(decode_expect(node, NODE_TEXT, path, err));
    struct spec_window window = {.is_rollout = text_equals(node_text(node), "rollout")};
    if (window.is_rollout) {
        *(struct spec_window *)member = window;
        return SERIN_OK;
    }
    enum serin_status status = number_parse_duration(node_text(node), &window.width_ms);
    if (status != SERIN_OK || window.width_ms == 0) {
        return decode_fail(node, path, err,
                           "%s is no window; write \"rollout\" for everything since the canary's "
                           "first event, or a duration above 0 such as \"30m\"",
                           TEXT_QUOTE(node_text(node)));
    }
    *(struct spec_window *)member = window;
    return SERIN_OK;
}

static void window_release(void *member)
{
    *(struct spec_window *)member = (struct spec_window){0};
}

/* Arms may be empty as far as the decoder goes: arm_check says better what to do then. */
static const struct decode_field spec_rows[] = {
    {.name = "stream",
     DECODE_TEXT(struct spec, stream),
     .is_required = true,
     .minimum = "1",
     .maximum = "127",
     .help = "a stream named in the configuration"},
    {.name = "canary",
     DECODE_TEXT(struct spec, canary),
     .is_required = true,
     .minimum = "0",
     .maximum = "253",
     .help = "pod-template hash (or other arm value) of the canary"},
    {.name = "stable",
     DECODE_TEXT(struct spec, stable),
     .is_required = true,
     .minimum = "0",
     .maximum = "253",
     .help = "pod-template hash (or other arm value) of the stable arm"},
    {.name = "rollout",
     DECODE_TEXT(struct spec, rollout),
     .minimum = "1",
     .maximum = "253",
     .help = "name of the rollout, shown in the history; groups its looks"},
    {.name = "namespace",
     DECODE_TEXT(struct spec, namespace_),
     .minimum = "1",
     .maximum = "63",
     .help = "namespace of the rollout, shown in the history"},
    {.name = "window",
     DECODE_CUSTOM(struct spec, window, window_read, window_release),
     .takes = "\"rollout\" or a duration above 0, such as \"30m\"",
     .help = "\"rollout\" (the default): everything since the canary's first event; or a duration"},
    {.name = "slices",
     DECODE_TEXT_LIST(struct spec, slices, slice_count),
     .minimum = "0",
     .maximum = "8",
     .given = offsetof(struct spec, slices_given),
     .help = "slice dimensions to judge too, as a list or separated by commas; the delta is taken "
             "slice by "
             "slice of the first one"},
};
const struct decode_table spec_table = DECODE_TABLE(struct spec, spec_rows);
_Static_assert(SLICE_DIMENSIONS_MAX == 8, "the maximum of `slices` above");

static enum serin_status refuse(struct serin_error *err, const char *field, const char *detail)
{
    serin_error_at(err, "%s", field);
    return serin_fail(err, SERIN_INVALID, "%s", detail);
}

static enum serin_status arm_check(const char *field, const char *value, const char *argo_value,
                                   struct serin_error *err)
{
    serin_error_at(err, "%s", field);
    if (value[0] == '\0') {
        return serin_fail(err, SERIN_INVALID,
                          "is empty; pass the arm's pod-template hash (in an AnalysisTemplate: an "
                          "argument with valueFrom.podTemplateHashValue: %s)",
                          argo_value);
    }
    if (strstr(value, "{{")) {
        return serin_fail(err, SERIN_INVALID,
                          "%s is a template that nobody filled in; declare that argument in the "
                          "AnalysisTemplate and pass it with valueFrom.podTemplateHashValue: %s",
                          TEXT_QUOTE(text_view_of(value)), argo_value);
    }
    if (!text_is_printable(text_view_of(value))) {
        return serin_fail(err, SERIN_INVALID, "%s holds characters that no arm value has",
                          TEXT_QUOTE(text_view_of(value)));
    }
    serin_error_clear(err);
    return SERIN_OK;
}

static enum serin_status arms_check(const struct spec *spec, struct serin_error *err)
{
    TRY(arm_check("canary", spec->canary, "Latest", err));
    TRY(arm_check("stable", spec->stable, "Stable", err));
    if (strcmp(spec->canary, spec->stable) == 0) {
        serin_error_at(err, "stable");
        return serin_fail(err, SERIN_INVALID,
                          "is the same arm as canary, %s; nothing can be compared (no rollout is "
                          "under way, or both arguments are passed as Latest or as Stable)",
                          TEXT_QUOTE(text_view_of(spec->canary)));
    }
    return SERIN_OK;
}

/* "region, device" or "none", cut when long. */
static void known_slices(const struct stream *stream, char *out, size_t size)
{
    size_t used = (size_t)snprintf(out, size, "%s", stream->slice_count > 0 ? "" : "none");
    for (size_t i = 0; i < stream->slice_count && used < size; i++) {
        used +=
            (size_t)snprintf(out + used, size - used, "%s%s", i > 0 ? ", " : "", stream->slices[i]);
    }
}

static enum serin_status slice_check(const struct spec *spec, size_t index,
                                     const struct stream *stream, struct serin_error *err)
{
    const char *dimension = spec->slices[index];
    serin_error_at(err, "slices[%zu]", index);
    if (stream && !stream_has_slice(stream, text_view_of(dimension))) {
        char known[160];
        known_slices(stream, known, sizeof(known));
        return serin_fail(err, SERIN_INVALID, "%s is no slice dimension of the stream; allowed: %s",
                          TEXT_QUOTE(text_view_of(dimension)), known);
    }
    for (size_t i = 0; i < index; i++) {
        if (strcmp(spec->slices[i], dimension) == 0) {
            return serin_fail(err, SERIN_INVALID, "%s is named twice; name each dimension once",
                              TEXT_QUOTE(text_view_of(dimension)));
        }
    }
    serin_error_clear(err);
    return SERIN_OK;
}

static enum serin_status slices_default(struct spec *spec, const struct stream *stream,
                                        struct serin_error *err)
{
    if (stream->slice_count == 0) {
        return SERIN_OK;
    }
    spec->slices = memory_allocate(stream->slice_count, sizeof(*spec->slices));
    if (!spec->slices) {
        return serin_fail(err, SERIN_NO_MEMORY, "slice dimensions of the request");
    }
    for (size_t i = 0; i < stream->slice_count; i++) {
        spec->slices[i] = memory_copy_text(stream->slices[i], strlen(stream->slices[i]));
        if (!spec->slices[i]) {
            return serin_fail(err, SERIN_NO_MEMORY, "slice dimensions of the request");
        }
        spec->slice_count = i + 1;
    }
    return SERIN_OK;
}

static enum serin_status slices_settle(struct spec *spec, const struct stream *stream,
                                       struct serin_error *err)
{
    if (!spec->slices_given) {
        return stream ? slices_default(spec, stream, err) : SERIN_OK;
    }
    for (size_t i = 0; i < spec->slice_count; i++) {
        TRY(slice_check(spec, i, stream, err));
    }
    if (spec->slice_count > 0 && spec->judgement.design == DESIGN_PAIRED) {
        return refuse(err, "slices",
                      "cannot be judged in the design paired; leave slices out or use the design "
                      "reference or shift");
    }
    return SERIN_OK;
}

enum serin_status spec_decode(const struct node *request, const struct stream *stream,
                              const struct judgement *defaults, struct spec **out,
                              struct serin_error *err)
{
    owned(spec) spec = memory_allocate(1, sizeof(*spec));
    if (!spec) {
        return serin_fail(err, SERIN_NO_MEMORY, "the request");
    }
    spec->window.is_rollout = true;
    spec->judgement = *defaults;
    const struct decode_target targets[] = {
        {.table = &spec_table, .out = spec},
        {.table = &spec_judgement_table, .out = &spec->judgement, .keeps_values = true},
    };
    TRY(decode_map_into(targets, ARRAY_LENGTH(targets), request, "", err));
    TRY(arms_check(spec, err));
    TRY(slices_settle(spec, stream, err));
    *out = give(spec);
    return SERIN_OK;
}

void spec_destroy(struct spec *spec)
{
    if (spec) {
        decode_clear(&spec_table, spec);
        memory_free(spec);
    }
}

enum serin_status spec_stream_name(const struct node *request, const char **out,
                                   struct serin_error *err)
{
    if (node_kind(request) == NODE_NULL) {
        return refuse(err, "stream", "is required: a stream named in the configuration");
    }
    TRY(decode_expect(request, NODE_MAP, "", err));
    const struct node *name = node_find(request, text_view_of("stream"));
    if (!name || node_kind(name) == NODE_NULL) {
        return refuse(err, "stream", "is required: a stream named in the configuration");
    }
    TRY(decode_expect(name, NODE_TEXT, "stream", err));
    struct text_view text = node_text(name);
    if (text.length == 0 || memchr(text.start, '\0', text.length)) {
        return refuse(err, "stream", "must be the name of a stream in the configuration");
    }
    *out = text.start;
    return SERIN_OK;
}

double judgement_margin(const struct judgement *judgement)
{
    return judgement->design == DESIGN_SHIFT ? judgement->shift_margin : judgement->margin;
}

struct serin_confidence judgement_confidence(const struct judgement *judgement)
{
    return (struct serin_confidence){
        .interval = judgement->interval == INTERVAL_FIXED ? SERIN_FIXED : SERIN_SEQUENTIAL,
        .level = judgement->level,
        .plan = (double)judgement->plan,
    };
}

/* The word of an enum's value. */
static const char *name_of(const struct decode_name *names, int value)
{
    while (names->name && names->value != value) {
        names++;
    }
    return names->name ? names->name : "unknown";
}

const char *design_name(enum design design)
{
    return name_of(design_names, (int)design);
}

const char *interval_kind_name(enum interval_kind kind)
{
    return name_of(interval_names, (int)kind);
}

const char *label_names_name(enum label_names names)
{
    return name_of(label_names_names, (int)names);
}
