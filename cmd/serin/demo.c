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
    unsigned looks;
    struct look last;
    bool is_right;
};

/* One batch as pods push it: what came in since the last look. */
static enum serin_status push_step(const struct demo_case *which,
                                   const struct demo_streams *streams, struct demo_service *service,
                                   unsigned look, int64_t now_ms, struct serin_error *err)
{
    size_t from = which->items * (look - 1) / DEMO_LOOKS;
    size_t to = which->items * look / DEMO_LOOKS;
    owned(buffer) lines = buffer_create(PUSH_BYTES_MAX);
    if (!lines) {
        return serin_fail(err, SERIN_NO_MEMORY, "no memory for a batch");
    }
    demo_case_events(which, streams, from, to, now_ms, lines);
    TRY(buffer_status(lines));
    char batch[64];
    (void)snprintf(batch, sizeof(batch), "%s-%u", which->stream, look);
    return demo_service_push(service, batch, lines, err);
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
static enum serin_status run_case(const struct demo_case *which, const struct demo_streams *streams,
                                  struct demo_service *service, const struct terminal *terminal,
                                  struct outcome *out, struct serin_error *err)
{
    int64_t now_ms = clock_wall(clock_system()).unix_ms;
    (void)printf("\n%s: %s\n", which->title, which->story);
    struct outcome outcome = {.looks = 0};
    bool is_decided = false;
    while (outcome.looks < DEMO_LOOKS && !is_decided) {
        outcome.looks++;
        TRY(push_step(which, streams, service, outcome.looks, now_ms, err));
        TRY(take_look(which, service, &outcome.last, err));
        print_look(which, terminal, outcome.looks, &outcome.last);
        is_decided = strcmp(outcome.last.verdict, "inconclusive") != 0;
    }
    outcome.is_right = is_right(which, &outcome.last);
    *out = outcome;
    return SERIN_OK;
}

/* ---- all of them ----------------------------------------------------------------------------- */

static void print_summary(const struct outcome *outcomes)
{
    (void)printf("\n  %-26s %5s  %7s %7s  %8s  %-12s %-22s\n", "case", "after", "canary", "stable",
                 "delta", "verdict", "reason");
    for (size_t i = 0; i < demo_case_count; i++) {
        const struct look *last = &outcomes[i].last;
        (void)printf(
            "  %-26s %2u min  %7llu %7llu  %8s  %-12s %-22s %s\n", demo_cases[i].title,
            outcomes[i].looks * DEMO_MINUTES_PER_LOOK, (unsigned long long)last->canary_samples,
            (unsigned long long)last->stable_samples,
            last->has_delta ? number_write_fixed(last->estimate, NUMBER_DECIMALS, NUMBER_TEXT)
                            : "none",
            last->verdict, last->reason, outcomes[i].is_right ? "as it should" : "WRONG");
    }
}

static enum serin_status run_all(struct outcome *outcomes, struct serin_error *err)
{
    struct terminal terminal = terminal_inspect(STDOUT_FILENO);
    struct demo_streams streams = {0};
    TRY(demo_streams_load(&streams, err));
    owned_memory struct demo_item *items = streams.items;
    (void)items;
    owned(buffer) config = buffer_create(CONFIG_BYTES_MAX);
    if (!config) {
        return serin_fail(err, SERIN_NO_MEMORY, "no memory for the demo");
    }
    demo_cases_config(config);
    TRY(buffer_status(config));
    owned(demo_service) service = NULL;
    TRY(demo_service_start(buffer_text(config), &service, err));
    (void)printf("%zu handwritten digits, labelled by four models, replayed to serin serve on %s\n"
                 "as pods would push them; every %d minutes it is asked as Argo Rollouts asks.\n"
                 "o estimate of canary minus stable, [ ] its interval, | the margin, . zero\n",
                 streams.count, demo_service_address(service), DEMO_MINUTES_PER_LOOK);
    for (size_t i = 0; i < demo_case_count; i++) {
        TRY(run_case(&demo_cases[i], &streams, service, &terminal, &outcomes[i], err));
    }
    return SERIN_OK;
}

static enum exit_code run(const struct node *flags, char **arguments, size_t argument_count)
{
    (void)flags;
    (void)arguments;
    (void)argument_count;
    struct serin_error err = {0};
    owned_memory struct outcome *outcomes = memory_allocate(demo_case_count, sizeof(*outcomes));
    if (!outcomes) {
        return EXIT_BUG;
    }
    if (run_all(outcomes, &err) != SERIN_OK) {
        return command_fail("demo", &err);
    }
    print_summary(outcomes);
    size_t wrong = 0;
    for (size_t i = 0; i < demo_case_count; i++) {
        wrong += outcomes[i].is_right ? 0 : 1;
    }
    (void)printf("\n%zu of %zu verdicts as they should be\n", demo_case_count - wrong,
                 demo_case_count);
    return wrong == 0 ? EXIT_PROMOTE : EXIT_ROLLBACK;
}

const struct command command_demo = {
    .name = "demo",
    .summary = "the main job on real label streams, with nothing to set up",
    .arguments = "",
    .run = run,
};
