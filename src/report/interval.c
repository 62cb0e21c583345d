#include "report/interval.h"

#include "base/number.h"

#include <math.h>
#include <string.h>

enum { AXIS_COLUMNS_MAX = 64, AXIS_INDENT = 2 };

/* Where things stand on the axis, in columns from its left end. */
struct axis {
    size_t columns;
    double low;
    double high;
    size_t lower;
    size_t estimate;
    size_t upper;
    size_t margin;
    size_t zero;
    bool has_zero; /* drawn: a difference has one, a divergence begins there */
};

/* The column of a value between the axis's ends. */
static size_t place(const struct axis *axis, double value)
{
    double share = (value - axis->low) / (axis->high - axis->low);
    return (size_t)lround(share * (double)(axis->columns - 1));
}

static struct axis axis_of(const struct page *page, const struct verdict *verdict)
{
    bool is_shift = verdict->design == DESIGN_SHIFT;
    double margin = is_shift ? verdict->margin : -verdict->margin;
    size_t room = page_columns(page) - (size_t)AXIS_INDENT * 2;
    struct axis axis = {
        .columns = room < AXIS_COLUMNS_MAX ? room : AXIS_COLUMNS_MAX,
        .low = is_shift ? 0.0 : fmin(verdict->delta.lower, 2.0 * margin),
        .high = fmax(verdict->delta.upper, is_shift ? 2.0 * margin : verdict->margin),
        .has_zero = !is_shift,
    };
    axis.lower = place(&axis, verdict->delta.lower);
    axis.estimate = place(&axis, verdict->delta.value);
    axis.upper = place(&axis, verdict->delta.upper);
    axis.margin = place(&axis, margin);
    axis.zero = place(&axis, 0.0);
    return axis;
}

static const char *glyph_at(const struct axis *axis, size_t column, bool unicode)
{
    if (column == axis->estimate) {
        return unicode ? "●" : "o";
    }
    if (column == axis->margin) {
        return unicode ? "┃" : "|";
    }
    if (column >= axis->lower && column <= axis->upper) {
        return unicode ? "━" : "=";
    }
    if (axis->has_zero && column == axis->zero) {
        return unicode ? "┼" : "+";
    }
    return unicode ? "─" : "-";
}

enum page_colour decision_colour(enum decision decision)
{
    switch (decision) {
    case DECISION_PROMOTE:
        return PAGE_GREEN;
    case DECISION_ROLLBACK:
        return PAGE_RED;
    case DECISION_INCONCLUSIVE:
        break;
    }
    return PAGE_YELLOW;
}

/* The axis itself; the interval in the decision's colour. */
static void draw_line(struct page *page, const struct axis *axis, enum decision decision)
{
    page_spaces(page, AXIS_INDENT);
    for (size_t column = 0; column < axis->columns; column++) {
        if (column == axis->lower) {
            page_colour(page, decision_colour(decision));
        }
        page_text(page, glyph_at(axis, column, page->style.unicode));
        if (column == axis->upper) {
            page_colour(page, PAGE_PLAIN);
        }
    }
    page_line_end(page);
}

/* Puts `text` centred under `column`, not before `*used`, which moves behind it. */
static void put_centred(struct page *page, const struct axis *axis, size_t column, const char *text,
                        size_t *used)
{
    size_t width = strlen(text);
    size_t start = column > width / 2 ? column - width / 2 : 0;
    start = start + width > axis->columns ? axis->columns - width : start;
    if (start < *used) {
        return; /* no room beside the number before */
    }
    page_spaces(page, start - *used);
    page_text(page, text);
    *used = start + width + 1;
    page_spaces(page, 1);
}

static void draw_numbers(struct page *page, const struct axis *axis, const struct verdict *verdict)
{
    char margin[NUMBER_TEXT_SIZE];
    size_t used = 0;
    number_write_double(verdict->design == DESIGN_SHIFT ? verdict->margin : -verdict->margin,
                        margin);
    page_spaces(page, AXIS_INDENT);
    if (axis->has_zero) {
        put_centred(page, axis, axis->margin, margin, &used);
        put_centred(page, axis, axis->zero, "0", &used);
    } else {
        put_centred(page, axis, 0, "0", &used);
        put_centred(page, axis, axis->margin, margin, &used);
    }
    page_line_end(page);
}

/* "rollback │ promote", the words next to the margin. */
static void draw_sides(struct page *page, const struct axis *axis, const struct verdict *verdict)
{
    bool is_shift = verdict->design == DESIGN_SHIFT;
    page_add(page, is_shift ? "promote " : "rollback ");
    page_spaces(page, AXIS_INDENT);
    page_colour(page, PAGE_DIM);
    page_cell_right(page, axis->margin);
    page_text(page, page->style.unicode ? "┃" : "|");
    page_text(page, is_shift ? " rollback" : " promote");
    page_colour(page, PAGE_PLAIN);
    page_line_end(page);
}

void interval_draw(struct page *page, const struct verdict *verdict)
{
    if (!verdict->delta.defined) {
        return;
    }
    struct axis axis = axis_of(page, verdict);
    page_line_end(page);
    draw_sides(page, &axis, verdict);
    draw_line(page, &axis, verdict->decision);
    draw_numbers(page, &axis, verdict);
}
