/*
 * Plots: lines, heatmaps, and dots with whiskers, each a whole SVG document.
 */
#ifndef SERIN_STUDY_PLOT_H
#define SERIN_STUDY_PLOT_H

#include "base/buffer.h"
#include "study/svg.h"

#include <stdbool.h>
#include <stddef.h>

/* ---- lines ----------------------------------------------------------------------------------- */

struct plot_axis {
    const char *label; /* with its unit */
    double low;
    double high;
    bool is_log;
    bool is_percent; /* numbers are shares: 0.025 is written 2.5 % */
    const double *ticks;
    size_t tick_count;
    double limit; /* a dashed line across; NaN: none */
    const char *limit_label;
};

struct plot_series {
    const char *name;
    const double *x;
    const double *y;
    const double *error; /* one standard error, drawn as ±2; NULL: none */
    size_t count;
};

/* At most six series; values beyond an axis are drawn at its end. */
void plot_lines(const struct svg_heading *heading, const struct plot_axis *x,
                const struct plot_axis *y, const struct plot_series *series, size_t count,
                struct buffer *out);

/* ---- heatmaps -------------------------------------------------------------------------------- */

struct plot_cell {
    const char *text; /* borrowed while plotting; "": nothing is known */
    double strength;  /* 0 … 1: how dark */
    bool is_beyond;   /* the limit: another colour */
};

struct plot_heatmap {
    const char *column_title;
    const char *const *columns;
    size_t column_count;
    const char *row_title;
    const char *const *rows;
    size_t row_count;
    const struct plot_cell *cells; /* row-major */
    const char *legend;
};
void plot_heatmap(const struct svg_heading *heading, const struct plot_heatmap *heatmap,
                  struct buffer *out);

/* ---- dots with whiskers ------------------------------------------------------------------------
 */

struct plot_dot {
    double value;
    double error; /* one standard error, drawn as ±2 */
};

struct plot_dots {
    const char *const *rows;
    const char *const *notes; /* small, under the row's name; NULL: none */
    size_t row_count;
    const char *const *series; /* names; one dot of each in every row */
    size_t series_count;
    const struct plot_dot *dots; /* row-major */
    struct plot_axis axis;
    size_t emphasised; /* the row in bold; row_count: none */
};
void plot_dots(const struct svg_heading *heading, const struct plot_dots *plot, struct buffer *out);

/* A number as an axis writes it: "2.5 %", "0.7", "10,000". */
const char *plot_number(const struct plot_axis *axis, double value, char *out, size_t size);

/* Where a value of the axis lies between `from` and `to`. */
double plot_position(const struct plot_axis *axis, double value, double from, double to);

#endif
