#include "report/section_parts.h"
#include "report/sections.h"

/* Of a slice that is judged with others, where to look; its reason is that it is too small. */
static const char *outcome_of(const struct slice_verdict *slice)
{
    if (slice->is_pooled) {
        return "in (others)";
    }
    return slice->decision == DECISION_INCONCLUSIVE ? slice->reason
                                                    : decision_name(slice->decision);
}

static void write_slice(struct page *page, const struct slice_verdict *slice, int decimals)
{
    page_add(page, "  ");
    page_add_label(page, slice->slice.dimension, NAME_COLUMNS / 2);
    page_add(page, "=");
    page_add_label(page, slice->slice.value, NAME_COLUMNS / 2);
    page_cell_left(page, NAME_COLUMNS);
    section_range(page, &slice->delta, decimals);
    page_add_count(page, slice->canary_samples);
    page_cell_right(page, COUNT_COLUMNS);
    page_text(page, "  ");
    page_text(page, outcome_of(slice));
    page_line_end(page);
}

/* Why the change is not the difference of the two arms' NMI. */
static void write_strata(struct page *page, struct text_view dimension)
{
    if (dimension.length == 0) {
        return;
    }
    page_add(page, "The change of the whole is the mean over ");
    page_add_label(page, dimension, NAME_COLUMNS);
    page_add(page, ", weighted by the traffic of both arms, so that a mix that differs does not "
                   "count.");
    page_paragraph(page, "  ", 2);
}

void section_slices(struct page *page, const struct verdict *verdict, const struct spec *spec)
{
    (void)spec;
    if (verdict->slice_count == 0) {
        return;
    }
    section_numbers_header(page, "Change by slice", "canary");
    for (size_t i = 0; i < verdict->slice_count; i++) {
        write_slice(page, &verdict->slices[i], verdict->design == DESIGN_SHIFT ? 4 : 3);
    }
    if (verdict->slices_left_out > 0) {
        page_add(page, "and ");
        page_add_count(page, verdict->slices_left_out);
        page_add(page, " with fewer samples, judged together only");
        page_paragraph(page, "  ", 2);
    }
    write_strata(page, verdict->stratified_by);
}
