#include "study/decisions_figures.h"

#include "study/gates.h"
#include "study/plot.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* The setting that is shown: ten labels, NMI 0.7, errors spread evenly. */
enum { SHOWN_LABELS = 10 };

static const struct result *find_cell(const struct results *results, double drop)
{
    for (size_t i = 0; i < results->count; i++) {
        const struct cell *cell = results->items[i].cell;
        if (results->items[i].is_last && cell_size(cell, "labels") == SHOWN_LABELS &&
            cell_number(cell, "nmi") == 0.7 && strcmp(cell_text(cell, "fault"), "spread") == 0 &&
            cell_number(cell, "delta") == 0.0 - drop) {
            return &results->items[i];
        }
    }
    return NULL;
}

static struct estimate_of gate_estimate(const struct result *result, size_t gate,
                                        const char *measure)
{
    char name[48];
    (void)snprintf(name, sizeof(name), "%s_%s", gates[gate].name, measure);
    return result_estimate(result, name);
}

static enum serin_status no_cell(struct serin_error *err)
{
    return serin_fail(err, SERIN_BUG, "the cells of a figure are not among the results");
}

enum { SHOWN_DROPS = 2 };

/* What a plot of rates shows: one row per gate, one dot per drop. */
struct rate_plot {
    struct svg_heading heading;
    const char *measure;
    const char *axis_label;
    double drops[SHOWN_DROPS];
    const char *names[SHOWN_DROPS];
};

static enum serin_status gather_rates(const struct results *results, const struct rate_plot *rates,
                                      struct plot_dot *dots, struct serin_error *err)
{
    for (size_t d = 0; d < SHOWN_DROPS; d++) {
        const struct result *result = find_cell(results, rates->drops[d]);
        if (!result) {
            return no_cell(err);
        }
        for (size_t g = 0; g < GATE_COUNT; g++) {
            struct estimate_of estimate = gate_estimate(result, g, rates->measure);
            dots[g * SHOWN_DROPS + d] = (struct plot_dot){estimate.value, estimate.error};
        }
    }
    return SERIN_OK;
}

static enum serin_status draw_rates(const struct results *results, const struct rate_plot *rates,
                                    struct buffer *out, struct serin_error *err)
{
    static const double ticks[] = {0.0, 0.25, 0.5, 0.75, 1.0};
    const char *titles[GATE_COUNT];
    const char *rules[GATE_COUNT];
    struct plot_dot dots[GATE_COUNT * SHOWN_DROPS];
    TRY(gather_rates(results, rates, dots, err));
    for (size_t g = 0; g < GATE_COUNT; g++) {
        titles[g] = gates[g].title;
        rules[g] = gates[g].rule;
    }
    struct plot_dots plot = {
        .rows = titles,
        .notes = rules,
        .row_count = GATE_COUNT,
        .series = rates->names,
        .series_count = SHOWN_DROPS,
        .dots = dots,
        .axis = {.label = rates->axis_label,
                 .high = 1.0,
                 .is_percent = true,
                 .ticks = ticks,
                 .tick_count = ARRAY_LENGTH(ticks),
                 .limit = 0.025,
                 .limit_label = "allowed: 2.5 %"},
        .emphasised = GATE_SERIN,
    };
    plot_dots(&rates->heading, &plot, out);
    return SERIN_OK;
}

enum serin_status draw_false_promotions(const struct results *results, struct buffer *out,
                                        struct serin_error *err)
{
    static const struct rate_plot rates = {
        .heading =
            {
                      .title = "Bad canaries promoted",
                      .subtitle = "10 labels, NMI 0.7, 5 % canary, 50 events a minute, up to 200 min",
                      .description = "For each gate the share of simulated rollouts in which a canary "
                               "that lost as much agreement as the margin, or twice that, was "
                               "promoted, with two standard errors. All gates saw the same "
                               "rollouts.", },
        .measure = "promoted",
        .axis_label = "share of bad canaries promoted",
        .drops = {0.1,                               0.2                                                                            },
        .names = {"true loss of NMI 0.1: exactly the margin",
                      "true loss of NMI 0.2: twice the margin"},
    };
    return draw_rates(results, &rates, out, err);
}

enum serin_status draw_false_rollbacks(const struct results *results, struct buffer *out,
                                       struct serin_error *err)
{
    static const struct rate_plot rates = {
        .heading =
            {
                      .title = "Good canaries rolled back",
                      .subtitle = "10 labels, NMI 0.7, 5 % canary, 50 events a minute, up to 200 min",
                      .description = "For each gate the share of simulated rollouts in which a canary "
                               "that lost nothing, or half the margin, was rolled back, with two "
                               "standard errors.", },
        .measure = "rolled_back",
        .axis_label = "share of good canaries rolled back",
        .drops = {0.0,                                   0.05                                                                            },
        .names = {"nothing lost","true loss of NMI 0.05: half the margin"},
    };
    return draw_rates(results, &rates, out, err);
}

enum { DROPS = 4 };

static enum serin_status gather_samples(const struct results *results, const double *drops,
                                        size_t gate, double *values, double *errors,
                                        struct serin_error *err)
{
    for (size_t d = 0; d < DROPS; d++) {
        const struct result *result = find_cell(results, drops[d]);
        if (!result) {
            return no_cell(err);
        }
        struct estimate_of estimate = gate_estimate(result, gate, "samples");
        values[d] = estimate.value;
        errors[d] = estimate.error;
    }
    return SERIN_OK;
}

enum serin_status draw_decision_samples(const struct results *results, struct buffer *out,
                                        struct serin_error *err)
{
    static const double drops[DROPS] = {0.0, 0.05, 0.1, 0.2};
    static const double ticks[] = {100, 300, 1000, 3000, 10000};
    static const struct svg_heading heading = {
        .title = "Canary events until decided",
        .subtitle = "10 labels, NMI 0.7, margin 0.1; rollouts end at 10,000 events",
        .description = "Mean number of canary events until each gate promotes or rolls back, by "
                       "the true loss of NMI. At a loss of just the margin a sound gate cannot "
                       "decide.",
    };
    double values[GATE_COUNT][DROPS];
    double errors[GATE_COUNT][DROPS];
    struct plot_series series[GATE_COUNT];
    for (size_t g = 0; g < GATE_COUNT; g++) {
        TRY(gather_samples(results, drops, g, values[g], errors[g], err));
        series[g] = (struct plot_series){gates[g].title, drops, values[g], errors[g], DROPS};
    }
    struct plot_axis x = {.label = "true loss of NMI",
                          .high = 0.2,
                          .ticks = drops,
                          .tick_count = DROPS,
                          .limit = NAN};
    struct plot_axis y = {.label = "canary events (mean)",
                          .low = 80,
                          .high = 12000,
                          .is_log = true,
                          .ticks = ticks,
                          .tick_count = ARRAY_LENGTH(ticks),
                          .limit = NAN};
    plot_lines(&heading, &x, &y, series, GATE_COUNT, out);
    return SERIN_OK;
}
