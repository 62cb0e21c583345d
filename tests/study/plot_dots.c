#include "study/plot.h"

#include <math.h>
#include <stdio.h>

static const double left = 198.0;
static const double right = SVG_WIDTH - 72;
static const double row_height = 50.0;
static const double legend_line = 20.0;
static const double below = 56.0;

static void name_class(size_t series, char out[static 4])
{
    (void)snprintf(out, 4, "s%u", (unsigned)(series % 6));
}

static void draw_dot(const struct plot_dots *plot, const struct plot_dot *dot, size_t series,
                     double y, struct buffer *out)
{
    char class[4];
    char whisker[24];
    char text[40];
    name_class(series, class);
    (void)snprintf(whisker, sizeof(whisker), "whisker %s", class);
    double x = plot_position(&plot->axis, dot->value, left, right);
    double high = plot_position(&plot->axis, dot->value + 2.0 * dot->error, left, right);
    svg_line(out, plot_position(&plot->axis, dot->value - 2.0 * dot->error, left, right), y, high,
             y, whisker);
    svg_dot(out, x, y, 5, class);
    svg_text(out, fmax(high, x + 5) + 7, y + 5, SVG_START, class,
             plot_number(&plot->axis, dot->value, text, sizeof(text)));
}

static void draw_row(const struct plot_dots *plot, size_t row, double top, struct buffer *out)
{
    double middle = top + 0.5 * row_height;
    const char *note = plot->notes ? plot->notes[row] : "";
    svg_line(out, 12, top, SVG_WIDTH - 12, top, "grid");
    svg_text(out, 12, note[0] != '\0' ? middle - 3 : middle + 5, SVG_START,
             row == plot->emphasised ? "strong" : "ink", plot->rows[row]);
    svg_text(out, 12, middle + 15, SVG_START, "quiet", note);
    for (size_t s = 0; s < plot->series_count; s++) {
        double y = top + row_height * ((double)s + 1.0) / ((double)plot->series_count + 1.0);
        draw_dot(plot, &plot->dots[row * plot->series_count + s], s, y, out);
    }
}

static void draw_axis(const struct plot_dots *plot, double top, double bottom, struct buffer *out)
{
    char text[40];
    for (size_t i = 0; i < plot->axis.tick_count; i++) {
        double x = plot_position(&plot->axis, plot->axis.ticks[i], left, right);
        svg_line(out, x, top, x, bottom, "grid");
        svg_text(out, x, bottom + 18, SVG_MIDDLE, "ink",
                 plot_number(&plot->axis, plot->axis.ticks[i], text, sizeof(text)));
    }
    svg_line(out, left, bottom, right, bottom, "axis");
    svg_text(out, 0.5 * (left + right), bottom + 40, SVG_MIDDLE, "quiet", plot->axis.label);
    if (!isnan(plot->axis.limit)) {
        double x = plot_position(&plot->axis, plot->axis.limit, left, right);
        svg_line(out, x, top, x, bottom, "limit");
        svg_text(out, x + 6, top - 5, SVG_START, "limit-ink", plot->axis.limit_label);
    }
}

void plot_dots(const struct svg_heading *heading, const struct plot_dots *plot, struct buffer *out)
{
    double top = SVG_HEADING_HEIGHT + (double)plot->series_count * legend_line + 24;
    double bottom = top + (double)plot->row_count * row_height;
    svg_begin(out, heading, bottom + below);
    for (size_t s = 0; s < plot->series_count; s++) {
        char class[4];
        double line = SVG_HEADING_HEIGHT + ((double)s + 0.5) * legend_line;
        name_class(s, class);
        svg_dot(out, 18, line, 5, class);
        svg_text(out, 30, line + 5, SVG_START, "ink", plot->series[s]);
    }
    draw_axis(plot, top, bottom, out);
    for (size_t i = 0; i < plot->row_count; i++) {
        draw_row(plot, i, top + (double)i * row_height, out);
    }
    svg_end(out);
}
