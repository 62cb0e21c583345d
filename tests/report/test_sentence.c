#include "report/sentence.h"

#include "verdict/reasons.h"
#include "verdict_sample.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>

/* The sentence of a verdict on one line. */
static const char *told(const struct verdict *verdict, struct buffer *buffer)
{
    struct page page;
    const struct report_style style = {.columns = 80};
    cr_assert(eq(int, page_begin(&page, buffer, &style), SERIN_OK));
    sentence_add(&page, verdict);
    buffer_append_view(buffer, buffer_view(page.draft));
    cr_assert(eq(int, page_end(&page), SERIN_OK));
    return buffer_text(buffer);
}

Test(sentence, a_bound_never_looks_like_the_margin_it_is_told_beside)
{
    cr_assert(eq(int, sentence_decimals(0.031, 0.1), 3));
    cr_assert(eq(int, sentence_decimals(-0.0999, 0.1), 4));
    cr_assert(eq(int, sentence_decimals(0.09999, 0.1), 5));
    cr_assert(eq(int, sentence_decimals(0.1, 0.1), 3));
    cr_assert(eq(int, sentence_decimals(0.0999999999, 0.1), 6));
    cr_assert(eq(int, sentence_decimals(0.0123, 0.02), 4));
    struct verdict verdict = good_canary();
    verdict.delta.lower = -0.0998;
    owned(buffer) buffer = buffer_create(1000);
    cr_assert(
        ne(ptr, strstr(told(&verdict, buffer), "at most 0.0998, below the margin of 0.1"), NULL));
}

Test(sentence, every_reason_gives_one_sentence_for_every_design)
{
    for (size_t i = 0; i < reason_count; i++) {
        for (int design = DESIGN_REFERENCE; design <= DESIGN_SHIFT; design++) {
            struct verdict verdict = good_canary();
            verdict.decision = DECISION_INCONCLUSIVE;
            verdict.reason = reasons[i].name;
            verdict.design = (enum design)design;
            owned(buffer) buffer = buffer_create(1000);
            const char *text = told(&verdict, buffer);
            cr_assert(eq(int, strncmp(text, "Inconclusive: ", 14), 0), "%s", text);
            cr_assert(eq(str, (char *)text + strlen(text) - 1, "."), "%s", text);
            cr_assert(eq(ptr, strstr(text, ". "), NULL), "%s", text);
        }
    }
}

Test(sentence, one_sample_is_no_plural)
{
    struct verdict verdict = starved_canary();
    verdict.arms[ARM_CANARY].samples = 1;
    verdict.arms[ARM_CANARY].design_effect = 1.0;
    owned(buffer) buffer = buffer_create(1000);
    cr_assert(eq(str, (char *)told(&verdict, buffer),
                 "Inconclusive: the canary has 1 sample, too few for a verdict."));
    buffer_clear(buffer);
    verdict.arms[ARM_STABLE].samples = 0;
    cr_assert(eq(str, (char *)told(&verdict, buffer),
                 "Inconclusive: the stable version has 0 samples, too few for a verdict."));
}
