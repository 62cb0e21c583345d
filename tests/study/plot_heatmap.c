#include "study/plot.h"

enum { LEFT = 130, RIGHT = SVG_WIDTH - 12, ROW = 24, HEAD = 46, FOOT = 34 };

static void draw_row(const struct plot_heatmap *heatmap, size_t row, double top, struct buffer *out)
{
    double width = (double)(RIGHT - LEFT) / (double)heatmap->column_count;
    svg_text(out, LEFT - 8, top + 17, SVG_END, "ink", heatmap->rows[row]);
    for (size_t j = 0; j < heatmap->column_count; j++) {
        const struct plot_cell *cell = &heatmap->cells[row * heatmap->column_count + j];
        double x = LEFT + (double)j * width;
        svg_shade(out, x + 1, top + 1, width - 2, ROW - 2, cell->is_beyond ? "beyond" : "s0",
                  0.6 * cell->strength);
        svg_text(out, x + 0.5 * width, top + 17, SVG_MIDDLE, "ink", cell->text);
    }
}

void plot_heatmap(const struct svg_heading *heading, const struct plot_heatmap *heatmap,
                  struct buffer *out)
{
    double top = SVG_HEADING_HEIGHT + HEAD;
    double bottom = top + (double)heatmap->row_count * ROW;
    double width = (double)(RIGHT - LEFT) / (double)heatmap->column_count;
    svg_begin(out, heading, bottom + FOOT);
    svg_text(out, 0.5 * (LEFT + RIGHT), SVG_HEADING_HEIGHT + 16, SVG_MIDDLE, "quiet",
             heatmap->column_title);
    svg_text(out, LEFT - 8, SVG_HEADING_HEIGHT + 37, SVG_END, "quiet", heatmap->row_title);
    for (size_t j = 0; j < heatmap->column_count; j++) {
        svg_text(out, LEFT + ((double)j + 0.5) * width, SVG_HEADING_HEIGHT + 37, SVG_MIDDLE, "ink",
                 heatmap->columns[j]);
    }
    for (size_t i = 0; i < heatmap->row_count; i++) {
        draw_row(heatmap, i, top + (double)i * ROW, out);
    }
    svg_text(out, 12, bottom + 22, SVG_START, "quiet", heatmap->legend);
    svg_end(out);
}
