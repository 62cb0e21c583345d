#include "study/plot.h"

static const double left = 130.0;
static const double right = SVG_WIDTH - 12;
static const double row_height = 24.0;
static const double head = 46.0;
static const double foot = 34.0;
static const double darkest = 0.55; /* text on it still has a contrast of 4.5, in the dark too */

static void draw_row(const struct plot_heatmap *heatmap, size_t row, double top, struct buffer *out)
{
    double width = (double)(right - left) / (double)heatmap->column_count;
    svg_text(out, left - 8, top + 17, SVG_END, "ink", heatmap->rows[row]);
    for (size_t j = 0; j < heatmap->column_count; j++) {
        const struct plot_cell *cell = &heatmap->cells[row * heatmap->column_count + j];
        double x = left + (double)j * width;
        svg_shade(out, x + 1, top + 1, width - 2, row_height - 2, cell->is_beyond ? "beyond" : "s0",
                  darkest * cell->strength);
        svg_text(out, x + 0.5 * width, top + 17, SVG_MIDDLE, "ink", cell->text);
    }
}

void plot_heatmap(const struct svg_heading *heading, const struct plot_heatmap *heatmap,
                  struct buffer *out)
{
    double top = SVG_HEADING_HEIGHT + head;
    double bottom = top + (double)heatmap->row_count * row_height;
    double width = (double)(right - left) / (double)heatmap->column_count;
    svg_begin(out, heading, bottom + foot);
    svg_text(out, 0.5 * (left + right), SVG_HEADING_HEIGHT + 16, SVG_MIDDLE, "quiet",
             heatmap->column_title);
    svg_text(out, left - 8, SVG_HEADING_HEIGHT + 37, SVG_END, "quiet", heatmap->row_title);
    for (size_t j = 0; j < heatmap->column_count; j++) {
        svg_text(out, left + ((double)j + 0.5) * width, SVG_HEADING_HEIGHT + 37, SVG_MIDDLE, "ink",
                 heatmap->columns[j]);
    }
    for (size_t i = 0; i < heatmap->row_count; i++) {
        draw_row(heatmap, i, top + (double)i * row_height, out);
    }
    svg_text(out, 12, bottom + 22, SVG_START, "quiet", heatmap->legend);
    svg_end(out);
}
