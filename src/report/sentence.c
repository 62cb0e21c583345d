#include "report/sentence.h"

#include "base/number.h"
#include "verdict/reasons.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

enum { DECIMALS_MAX = 6, LABEL_COLUMNS = 24 };

static bool looks_like(double value, double margin, int decimals)
{
    const char *shown = number_write_fixed(fabs(value), decimals, NUMBER_TEXT);
    return strcmp(shown, number_write_fixed(margin, decimals, NUMBER_TEXT)) == 0;
}

int sentence_decimals(double value, double margin)
{
    int decimals = margin >= 0.05 ? 3 : 4;
    while (decimals < DECIMALS_MAX && fabs(value) != margin &&
           looks_like(value, margin, decimals)) {
        decimals++;
    }
    return decimals;
}

/* A bound told beside the margin. */
static void add_bound(struct page *page, const struct verdict *verdict, double bound)
{
    page_add_fixed(page, bound, sentence_decimals(bound, verdict->margin));
}

static void add_margin(struct page *page, const char *before, double margin)
{
    page_add(page, before);
    page_add_double(page, margin);
}

static void promote_by_agreement(struct page *page, const struct verdict *verdict)
{
    page_add(page, "the canary gives the keys it shares with the stable version the same labels; "
                   "the NMI of the two is at least ");
    add_bound(page, verdict, 1.0 + verdict->delta.lower);
    add_margin(page, ", a loss below the margin of ", verdict->margin);
}

static void promote_by_shift(struct page *page, const struct verdict *verdict)
{
    page_add(page, "the canary emits its labels in the proportions of the stable version; they "
                   "differ by at most ");
    add_bound(page, verdict, verdict->delta.upper);
    add_margin(page, " bits, below the margin of ", verdict->margin);
}

static void promote(struct page *page, const struct verdict *verdict)
{
    page_add(page, "Promote: ");
    if (verdict->has_self_pairs) {
        page_add(page, "the canary agrees with the stable version as well as that agrees with "
                       "itself; the loss of NMI is at most ");
        add_bound(page, verdict, -verdict->delta.lower);
        add_margin(page, ", below the margin of ", verdict->margin);
    } else if (verdict->is_agreement) {
        promote_by_agreement(page, verdict);
    } else if (verdict->design == DESIGN_SHIFT) {
        promote_by_shift(page, verdict);
    } else if (verdict->delta.lower > 0.0) {
        page_add(page, "the canary agrees with the reference better than the stable version does; "
                       "it gains at least ");
        add_bound(page, verdict, verdict->delta.lower);
        page_add(page, " of NMI");
    } else {
        page_add(page, "the canary agrees with the reference as well as the stable version does; "
                       "the loss of NMI is at most ");
        add_bound(page, verdict, -verdict->delta.lower);
        add_margin(page, ", below the margin of ", verdict->margin);
    }
}

/* The one label that a collapsed canary emits. */
static void add_only_label(struct page *page, const struct verdict *verdict)
{
    for (size_t i = 0; i < verdict->move_count; i++) {
        if (verdict->moves[i].canary_share == 1.0) {
            page_add(page, ", \"");
            page_add_label(page, verdict->moves[i].label, LABEL_COLUMNS);
            page_add(page, "\",");
            return;
        }
    }
}

static void rollback(struct page *page, const struct verdict *verdict)
{
    page_add(page, "Rollback: ");
    if (strcmp(verdict->reason, "single_label") == 0) {
        page_add(page, "the canary emits one label");
        add_only_label(page, verdict);
        page_add(page, " whatever comes, while the stable version tells items apart");
    } else if (verdict->design == DESIGN_SHIFT) {
        page_add(page, "the canary emits its labels in other proportions than the stable version; "
                       "they differ by at least ");
        add_bound(page, verdict, verdict->delta.lower);
        add_margin(page, " bits, beyond the margin of ", verdict->margin);
    } else if (verdict->has_self_pairs) {
        page_add(page, "the canary agrees with the stable version less than that agrees with "
                       "itself; it loses at least ");
        add_bound(page, verdict, -verdict->delta.upper);
        add_margin(page, " of NMI, beyond the margin of ", verdict->margin);
    } else if (verdict->is_agreement) {
        page_add(page, "the canary labels the keys it shares with the stable version differently; "
                       "the NMI of the two is at most ");
        add_bound(page, verdict, 1.0 + verdict->delta.upper);
        add_margin(page, ", a loss beyond the margin of ", verdict->margin);
    } else {
        page_add(page, "the canary agrees with the reference less than the stable version does; it "
                       "loses at least ");
        add_bound(page, verdict, -verdict->delta.upper);
        add_margin(page, " of NMI, beyond the margin of ", verdict->margin);
    }
}

static void add_straddling(struct page *page, const struct verdict *verdict)
{
    bool is_shift = verdict->design == DESIGN_SHIFT;
    page_add(page, is_shift ? "the labels' proportions differ by between "
                            : "the change of NMI is between ");
    if (is_shift) {
        add_bound(page, verdict, verdict->delta.lower);
        page_add(page, " and ");
        add_bound(page, verdict, verdict->delta.upper);
        add_margin(page, " bits, and the margin of ", verdict->margin);
    } else {
        page_add_signed(page, verdict->delta.lower, 3);
        page_add(page, " and ");
        page_add_signed(page, verdict->delta.upper, 3);
        add_margin(page, ", and the margin of -", verdict->margin);
    }
    page_add(page, " lies in between, so the canary may be fine or not");
}

static void add_too_few(struct page *page, const struct verdict *verdict)
{
    const struct arm_result *canary = &verdict->arms[ARM_CANARY];
    const struct arm_result *stable = &verdict->arms[ARM_STABLE];
    double canary_size = (double)canary->samples / canary->design_effect;
    double stable_size = (double)stable->samples / stable->design_effect;
    const struct arm_result *smaller = canary_size <= stable_size ? canary : stable;
    page_add(page, smaller == canary ? "the canary has " : "the stable version has ");
    page_add_count(page, smaller->samples);
    page_add(page, smaller->samples == 1 ? " sample" : " samples");
    if (smaller->design_effect > 1.005) {
        page_add(page, " that count as ");
        page_add_count(page, (uint64_t)((double)smaller->samples / smaller->design_effect));
        page_add(page, " independent ones");
    }
    page_add(page, ", too few for a verdict");
}

static void inconclusive(struct page *page, const struct verdict *verdict)
{
    const struct reason *reason = reason_find(verdict->reason);
    page_add(page, "Inconclusive: ");
    if (strcmp(verdict->reason, "straddles_margin") == 0) {
        add_straddling(page, verdict);
    } else if (strcmp(verdict->reason, "too_few_samples") == 0) {
        add_too_few(page, verdict);
    } else {
        page_add(page, reason ? reason->meaning : verdict->reason);
    }
    if (verdict->incomplete_reason && strcmp(verdict->reason, "incomplete_data") == 0) {
        page_add(page, ": ");
        page_add_label(page, text_view_of(verdict->incomplete_reason), SIZE_MAX);
    }
}

void sentence_add(struct page *page, const struct verdict *verdict)
{
    switch (verdict->decision) {
    case DECISION_PROMOTE:
        promote(page, verdict);
        break;
    case DECISION_ROLLBACK:
        rollback(page, verdict);
        break;
    case DECISION_INCONCLUSIVE:
        inconclusive(page, verdict);
        break;
    }
    page_add(page, ".");
}
