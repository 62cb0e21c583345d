#include "plan/report.h"

#include "base/number.h"
#include "verdict/reasons.h"

#include <math.h>

enum {
    CASE_COLUMNS = 42,
    CHANCE_COLUMNS = 8,
    SAMPLES_COLUMNS = 16,
    LOOKS_COLUMNS = 8,
    TIME_COLUMNS = 10
};

static bool is_timed(const struct advice *advice)
{
    return advice->traffic.events_per_minute > 0.0;
}

static void add_minutes(struct page *page, double minutes)
{
    int64_t seconds = (int64_t)ceil(minutes * 60.0 - 1e-6);
    int64_t shown = seconds >= 600 ? (seconds + 59) / 60 * 60 : seconds;
    page_add(page, number_write_duration(shown * 1000, NUMBER_TEXT));
}

static void add_whole_percent(struct page *page, double share)
{
    page_add_fixed(page, share * 100.0, 0);
    page_add(page, " %");
}

static void write_question(struct page *page, const struct advice *advice)
{
    page_add(page, "A gate on ");
    page_add_count(page, advice->labels);
    page_add(page, " labels that agree with their reference at an NMI of ");
    page_add_fixed(page, advice->nmi, 3);
    page_add(page, ", with a margin of ");
    page_add_double(page, judgement_margin(&advice->judgement));
    page_add(page, " and a ");
    page_add(page, interval_kind_name(advice->judgement.interval));
    page_add(page, " interval at ");
    page_add_double(page, advice->judgement.level * 100.0);
    page_add(page, " %.");
    page_paragraph(page, "", 0);
}

/* To a tenth, and to three digits where it is small. */
static void add_rate(struct page *page, double rate)
{
    double decimals = fmin(15.0, fmax(1.0, 2.0 - floor(log10(rate))));
    double unit = pow(10.0, decimals);
    double rounded = round(rate * unit) / unit;
    page_add_double(page, rounded > 0.0 ? rounded : rate);
}

static void write_traffic(struct page *page, const struct advice *advice)
{
    const struct traffic *traffic = &advice->traffic;
    page_add(page, "The canary gets ");
    page_add_percent(page, traffic->canary_share);
    if (is_timed(advice)) {
        page_add(page, " of ");
        add_rate(page, traffic->events_per_minute);
        page_add(page, " events a minute");
    } else {
        page_add(page, " of the events");
    }
    if (traffic->design_effect > 1.005) {
        page_add(page, "; events depend on each other, so that ");
        page_add_fixed(page, traffic->design_effect, 1);
        page_add(page, " of them tell what one independent event would");
    }
    page_add(page, ".");
    page_paragraph(page, "", 0);
}

static void write_columns(struct page *page, const struct advice *advice)
{
    page_heading(page, "When the verdict comes");
    page_spaces(page, CASE_COLUMNS);
    page_add(page, "chance");
    page_cell_right(page, CHANCE_COLUMNS);
    page_add(page, "canary samples");
    page_cell_right(page, SAMPLES_COLUMNS);
    if (is_timed(advice)) {
        page_add(page, "looks");
        page_cell_right(page, LOOKS_COLUMNS);
        page_add(page, "time");
        page_cell_right(page, TIME_COLUMNS);
    }
    page_line_end(page);
}

static void write_moment(struct page *page, const struct advice *advice,
                         const struct plan_hold *hold, const struct plan_moment *moment)
{
    add_whole_percent(page, moment->chance);
    page_cell_right(page, CHANCE_COLUMNS);
    if (!moment->is_reached) {
        page_spaces(page, 2);
        page_text(page, is_timed(advice) && !hold->is_lasting ? "not within a year" : "never");
        page_line_end(page);
        return;
    }
    page_add_count(page, moment->canary_samples);
    page_cell_right(page, SAMPLES_COLUMNS);
    if (is_timed(advice)) {
        page_add_count(page, moment->looks);
        page_cell_right(page, LOOKS_COLUMNS);
        add_minutes(page, moment->minutes);
        page_cell_right(page, TIME_COLUMNS);
    }
    page_line_end(page);
}

static void write_case(struct page *page, const struct advice *advice,
                       const struct advice_case *each)
{
    page_add(page, "  ");
    if (each->delta < 0.0) {
        page_add(page, "a loss of ");
        page_add_fixed(page, -each->delta, 3);
    } else {
        page_add(page, "nothing changed");
    }
    page_add(page, ": ");
    page_add(page, decision_name(each->decision));
    page_cell_left(page, CASE_COLUMNS);
    write_moment(page, advice, &each->hold, &each->half);
    page_spaces(page, CASE_COLUMNS);
    write_moment(page, advice, &each->hold, &each->likely);
}

