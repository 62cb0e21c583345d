#include "command.h"

#include "base/number.h"
#include "demo_cases.h"
#include "demo_service.h"
#include "platform/clock.h"
#include "platform/terminal.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum {
    CONFIG_BYTES_MAX = 64 * 1024,
    PUSH_BYTES_MAX = 8 * 1024 * 1024,
    AXIS_COLUMNS = 41,
    NUMBER_DECIMALS = 3
};

/* ---- one answer ------------------------------------------------------------------------------ */

struct look {
    double estimate;
    double lower;
    double upper;
    bool has_delta;
    uint64_t canary_samples;
    uint64_t stable_samples;
    double margin;
    char verdict[16];
    char reason[48];
};

static const struct node *at(const struct node *map, const char *outer, const char *inner)
{
    const struct node *found = node_find(map, text_view_of(outer));
    return found && inner ? node_find(found, text_view_of(inner)) : found;
}

static bool read_number(const struct node *node, double *out)
{
    if (!node || (node_kind(node) != NODE_REAL && node_kind(node) != NODE_INTEGER)) {
        return false;
    }
    *out = node_number(node);
    return true;
}

static void read_text(const struct node *node, char *out, size_t size)
{
    bool is_text = node && node_kind(node) == NODE_TEXT;
    (void)snprintf(out, size, "%s", is_text ? node_text(node).start : "");
}

static uint64_t read_count(const struct node *node)
{
    uint64_t count = 0;
    return node && node_kind(node) == NODE_INTEGER && node_uint64(node, &count) == SERIN_OK ? count
                                                                                            : 0;
}

static void read_answer(const struct node *answer, struct look *out)
{
    *out = (struct look){.has_delta = read_number(at(answer, "delta", "estimate"), &out->estimate)};
    double estimate = 0.0;
    out->has_delta = read_number(at(answer, "delta", "estimate"), &estimate) &&
                     read_number(at(answer, "delta", "lower"), &out->lower) &&
                     read_number(at(answer, "delta", "upper"), &out->upper);
    out->estimate = estimate;
    (void)read_number(at(answer, "delta", "margin"), &out->margin);
    out->canary_samples = read_count(at(answer, "canary", "samples"));
    out->stable_samples = read_count(at(answer, "stable", "samples"));
    read_text(at(answer, "verdict", NULL), out->verdict, sizeof(out->verdict));
    read_text(at(answer, "reason", NULL), out->reason, sizeof(out->reason));
}

/* ---- drawing --------------------------------------------------------------------------------- */

struct canvas {
    const struct terminal *terminal;
    double left;  /* value of the first column */
    double right; /* … and of the last */
};

static size_t column_of(const struct canvas *canvas, double value)
{
    double share = (value - canvas->left) / (canvas->right - canvas->left);
    share = share < 0.0 ? 0.0 : share > 1.0 ? 1.0 : share;
    return (size_t)(share * (AXIS_COLUMNS - 1) + 0.5);
}

/* For shift the bad side is to the right of the margin, else to the left of minus the margin. */
static struct canvas canvas_for(const struct demo_case *which, const struct terminal *terminal)
{
    bool is_shift = strcmp(which->design, "shift") == 0;
    return (struct canvas){terminal, is_shift ? 0.0 : -0.3, 0.1};
}

static void draw_interval(const struct canvas *canvas, const struct look *look, double limit,
                          char out[static AXIS_COLUMNS + 1])
{
    memset(out, ' ', AXIS_COLUMNS);
    out[AXIS_COLUMNS] = '\0';
    out[column_of(canvas, 0.0)] = '.';
    if (look->has_delta) {
        size_t first = column_of(canvas, look->lower);
        size_t last = column_of(canvas, look->upper);
        memset(out + first, '-', last - first + 1);
        out[first] = look->lower < canvas->left ? '<' : '[';
        out[last] = look->upper > canvas->right ? '>' : ']';
        out[column_of(canvas, look->estimate)] = 'o';
    }
    char *mark = &out[column_of(canvas, limit)];
    *mark = *mark == ' ' ? '|' : '#';
}

static const char *colour_of(const struct terminal *terminal, const char *verdict)
{
    if (!terminal->colour) {
        return "";
    }
    return strcmp(verdict, "promote") == 0    ? "\033[32m"
           : strcmp(verdict, "rollback") == 0 ? "\033[31m"
                                              : "\033[33m";
}

