#include "report/section_parts.h"
#include "report/sections.h"

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
    page_text(page, slice->decision == DECISION_INCONCLUSIVE ? slice->reason
                                                             : decision_name(slice->decision));
    page_line_end(page);
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
        page_add(page, " with fewer samples, not judged");
        page_paragraph(page, "  ", 2);
    }
}
