#include "study/plot.h"

#include <math.h>
#include <stdio.h>

static const double left = 62.0;
static const double right = SVG_WIDTH - 20;
static const double height = 240.0;
static const double legend_line = 20.0;
static const double below = 52.0;

struct frame {
    const struct plot_axis *x;
    const struct plot_axis *y;
    double top;
    double bottom;
};

static double at_x(const struct frame *frame, double value)
{
    return plot_position(frame->x, value, left, right);
}

static double at_y(const struct frame *frame, double value)
{
    return plot_position(frame->y, value, frame->bottom, frame->top);
}

static void draw_frame(const struct frame *frame, struct buffer *out)
{
    char text[40];
    for (size_t i = 0; i < frame->y->tick_count; i++) {
        double y = at_y(frame, frame->y->ticks[i]);
        svg_line(out, left, y, right, y, "grid");
        svg_text(out, left - 6, y + 5, SVG_END, "ink",
                 plot_number(frame->y, frame->y->ticks[i], text, sizeof(text)));
    }
    for (size_t i = 0; i < frame->x->tick_count; i++) {
        double x = at_x(frame, frame->x->ticks[i]);
        svg_line(out, x, frame->bottom, x, frame->bottom + 5, "axis");
        svg_text(out, x, frame->bottom + 20, SVG_MIDDLE, "ink",
                 plot_number(frame->x, frame->x->ticks[i], text, sizeof(text)));
    }
    svg_line(out, left, frame->bottom, right, frame->bottom, "axis");
    svg_text(out, 0.5 * (left + right), frame->bottom + 42, SVG_MIDDLE, "quiet", frame->x->label);
    if (!isnan(frame->y->limit)) {
        double y = at_y(frame, frame->y->limit);
        svg_line(out, left, y, right, y, "limit");
        svg_text(out, right, y - 5, SVG_END, "limit-ink", frame->y->limit_label);
    }
}

static void draw_series(const struct frame *frame, const struct plot_series *series,
                        const char *class, struct buffer *out)
{
    char whisker[24];
    (void)snprintf(whisker, sizeof(whisker), "whisker %s", class);
    svg_polyline_begin(out, class);
    for (size_t i = 0; i < series->count; i++) {
        svg_polyline_point(out, at_x(frame, series->x[i]), at_y(frame, series->y[i]));
    }
    svg_polyline_end(out);
    for (size_t i = 0; i < series->count; i++) {
        double x = at_x(frame, series->x[i]);
        if (series->error) {
            svg_line(out, x, at_y(frame, series->y[i] - 2.0 * series->error[i]), x,
                     at_y(frame, series->y[i] + 2.0 * series->error[i]), whisker);
        }
        svg_dot(out, x, at_y(frame, series->y[i]), 3.5, class);
    }
}

void plot_lines(const struct svg_heading *heading, const struct plot_axis *x,
                const struct plot_axis *y, const struct plot_series *series, size_t count,
                struct buffer *out)
{
    double legend = SVG_HEADING_HEIGHT + (double)count * legend_line;
    struct frame frame = {x, y, legend + 30.0, legend + 30.0 + height};
    svg_begin(out, heading, frame.bottom + below);
    for (size_t i = 0; i < count; i++) {
        char class[4];
        double line = SVG_HEADING_HEIGHT + ((double)i + 0.5) * legend_line;
        (void)snprintf(class, sizeof(class), "s%u", (unsigned)(i % 6));
        svg_dot(out, 18, line, 5, class);
        svg_text(out, 30, line + 5, SVG_START, "ink", series[i].name);
    }
    svg_text(out, 12, legend + 20, SVG_START, "quiet", y->label);
    draw_frame(&frame, out);
    for (size_t i = 0; i < count; i++) {
        char class[4];
        (void)snprintf(class, sizeof(class), "s%u", (unsigned)(i % 6));
        draw_series(&frame, &series[i], class, out);
    }
    svg_end(out);
}
