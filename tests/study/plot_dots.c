#include "study/plot.h"

#include <math.h>
#include <stdio.h>

enum { LEFT = 198, RIGHT = SVG_WIDTH - 58, ROW = 50, LEGEND_LINE = 20, BELOW = 56 };

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
    double x = plot_position(&plot->axis, dot->value, LEFT, RIGHT);
    double high = plot_position(&plot->axis, dot->value + 2.0 * dot->error, LEFT, RIGHT);
    svg_line(out, plot_position(&plot->axis, dot->value - 2.0 * dot->error, LEFT, RIGHT), y, high,
             y, whisker);
    svg_dot(out, x, y, 5, class);
    svg_text(out, fmax(high, x + 5) + 7, y + 5, SVG_START, class,
             plot_number(&plot->axis, dot->value, text, sizeof(text)));
}

static void draw_row(const struct plot_dots *plot, size_t row, double top, struct buffer *out)
{
    double middle = top + 0.5 * ROW;
    const char *note = plot->notes ? plot->notes[row] : "";
    svg_line(out, 12, top, SVG_WIDTH - 12, top, "grid");
    svg_text(out, 12, note[0] != '\0' ? middle - 3 : middle + 5, SVG_START,
             row == plot->emphasised ? "strong" : "ink", plot->rows[row]);
    svg_text(out, 12, middle + 15, SVG_START, "quiet", note);
    for (size_t s = 0; s < plot->series_count; s++) {
        double y = top + ROW * ((double)s + 1.0) / ((double)plot->series_count + 1.0);
        draw_dot(plot, &plot->dots[row * plot->series_count + s], s, y, out);
    }
}

static void draw_axis(const struct plot_dots *plot, double top, double bottom, struct buffer *out)
{
    char text[40];
    for (size_t i = 0; i < plot->axis.tick_count; i++) {
        double x = plot_position(&plot->axis, plot->axis.ticks[i], LEFT, RIGHT);
        svg_line(out, x, top, x, bottom, "grid");
        svg_text(out, x, bottom + 18, SVG_MIDDLE, "ink",
                 plot_number(&plot->axis, plot->axis.ticks[i], text, sizeof(text)));
    }
    svg_line(out, LEFT, bottom, RIGHT, bottom, "axis");
    svg_text(out, 0.5 * (LEFT + RIGHT), bottom + 40, SVG_MIDDLE, "quiet", plot->axis.label);
    if (!isnan(plot->axis.limit)) {
        double x = plot_position(&plot->axis, plot->axis.limit, LEFT, RIGHT);
        svg_line(out, x, top, x, bottom, "limit");
        svg_text(out, x + 6, top - 5, SVG_START, "limit-ink", plot->axis.limit_label);
    }
}

void plot_dots(const struct svg_heading *heading, const struct plot_dots *plot, struct buffer *out)
{
    double top = SVG_HEADING_HEIGHT + (double)plot->series_count * LEGEND_LINE + 24;
    double bottom = top + (double)plot->row_count * ROW;
    svg_begin(out, heading, bottom + BELOW);
    for (size_t s = 0; s < plot->series_count; s++) {
        char class[4];
        double line = SVG_HEADING_HEIGHT + ((double)s + 0.5) * LEGEND_LINE;
        name_class(s, class);
        svg_dot(out, 18, line, 5, class);
        svg_text(out, 30, line + 5, SVG_START, "ink", plot->series[s]);
    }
    draw_axis(plot, top, bottom, out);
    for (size_t i = 0; i < plot->row_count; i++) {
        draw_row(plot, i, top + (double)i * ROW, out);
    }
    svg_end(out);
}
