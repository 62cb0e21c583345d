#include "report/sections.h"

#include <math.h>

enum {
    LABEL_COLUMNS = 16,
    SHARE_COLUMNS = 20,
    REFERENCE_COLUMNS = 30,
    REFERENCE_LABEL_COLUMNS = 10,
    EFFECT_COLUMNS = 8,
    MOVES_SHOWN = 8
};

/* A change below this is not worth a line. */
#define MOVE_SHOWN 0.0005

static const char *arrow(const struct page *page)
{
    return page->style.unicode ? " → " : " -> ";
}

static bool is_worth_telling(const struct label_move *move)
{
    return fabs(move->contribution) >= MOVE_SHOWN || move->is_new || move->is_lost;
}

static void write_move_references(struct page *page, const struct label_move *move)
{
    if (!move->is_new) {
        page_add_label(page, move->stable_reference, REFERENCE_LABEL_COLUMNS);
        page_add(page, " ");
        page_add_fixed(page, move->stable_precision * 100.0, 0);
        page_add(page, " %");
    }
    page_add(page, arrow(page));
    if (!move->is_lost) {
        page_add_label(page, move->canary_reference, REFERENCE_LABEL_COLUMNS);
        page_add(page, " ");
        page_add_fixed(page, move->canary_precision * 100.0, 0);
        page_add(page, " %");
    }
    page_cell_left(page, REFERENCE_COLUMNS);
}

static void write_move(struct page *page, const struct verdict *verdict,
                       const struct label_move *move)
{
    page_add(page, "  ");
    page_add_label(page, move->label, LABEL_COLUMNS - 3);
    page_cell_left(page, LABEL_COLUMNS);
    page_add_percent(page, move->stable_share);
    page_add(page, arrow(page));
    page_add_percent(page, move->canary_share);
    page_cell_left(page, SHARE_COLUMNS);
    if (verdict->design == DESIGN_SHIFT) {
        page_add_fixed(page, move->contribution, 4);
    } else {
        write_move_references(page, move);
        page_add_signed(page, move->contribution, 3);
    }
    page_cell_right(page, EFFECT_COLUMNS);
    page_text(page, move->is_new ? "  new" : move->is_lost ? "  lost" : "");
    page_line_end(page);
}

static void write_moves_header(struct page *page, const struct verdict *verdict)
{
    page_line_end(page);
    page_colour(page, PAGE_BOLD);
    page_add(page, "Labels moved");
    page_cell_left(page, LABEL_COLUMNS);
    page_add(page, "share");
    page_cell_left(page, SHARE_COLUMNS);
    if (verdict->design == DESIGN_SHIFT) {
        page_add(page, "bits");
    } else {
        page_add(page, verdict->is_agreement ? "commonest stable label" : "commonest reference");
        page_cell_left(page, REFERENCE_COLUMNS);
        page_add(page, "effect");
    }
    page_cell_right(page, EFFECT_COLUMNS);
    page_colour(page, PAGE_PLAIN);
    page_line_end(page);
}

void section_labels(struct page *page, const struct verdict *verdict, const struct spec *spec)
{
    (void)spec;
    size_t told = 0;
    size_t kept_back = 0;
    for (size_t i = 0; i < verdict->move_count; i++) {
        if (!is_worth_telling(&verdict->moves[i])) {
            continue;
        }
        if (told == MOVES_SHOWN) {
            kept_back++;
            continue;
        }
        if (told++ == 0) {
            write_moves_header(page, verdict);
        }
        write_move(page, verdict, &verdict->moves[i]);
    }
    if (kept_back > 0) {
        page_add(page, "and ");
        page_add_count(page, kept_back);
        page_add(page, kept_back == 1 ? " label more that moved less"
                                      : " labels more that moved "
                                        "less");
        page_paragraph(page, "  ", 2);
    }
}
