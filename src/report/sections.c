#include "report/sections.h"

#include "base/memory.h"
#include "report/interval.h"
#include "report/sentence.h"

static void section_sentence(struct page *page, const struct verdict *verdict,
                             const struct spec *spec)
{
    (void)spec;
    sentence_add(page, verdict);
    page_colour(page, decision_colour(verdict->decision));
    page_paragraph(page, "", 0);
    page_colour(page, PAGE_PLAIN);
}

static void section_interval(struct page *page, const struct verdict *verdict,
                             const struct spec *spec)
{
    (void)spec;
    interval_draw(page, verdict);
}

const struct section sections[] = {
    {section_sentence}, {section_interval}, {section_numbers},  {section_companions},
    {section_labels},   {section_slices},   {section_warnings}, {section_advice},
};
const size_t section_count = ARRAY_LENGTH(sections);
