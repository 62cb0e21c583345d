#include "base/memory.h"
#include "report/sections.h"
#include "verdict/diagnosis.h"

#include <math.h>

enum {
    LABEL_COLUMNS = 16,
    SHARE_COLUMNS = 18,
    REFERENCE_COLUMNS = 26,
    REFERENCE_LABEL_COLUMNS = 8,
    EFFECT_COLUMNS = 14,
    EFFECT_BITS_COLUMNS = 16,
    INTERVAL_COLUMNS = 7, /* " ±0.012" */
    MOVES_SHOWN = 8,
    DIAGNOSES_SHOWN = 6,
    DIAGNOSIS_BYTES_MAX = 64 * 1024,
    DIAGNOSIS_CHARACTERS_MAX = 400
};

/* A change below this is not worth a line. */
#define MOVE_SHOWN 0.0005

static size_t effect_columns(const struct verdict *verdict)
{
    return verdict->design == DESIGN_SHIFT ? EFFECT_BITS_COLUMNS : EFFECT_COLUMNS;
}

static const char *arrow(const struct page *page)
{
    return page->style.unicode ? " → " : " -> ";
}

static bool is_worth_telling(const struct label_move *move)
{
    return fabs(move->contribution.value) >= MOVE_SHOWN || move->is_new || move->is_lost;
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

static int effect_decimals(const struct verdict *verdict)
{
    return verdict->design == DESIGN_SHIFT ? 4 : 3;
}

/* "-0.081 ±0.012" */
static void write_effect(struct page *page, const struct verdict *verdict,
                         const struct label_move *move)
{
    const struct estimate *effect = &move->contribution;
    int decimals = effect_decimals(verdict);
    if (effect->defined) {
        page_add_signed(page, effect->value, decimals);
        page_add(page, page->style.unicode ? " ±" : " +-");
        page_add_fixed(page, (effect->upper - effect->lower) / 2.0, decimals);
    }
    page_cell_right(page, effect_columns(verdict));
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
    if (verdict->design != DESIGN_SHIFT) {
        write_move_references(page, move);
    }
    write_effect(page, verdict, move);
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
    page_cell_right(page, effect_columns(verdict));
    page_colour(page, PAGE_PLAIN);
    page_line_end(page);
}

/* A line that is no label, so that the column adds up. */
static void write_sum(struct page *page, const struct verdict *verdict, const char *name,
                      double sum)
{
    if (fabs(sum) < MOVE_SHOWN) {
        return;
    }
    page_add(page, "  ");
    page_add(page, name);
    page_cell_left(page, LABEL_COLUMNS + SHARE_COLUMNS +
                             (verdict->design == DESIGN_SHIFT ? 0 : REFERENCE_COLUMNS));
    page_add_signed(page, sum, effect_decimals(verdict));
    page_cell_right(page, effect_columns(verdict) - INTERVAL_COLUMNS);
    page_line_end(page);
}

/* What became of labels, a paragraph each; the texts come from outside. */
static void write_diagnoses(struct page *page, const struct verdict *verdict)
{
    owned(buffer) text = buffer_create(DIAGNOSIS_BYTES_MAX);
    for (size_t i = 0; text && i < verdict->diagnosis_count && i < DIAGNOSES_SHOWN; i++) {
        buffer_clear(text);
        diagnosis_write(&verdict->diagnoses[i], verdict, text);
        if (i == 0) {
            page_heading(page, "What became of labels");
        }
        page_add_label(page, buffer_view(text), DIAGNOSIS_CHARACTERS_MAX);
        page_paragraph(page, "  ", 4);
    }
}

void section_labels(struct page *page, const struct verdict *verdict, const struct spec *spec)
{
    (void)spec;
    size_t told = 0;
    size_t kept_back = 0;
    double others = verdict->moves_left_out;
    for (size_t i = 0; i < verdict->move_count; i++) {
        bool is_worth = is_worth_telling(&verdict->moves[i]);
        if (!is_worth || told == MOVES_SHOWN) {
            kept_back += is_worth;
            others += verdict->moves[i].contribution.value;
            continue;
        }
        if (told++ == 0) {
            write_moves_header(page, verdict);
        }
        write_move(page, verdict, &verdict->moves[i]);
    }
    if (told > 0) {
        write_sum(page, verdict, "other labels", others);
        write_sum(page, verdict, "mix and rest", verdict->moves_rest);
    }
    if (kept_back > 0) {
        page_add(page, "and ");
        page_add_count(page, kept_back);
        page_add(page, kept_back == 1 ? " label more that moved less"
                                      : " labels more that moved "
                                        "less");
        page_paragraph(page, "  ", 2);
    }
    write_diagnoses(page, verdict);
}
