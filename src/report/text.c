#include "report/text.h"

#include "report/sections.h"

enum serin_status report_text(const struct verdict *verdict, const struct spec *spec,
                              const struct report_style *style, struct buffer *out)
{
    struct page page;
    TRY(page_begin(&page, out, style));
    for (size_t i = 0; i < section_count; i++) {
        sections[i].write(&page, verdict, spec);
    }
    return page_end(&page);
}
