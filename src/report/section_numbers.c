#include "report/section_parts.h"
#include "report/sections.h"
#include "report/sentence.h"

#include <math.h>

enum { POD_COLUMNS = 63 };

void section_add_level(struct page *page, double level, enum interval_kind interval)
{
    page_add(page, "at ");
    page_add_double(page, round(level * 1e6) / 1e4);
    page_add(page, interval == INTERVAL_SEQUENTIAL ? " %, valid however often one looks"
                                                   : " %, valid for this one look");
}

void section_range(struct page *page, const struct estimate *estimate, int decimals)
{
    if (estimate->defined) {
        page_add_fixed(page, estimate->value, decimals);
    } else {
        page_add(page, "none");
    }
    page_cell_right(page, NUMBER_COLUMNS);
    if (estimate->defined) {
        page_add_fixed(page, estimate->lower, decimals);
        page_add(page, " to ");
        page_add_fixed(page, estimate->upper, decimals);
    }
    page_cell_right(page, RANGE_COLUMNS);
}

void section_name(struct page *page, const char *name)
{
    page_add(page, "  ");
    page_add(page, name);
    page_cell_left(page, NAME_COLUMNS);
}

static void write_arm(struct page *page, const char *name, const struct arm_result *arm)
{
    section_name(page, name);
    section_range(page, &arm->nmi, 3);
    page_add_count(page, arm->samples);
    page_cell_right(page, COUNT_COLUMNS);
    page_line_end(page);
}

void section_numbers_header(struct page *page, const char *title, const char *samples)
{
    page_line_end(page);
    page_colour(page, PAGE_BOLD);
    page_add(page, title);
    page_cell_left(page, NAME_COLUMNS);
    page_add(page, "estimate");
    page_cell_right(page, NUMBER_COLUMNS);
    page_add(page, "interval");
    page_cell_right(page, RANGE_COLUMNS);
    page_add(page, samples);
    page_cell_right(page, COUNT_COLUMNS);
    page_colour(page, PAGE_PLAIN);
    page_line_end(page);
}

static void write_shift_numbers(struct page *page, const struct verdict *verdict)
{
    static const char *const names[ARM_COUNT] = {"canary", "stable"};
    section_numbers_header(page, "Shift of labels", "");
    section_name(page, "divergence, bits");
    section_range(page, &verdict->delta, 4);
    page_line_end(page);
    section_name(page, "p of no shift");
    if (verdict->shift_p_value < 0.0001) {
        page_add(page, "< 0.0001");
    } else {
        page_add_fixed(page, verdict->shift_p_value, 4);
    }
    page_cell_right(page, NUMBER_COLUMNS);
    page_line_end(page);
    for (size_t arm = 0; arm < ARM_COUNT; arm++) {
        section_name(page, names[arm]);
        page_add_count(page, verdict->arms[arm].samples);
        page_add(page, " samples");
        page_cell_right(page, NUMBER_COLUMNS + RANGE_COLUMNS);
        page_line_end(page);
    }
}

static void write_change(struct page *page, const struct verdict *verdict)
{
    section_name(page, "change");
    section_range(page, &verdict->delta, sentence_decimals(verdict->delta.lower, verdict->margin));
    page_line_end(page);
}

static void write_nmi_numbers(struct page *page, const struct verdict *verdict)
{
    bool is_paired = verdict->design == DESIGN_PAIRED;
    section_numbers_header(page, "NMI", is_paired ? "keys" : "samples");
    if (verdict->is_agreement) {
        write_arm(page, "of both arms", &verdict->arms[ARM_CANARY]);
        if (!verdict->has_self_pairs) {
            return;
        }
        write_arm(page, "stable with itself", &verdict->arms[ARM_STABLE]);
        write_change(page, verdict);
        return;
    }
    write_arm(page, "canary", &verdict->arms[ARM_CANARY]);
    write_arm(page, "stable", &verdict->arms[ARM_STABLE]);
    write_change(page, verdict);
}

/* "Bursts: 5,120 canary samples in 40 blocks of 4 pods count as 2,690 independent ones." */
static void write_dependence(struct page *page, const char *name, const struct arm_result *arm)
{
    if (arm->blocks == 0 || arm->design_effect <= 1.005) {
        return;
    }
    page_add(page, name);
    page_add(page, " samples come in ");
    page_add_count(page, arm->blocks);
    page_add(page, " blocks and count as ");
    page_add_count(page, (uint64_t)((double)arm->samples / arm->design_effect));
    page_add(page, " independent ones.");
    page_paragraph(page, "  ", 2);
}

static void add_percent(struct page *page, double share)
{
    /* Down, so that 100 % means all. */
    page_add_double(page, floor(share * 1000.0) / 10.0);
    page_add(page, " %");
}

/* "References are known of 93.1 % of the canary's labels and of 99 % of the stable version's." */
static void write_completeness(struct page *page, const struct verdict *verdict)
{
    const struct arm_result *canary = &verdict->arms[ARM_CANARY];
    const struct arm_result *stable = &verdict->arms[ARM_STABLE];
    if (!verdict_has_references(verdict) || canary->unreferenced + stable->unreferenced == 0) {
        return;
    }
    page_add(page, "References are known of ");
    add_percent(page, arm_result_referenced(canary));
    page_add(page, " of the canary's labels and of ");
    add_percent(page, arm_result_referenced(stable));
    page_add(page, " of the stable version's.");
    page_paragraph(page, "  ", 2);
}

/* "Without the stable pod "checkout-2" the change would be -0.012." */
static void write_driver(struct page *page, const struct verdict *verdict)
{
    const struct pod_driver *driver = &verdict->driver;
    if (!driver->found) {
        return;
    }
    page_add(page,
             driver->arm == ARM_CANARY ? "Without the canary pod \"" : "Without the stable pod \"");
    page_add_label(page, driver->pod, POD_COLUMNS);
    page_add(page, "\" the change would be ");
    page_add_signed(page, driver->delta_without,
                    sentence_decimals(driver->delta_without, verdict->margin));
    page_add(page, ".");
    page_paragraph(page, "  ", 2);
}

void section_numbers(struct page *page, const struct verdict *verdict, const struct spec *spec)
{
    if (verdict->design == DESIGN_SHIFT) {
        write_shift_numbers(page, verdict);
    } else {
        write_nmi_numbers(page, verdict);
    }
    page_add(page, "Intervals ");
    section_add_level(page, verdict->level, spec->judgement.interval);
    if (verdict->design != DESIGN_SHIFT) {
        page_add(page, "; NMI over the ");
        page_add(page, serin_normalizer_name(spec->judgement.normalizer));
        page_add(page, spec->judgement.normalizer < SERIN_MIN ? " mean of the entropies."
                                                              : " of the entropies.");
    } else {
        page_add(page, ".");
    }
    page_paragraph(page, "  ", 2);
    write_completeness(page, verdict);
    write_driver(page, verdict);
    write_dependence(page, "The canary's", &verdict->arms[ARM_CANARY]);
    write_dependence(page, "The stable version's", &verdict->arms[ARM_STABLE]);
}
