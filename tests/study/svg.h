/*
 * The pieces every plot is drawn from: SVG with text as text, a title and a description for screen
 * readers, and colours that follow the reader's light or dark setting. Same calls, same bytes.
 */
#ifndef SERIN_STUDY_SVG_H
#define SERIN_STUDY_SVG_H

#include "base/buffer.h"

/* So wide that 14 units of text are still legible on a phone. */
enum { SVG_WIDTH = 520 };

struct svg_heading {
    const char *title;
    const char *subtitle;    /* what the axes do not say: the setting, n */
    const char *description; /* for who cannot see it: what it shows */
};

/* The document's head, and the heading as text; svg_end ends it. `height` is the whole one. */
void svg_begin(struct buffer *out, const struct svg_heading *heading, double height);
void svg_end(struct buffer *out);

/* Lowest edge of the heading: plots begin below. */
#define SVG_HEADING_HEIGHT 58.0

/*
 * Classes: "ink" (text), "quiet" (less important text), "axis", "grid", "limit" (lines), "panel"
 * (background), "beyond" (a limit passed), and "s0" … "s5", the colours of series.
 */
enum svg_anchor { SVG_START, SVG_MIDDLE, SVG_END };
void svg_text(struct buffer *out, double x, double y, enum svg_anchor anchor, const char *class,
              const char *text);
void svg_line(struct buffer *out, double x1, double y1, double x2, double y2, const char *class);
void svg_dot(struct buffer *out, double x, double y, double radius, const char *class);
void svg_box(struct buffer *out, double x, double y, double width, double height,
             const char *class);

/* A box between the panel's colour (0) and the colour of `class` (1). */
void svg_shade(struct buffer *out, double x, double y, double width, double height,
               const char *class, double strength);

void svg_polyline_begin(struct buffer *out, const char *class);
void svg_polyline_point(struct buffer *out, double x, double y);
void svg_polyline_end(struct buffer *out);

/* Text with the characters that XML reserves escaped. */
void svg_escape(struct buffer *out, const char *text);

#endif