static void print_look(const struct demo_case *which, const struct terminal *terminal,
                       unsigned number, const struct look *look)
{
    struct canvas canvas = canvas_for(which, terminal);
    bool is_shift = canvas.left >= 0.0;
    char drawing[AXIS_COLUMNS + 1];
    draw_interval(&canvas, look, is_shift ? look->margin : -look->margin, drawing);
    (void)printf(
        "  %2u min  %5llu %6llu  %s  %7s [%7s,%7s]  %s%s%s (%s)\n", number * DEMO_MINUTES_PER_LOOK,
        (unsigned long long)look->canary_samples, (unsigned long long)look->stable_samples, drawing,
        look->has_delta ? number_write_fixed(look->estimate, NUMBER_DECIMALS, NUMBER_TEXT) : "none",
        look->has_delta ? number_write_fixed(look->lower, NUMBER_DECIMALS, NUMBER_TEXT) : "",
        look->has_delta ? number_write_fixed(look->upper, NUMBER_DECIMALS, NUMBER_TEXT) : "",
        colour_of(terminal, look->verdict), look->verdict, terminal->colour ? "\033[0m" : "",
        look->reason);
    (void)fflush(stdout);
}

/* ---- one rollout ----------------------------------------------------------------------------- */

struct outcome {
    const struct demo_case *which;
    unsigned looks;
    struct look last;
    bool is_right;
};

/* One run of the demo. */
struct demonstration {
    struct terminal terminal;
    int64_t pace_ms; /* pause after each look, for people */
    struct demo_streams streams;
    struct demo_service *service;
    struct outcome *outcomes; /* one per case chosen */
    size_t count;
};

/* One batch as pods push it: what came in since the last look. */
static enum serin_status push_step(const struct demonstration *demo, const struct demo_case *which,
                                   unsigned look, int64_t now_ms, struct serin_error *err)
{
    size_t from = which->items * (look - 1) / DEMO_LOOKS;
    size_t to = which->items * look / DEMO_LOOKS;
    owned(buffer) lines = buffer_create(PUSH_BYTES_MAX);
    if (!lines) {
        return serin_fail(err, SERIN_NO_MEMORY, "no memory for a batch");
    }
    demo_case_events(which, &demo->streams, from, to, now_ms, lines);
    TRY(buffer_status(lines));
    char batch[64];
    (void)snprintf(batch, sizeof(batch), "%s-%u", which->stream, look);
    return demo_service_push(demo->service, batch, lines, err);
}

static enum serin_status take_look(const struct demo_case *which, struct demo_service *service,
                                   struct look *out, struct serin_error *err)
{
    owned(document) answer = NULL;
    TRY(demo_service_ask(service, which->stream, DEMO_CANARY, DEMO_STABLE, &answer, err));
    read_answer(document_root(answer), out);
    return SERIN_OK;
}

static bool is_right(const struct demo_case *which, const struct look *look)
{
    return strcmp(look->verdict, which->verdict) == 0 &&
           (!which->reason || strcmp(look->reason, which->reason) == 0);
}

/* Argo's recipe: the first promote or rollback ends the analysis. */
static enum serin_status run_case(const struct demonstration *demo, struct outcome *outcome,
                                  struct serin_error *err)
{
    const struct demo_case *which = outcome->which;
    int64_t now_ms = clock_wall(clock_system()).unix_ms;
    (void)printf("\n%s: %s\n", which->title, which->story);
    bool is_decided = false;
    while (outcome->looks < DEMO_LOOKS && !is_decided) {
        outcome->looks++;
        TRY(push_step(demo, which, outcome->looks, now_ms, err));
        TRY(take_look(which, demo->service, &outcome->last, err));
        print_look(which, &demo->terminal, outcome->looks, &outcome->last);
        (void)usleep((useconds_t)demo->pace_ms * 1000);
        is_decided = strcmp(outcome->last.verdict, "inconclusive") != 0;
    }
    outcome->is_right = is_right(which, &outcome->last);
    return SERIN_OK;
}

/* ---- all of them ----------------------------------------------------------------------------- */

static void print_summary(const struct demonstration *demo)
{
    (void)printf("\n  %-26s %5s  %7s %7s  %8s  %-12s %-22s\n", "case", "after", "canary", "stable",
                 "delta", "verdict", "reason");
    for (size_t i = 0; i < demo->count; i++) {
        const struct outcome *outcome = &demo->outcomes[i];
        const struct look *last = &outcome->last;
        (void)printf(
            "  %-26s %2u min  %7llu %7llu  %8s  %-12s %-22s %s\n", outcome->which->title,
            outcome->looks * DEMO_MINUTES_PER_LOOK, (unsigned long long)last->canary_samples,
            (unsigned long long)last->stable_samples,
            last->has_delta ? number_write_fixed(last->estimate, NUMBER_DECIMALS, NUMBER_TEXT)
                            : "none",
            last->verdict, last->reason, outcome->is_right ? "as it should" : "WRONG");
    }
}