/* A guard of which no end was seen answers for its own reason, not for want of samples. */
static void add_lasting(struct page *page, const struct advice_case *of)
{
    const struct reason *reason = reason_find(of->hold.guard);
    page_add(page, "The guard ");
    page_add(page, of->hold.guard);
    page_add(page, " may answer instead of the ");
    page_add(page, decision_name(of->decision));
    page_add(page, " at any sample size");
    page_add(page, reason ? ": " : "");
    page_add(page, reason ? reason->meaning : "");
    page_add(page, ".");
}

static void add_passing(struct page *page, const struct advice_case *of)
{
    page_add(page, "Before the ");
    page_add(page, decision_name(of->decision));
    page_add(page, ", the guard ");
    page_add(page, of->hold.guard);
    page_add(page, " may answer up to about ");
    page_add_count(page, of->hold.until);
    page_add(page, " canary samples.");
}

static void add_holdup(struct page *page, const struct advice_case *of)
{
    if (of->hold.is_lasting) {
        add_lasting(page, of);
    } else {
        add_passing(page, of);
    }
}

static void write_holdups(struct page *page, const struct advice *advice)
{
    for (size_t i = 0; i < advice->case_count; i++) {
        const struct advice_case *each = &advice->cases[i];
        if (each->hold.guard) {
            add_holdup(page, each);
            page_paragraph(page, "", 0);
        }
    }
}

static const char *why_no_gate(const struct advice *advice)
{
    if (advice_lasting_guard(advice)) {
        return "No schedule helps as long as that guard answers; docs/reasons.md tells what ends "
               "it.";
    }
    return is_timed(advice) ? "No schedule reaches this chance within a year: a larger share for "
                              "the canary, a wider margin or more traffic would."
                            : "Tell the traffic (--traffic, events a minute) for minutes, looks "
                              "and a template.";
}

static void write_gate(struct page *page, const struct advice *advice)
{
    const struct advice_gate *gate = &advice->gate;
    page_heading(page, "How Argo should look");
    if (!gate->is_known) {
        page_add(page, why_no_gate(advice));
        page_paragraph(page, "", 0);
        return;
    }
    page_add(page, "initialDelay ");
    page_add(page, number_write_duration(gate->delay_ms, NUMBER_TEXT));
    if (gate->looks > 1) {
        page_add(page, ", interval ");
        page_add(page, number_write_duration(gate->every_ms, NUMBER_TEXT));
    }
    page_add(page, ", count ");
    page_add_count(page, gate->looks);
    page_add(page, "; --template prints the AnalysisTemplate.");
    page_paragraph(page, "", 0);
}

static void write_plan(struct page *page, const struct advice *advice)
{
    if (advice->has_plan) {
        page_add(page, "plan: ");
        page_add_double(page, (double)advice->plan);
        page_add(page, " in the stream's analysis (now ");
        page_add_double(page, (double)advice->judgement.plan);
        page_add(page, ") would save ");
        add_whole_percent(page, advice->plan_gain);
        page_add(page, " of the samples.");
        page_paragraph(page, "", 0);
    }
}

static void write_share(struct page *page, const struct advice *advice)
{
    if (!advice->has_share) {
        return;
    }
    page_add(page, advice->share_found ? "Within " : "No share up to one half brings it within ");
    add_minutes(page, advice->within_minutes);
    if (advice->share_found) {
        page_add(page, ": a canary share of at least ");
        page_add_percent(page, ceil(advice->least_share * 1000.0) / 1000.0);
    }
    page_add(page, ".");
    page_paragraph(page, "", 0);
}

enum serin_status plan_report_text(const struct advice *advice, const struct report_style *style,
                                   struct buffer *out)
{
    struct page page;
    TRY(page_begin(&page, out, style));
    write_question(&page, advice);
    write_traffic(&page, advice);
    write_columns(&page, advice);
    for (size_t i = 0; i < advice->case_count; i++) {
        write_case(&page, advice, &advice->cases[i]);
    }
    write_holdups(&page, advice);
    write_gate(&page, advice);
    write_plan(&page, advice);
    write_share(&page, advice);
    return page_end(&page);
}
