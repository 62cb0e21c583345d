#include "report/section_parts.h"
#include "report/sections.h"

static void write_companion(struct page *page, const char *name, double canary, double stable)
{
    section_name(page, name);
    page_add_fixed(page, canary, 3);
    page_cell_right(page, NUMBER_COLUMNS);
    page_add_fixed(page, stable, 3);
    page_cell_right(page, NUMBER_COLUMNS);
    page_add_signed(page, canary - stable, 3);
    page_cell_right(page, NUMBER_COLUMNS);
    page_line_end(page);
}

void section_companions(struct page *page, const struct verdict *verdict, const struct spec *spec)
{
    (void)spec;
    const struct arm_result *canary = &verdict->arms[ARM_CANARY];
    const struct arm_result *stable = &verdict->arms[ARM_STABLE];
    if (!canary->has_companions || !stable->has_companions || verdict->is_agreement) {
        return;
    }
    page_line_end(page);
    page_colour(page, PAGE_BOLD);
    page_add(page, "Beside NMI");
    page_cell_left(page, NAME_COLUMNS);
    static const char *const titles[] = {"canary", "stable", "change"};
    for (size_t i = 0; i < 3; i++) {
        page_add(page, titles[i]);
        page_cell_right(page, NUMBER_COLUMNS);
    }
    page_colour(page, PAGE_PLAIN);
    page_line_end(page);
    write_companion(page, "MI/H(reference)", canary->information_ratio, stable->information_ratio);
    write_companion(page, "AMI", canary->ami, stable->ami);
    write_companion(page, "ARI", canary->ari, stable->ari);
    write_companion(page, "V-measure", canary->v_measure, stable->v_measure);
    write_companion(page, "completeness", canary->completeness, stable->completeness);
    write_companion(page, "purity", canary->purity, stable->purity);
}
