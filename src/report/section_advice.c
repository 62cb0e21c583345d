#include "report/sections.h"
#include "verdict/reasons.h"

#include <math.h>

static void add_explained(struct page *page, const char *name)
{
    const struct reason *reason = reason_find(name);
    page_add(page, name);
    if (!reason) {
        return;
    }
    page_add(page, ": ");
    page_add(page, reason->meaning);
    if (reason->advice[0] != '\0') {
        page_add(page, "; ");
        page_add(page, reason->advice);
    }
    page_add(page, ".");
}

void section_warnings(struct page *page, const struct verdict *verdict, const struct spec *spec)
{
    (void)spec;
    if (verdict->warning_count == 0) {
        return;
    }
    page_heading(page, "Warnings");
    for (size_t i = 0; i < verdict->warning_count; i++) {
        add_explained(page, verdict->warnings[i]);
        page_paragraph(page, "  ", 4);
    }
}

static void add_minutes(struct page *page, double minutes)
{
    double hours = minutes / 60.0;
    if (minutes < 120.0) {
        page_add_count(page, (uint64_t)ceil(minutes));
        page_add(page, ceil(minutes) == 1.0 ? " minute" : " minutes");
    } else if (hours < 48.0) {
        page_add_count(page, (uint64_t)ceil(hours));
        page_add(page, " hours");
    } else {
        page_add_count(page, (uint64_t)ceil(hours / 24.0));
        page_add(page, " days");
    }
}

static void add_forecast(struct page *page, const struct verdict *verdict)
{
    page_add(page, " A decision probably takes ");
    page_add_count(page, verdict->forecast_samples);
    page_add(page, verdict->forecast_samples == 1 ? " canary sample more" : " canary samples more");
    if (verdict->forecast_minutes > 0.0) {
        page_add(page, ", about ");
        add_minutes(page, verdict->forecast_minutes);
        page_add(page, " at the present rate");
    }
    page_add(page, ".");
}

void section_advice(struct page *page, const struct verdict *verdict, const struct spec *spec)
{
    (void)spec;
    const struct reason *reason = reason_find(verdict->reason);
    if (!reason || reason->advice[0] == '\0') {
        return;
    }
    page_heading(page, "What to do");
    char first = reason->advice[0];
    char capital[] = {(char)(first >= 'a' && first <= 'z' ? first - 'a' + 'A' : first), '\0'};
    page_add(page, capital);
    page_add(page, reason->advice + 1);
    page_add(page, ".");
    if (verdict->has_forecast) {
        add_forecast(page, verdict);
    }
    page_paragraph(page, "  ", 2);
}
