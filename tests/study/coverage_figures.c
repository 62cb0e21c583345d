#include "study/coverage_figures.h"

#include "base/number.h"
#include "study/plot.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* The part of the core grid that is shown: Zipf, 19:1, a true loss of the margin. */
static const size_t shown_labels[] = {2, 3, 5, 10, 20};
static const double shown_scores[] = {0.3, 0.5, 0.7, 0.9, 1.0};
static const double shown_sizes[] = {100, 300, 1000, 3000, 10000};
enum {
    LABELS = ARRAY_LENGTH(shown_labels),
    SCORES = ARRAY_LENGTH(shown_scores),
    SIZES = ARRAY_LENGTH(shown_sizes),
    ROWS = LABELS * SCORES
};

static bool is_at(const struct result *result, size_t labels, double nmi, double canary)
{
    const struct cell *cell = result->cell;
    return result->is_last && strcmp(cell_text(cell, "design"), "core") == 0 &&
           strcmp(cell_text(cell, "marginal"), "zipf") == 0 && cell_number(cell, "ratio") == 19.0 &&
           cell_number(cell, "delta") == -0.1 && cell_size(cell, "labels") == labels &&
           cell_number(cell, "nmi") == nmi && cell_number(cell, "canary") == canary;
}

static const struct result *find_cell(const struct results *results, size_t labels, double nmi,
                                      double canary)
{
    for (size_t i = 0; i < results->count; i++) {
        if (is_at(&results->items[i], labels, nmi, canary)) {
            return &results->items[i];
        }
    }
    return NULL;
}

/* What is written into a cell, and how dark. */
struct shown {
    char text[24];
    struct plot_cell cell;
};

static void show_miss(const struct result *result, struct shown *out)
{
    const double ceiling = 0.035;
    double miss = result_estimate(result, "lower_miss").value;
    (void)snprintf(out->text, sizeof(out->text), "%s",
                   number_write_fixed(100.0 * miss, 1, NUMBER_TEXT));
    out->cell.strength = fmin(1.0, miss / ceiling);
    out->cell.is_beyond = miss > ceiling;
}

static void show_width(const struct result *result, struct shown *out)
{
    const double widest = 0.5;
    double width = result_estimate(result, "width").value;
    (void)snprintf(out->text, sizeof(out->text), "%s", number_write_fixed(width, 3, NUMBER_TEXT));
    out->cell.strength = fmin(1.0, width / widest);
}

typedef void show_cell(const struct result *result, struct shown *out);

static enum serin_status fill(const struct results *results, show_cell *show, struct shown *shown,
                              struct serin_error *err)
{
    for (size_t i = 0; i < ROWS * SIZES; i++) {
        size_t row = i / SIZES;
        const struct result *result = find_cell(results, shown_labels[row / SCORES],
                                                shown_scores[row % SCORES], shown_sizes[i % SIZES]);
        if (!result) {
            return serin_fail(err, SERIN_BUG, "a cell of the figure is not among the results");
        }
        shown[i] = (struct shown){.text = "guard"};
        if (!result_is_guarded(result)) {
            show(result, &shown[i]);
        }
    }
    return SERIN_OK;
}

static enum serin_status draw(const struct results *results, show_cell *show,
                              const struct svg_heading *heading, const char *legend,
                              struct buffer *out, struct serin_error *err)
{
    static const char *const columns[SIZES] = {"100", "300", "1,000", "3,000", "10,000"};
    struct shown shown[ROWS * SIZES];
    struct plot_cell cells[ROWS * SIZES];
    char names[ROWS][24];
    const char *rows[ROWS];
    TRY(fill(results, show, shown, err));
    for (size_t i = 0; i < ROWS * SIZES; i++) {
        cells[i] = shown[i].cell;
        cells[i].text = shown[i].text;
    }
    for (size_t i = 0; i < ROWS; i++) {
        (void)snprintf(names[i], sizeof(names[i]), "%u, %s", (unsigned)shown_labels[i / SCORES],
                       number_write_double(shown_scores[i % SCORES], NUMBER_TEXT));
        rows[i] = names[i];
    }
    struct plot_heatmap heatmap = {
        .column_title = "canary events",
        .columns = columns,
        .column_count = SIZES,
        .row_title = "labels, NMI",
        .rows = rows,
        .row_count = ROWS,
        .cells = cells,
        .legend = legend,
    };
    plot_heatmap(heading, &heatmap, out);
    return SERIN_OK;
}

enum serin_status draw_lower_miss(const struct results *results, struct buffer *out,
                                  struct serin_error *err)
{
    static const struct svg_heading heading = {
        .title = "One look: misses on the promote side, in %",
        .subtitle = "true loss 0.1 = margin, Zipf labels, 19 stable events per canary event",
        .description = "Share of simulated comparisons whose 95 % interval lies wholly above the "
                       "true difference; 2.5 % is nominal. Cells in which a guard answers most "
                       "comparisons say guard.",
    };
    return draw(results, show_miss, &heading, "nominal 2.5 %; red: above 3.5 %", out, err);
}

enum serin_status draw_width(const struct results *results, struct buffer *out,
                             struct serin_error *err)
{
    static const struct svg_heading heading = {
        .title = "One look: width of the 95 % interval",
        .subtitle = "true loss 0.1 = margin, Zipf labels, 19 stable events per canary event",
        .description = "Mean width of the interval of the difference in NMI. Cells in which a "
                       "guard answers most comparisons say guard.",
    };
    return draw(results, show_width, &heading, "in units of NMI; a margin of 0.1 needs about 0.2",
                out, err);
}