static enum serin_status start_service(struct demonstration *demo, struct serin_error *err)
{
    owned(buffer) config = buffer_create(CONFIG_BYTES_MAX);
    if (!config) {
        return serin_fail(err, SERIN_NO_MEMORY, "no memory for the demo");
    }
    demo_cases_config(config);
    TRY(buffer_status(config));
    return demo_service_start(buffer_text(config), &demo->service, err);
}

static enum serin_status run_all(struct demonstration *demo, struct serin_error *err)
{
    TRY(demo_streams_load(&demo->streams, err));
    TRY(start_service(demo, err));
    (void)printf("%zu handwritten digits, labelled by four models, replayed to serin serve on %s\n"
                 "as pods would push them; every %d minutes it is asked as Argo Rollouts asks.\n"
                 "Each look: time, canary and stable events, canary minus stable (o the estimate,\n"
                 "[ ] its interval, | the margin, . zero), the same in numbers, the verdict.\n",
                 demo->streams.count, demo_service_address(demo->service), DEMO_MINUTES_PER_LOOK);
    for (size_t i = 0; i < demo->count; i++) {
        TRY(run_case(demo, &demo->outcomes[i], err));
    }
    return SERIN_OK;
}

/* ---- the command ----------------------------------------------------------------------------- */

struct demo_flags {
    int64_t pace_ms;
};

static const struct decode_field demo_fields[] = {
    {.name = "pace",
     DECODE_DURATION(struct demo_flags, pace_ms),
     .fallback = "150ms",
     .maximum = "10s",
     .help = "pause after each look, on a terminal"},
};
static const struct decode_table demo_table = DECODE_TABLE(struct demo_flags, demo_fields);

static const struct demo_case *find_case(const char *name)
{
    for (size_t i = 0; i < demo_case_count; i++) {
        if (strcmp(demo_cases[i].name, name) == 0) {
            return &demo_cases[i];
        }
    }
    return NULL;
}

static enum serin_status unknown_case(const char *name, struct serin_error *err)
{
    char known[256] = "";
    for (size_t i = 0; i < demo_case_count; i++) {
        size_t used = strlen(known);
        (void)snprintf(known + used, sizeof(known) - used, "%s%s", i > 0 ? ", " : "",
                       demo_cases[i].name);
    }
    return serin_fail(err, SERIN_INVALID, "unknown case %s; known: %s",
                      TEXT_QUOTE(text_view_of(name)), known);
}

/* The cases named, or all of them. */
static enum serin_status choose_cases(char **names, size_t name_count, struct demonstration *demo,
                                      struct serin_error *err)
{
    demo->count = name_count > 0 ? name_count : demo_case_count;
    demo->outcomes = memory_allocate(demo->count, sizeof(*demo->outcomes));
    if (!demo->outcomes) {
        return serin_fail(err, SERIN_NO_MEMORY, "no memory for the demo");
    }
    for (size_t i = 0; i < demo->count; i++) {
        demo->outcomes[i].which = name_count > 0 ? find_case(names[i]) : &demo_cases[i];
        if (!demo->outcomes[i].which) {
            return unknown_case(names[i], err);
        }
    }
    return SERIN_OK;
}

static enum exit_code conclude(const struct demonstration *demo)
{
    size_t wrong = 0;
    for (size_t i = 0; i < demo->count; i++) {
        wrong += demo->outcomes[i].is_right ? 0 : 1;
    }
    print_summary(demo);
    (void)printf("\n%zu of %zu verdicts as they should be\n", demo->count - wrong, demo->count);
    return wrong == 0 ? EXIT_PROMOTE : EXIT_ROLLBACK;
}

static enum exit_code demonstrate(struct demonstration *demo)
{
    struct serin_error err = {0};
    enum serin_status status = run_all(demo, &err);
    demo_service_destroy(demo->service);
    memory_free(demo->streams.items);
    return status == SERIN_OK ? conclude(demo) : command_fail("demo", &err);
}

static enum exit_code run(const struct node *given, char **arguments, size_t argument_count)
{
    struct serin_error err = {0};
    struct demo_flags flags = {0};
    struct demonstration demo = {.terminal = terminal_inspect(STDOUT_FILENO)};
    enum exit_code code = EXIT_USAGE;
    if (decode_map(&demo_table, given, "", &flags, &err) == SERIN_OK &&
        choose_cases(arguments, argument_count, &demo, &err) == SERIN_OK) {
        demo.pace_ms = demo.terminal.is_terminal ? flags.pace_ms : 0;
        code = demonstrate(&demo);
    } else {
        (void)command_misuse("demo", &err);
    }
    memory_free(demo.outcomes);
    return code;
}

const struct command command_demo = {
    .name = "demo",
    .summary = "the main job on real label streams, with nothing to set up",
    .arguments = "[CASE...]",
    .most_arguments = 16,
    .flags = {&demo_table},
    .run = run,
};
