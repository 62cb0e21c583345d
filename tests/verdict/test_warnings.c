#include "verdict/warnings.h"

#include "evidence_sample.h"
#include "verdict/guards.h"
#include "verdict/reasons.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>

static bool has(const char *const *names, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(names[i], name) == 0) {
            return true;
        }
    }
    return false;
}

Test(warnings, sound_data_give_none)
{
    struct judgement judgement = judgement_default;
    struct evidence evidence = sound_evidence(&judgement);
    const char *names[WARNINGS_MAX];
    cr_assert(eq(sz, warnings_collect(&evidence, "within_margin", names), 0));
}

Test(warnings, guards_that_did_not_name_the_reason_come_first)
{
    struct judgement judgement = judgement_default;
    struct evidence evidence = sound_evidence(&judgement);
    const char *names[WARNINGS_MAX];
    evidence.slices.beyond = 1;
    evidence.in_warm_up = true;
    evidence.blocks_known = false;
    size_t count = warnings_collect(&evidence, "slice_veto", names);
    cr_assert(eq(sz, count, 2));
    cr_assert(eq(str, (char *)names[0], "warm_up"));
    cr_assert(eq(str, (char *)names[1], "blocks_unknown"));
}

Test(warnings, each_condition_has_its_name)
{
    struct judgement judgement = judgement_default;
    struct evidence evidence = sound_evidence(&judgement);
    const char *names[WARNINGS_MAX];
    evidence.arms[ARM_STABLE].result.blocks = 9;
    evidence.arms[ARM_CANARY].has_uncovered_pods = true;
    evidence.arms[ARM_CANARY].result.unreferenced = 300;
    evidence.reference_mix_differs = true;
    evidence.labels = (struct label_changes){1, 1, 1, 1};
    evidence.arms[ARM_CANARY].merged = 10;
    size_t count = warnings_collect(&evidence, "within_margin", names);
    static const char *const expected[] = {
        "few_blocks_warning", "uncovered_pods", "unreferenced_events", "reference_mix_differs",
        "labels_new",         "labels_lost",    "labels_swapped",      "labels_capped",
    };
    cr_assert(eq(sz, count, WARNINGS_MAX));
    for (size_t i = 0; i < count; i++) {
        cr_assert(eq(str, (char *)names[i], (char *)expected[i]));
    }
}

Test(warnings, five_to_nine_blocks_are_few)
{
    struct judgement judgement = judgement_default;
    const char *names[WARNINGS_MAX];
    for (size_t blocks = 4; blocks <= 10; blocks++) {
        struct evidence evidence = sound_evidence(&judgement);
        evidence.arms[ARM_CANARY].result.blocks = blocks;
        size_t count = warnings_collect(&evidence, "few_blocks", names);
        cr_assert(eq(int, has(names, count, "few_blocks_warning"), blocks >= 5 && blocks <= 9));
    }
}

Test(warnings, windows_slices_and_label_counts_are_told)
{
    struct judgement judgement = judgement_default;
    struct evidence evidence = sound_evidence(&judgement);
    const char *names[WARNINGS_MAX];
    evidence.columns = 71; /* 71² = 5041 > 5000 canary samples, yet 10 · 71 are enough of them */
    evidence.slices =
        (struct slice_findings){.undecided = 1, .small = 1, .left_out = 3, .not_judged = true};
    evidence.window_slides = true;
    size_t count = warnings_collect(&evidence, "within_margin", names);
    cr_assert(eq(sz, count, 6));
    cr_assert(has(names, count, "window_slides"));
    cr_assert(has(names, count, "label_count_extreme"));
    cr_assert(has(names, count, "slices_small"));
    cr_assert(has(names, count, "slices_undecided"));
    cr_assert(has(names, count, "slices_left_out"));
    cr_assert(has(names, count, "slices_not_judged"));
}

Test(warnings, names_are_explained_never_repeated_and_never_the_reason)
{
    uint64_t state = 7;
    for (size_t i = 0; i < 5000; i++) {
        struct judgement judgement;
        struct evidence evidence = random_evidence(&state, &judgement);
        struct outcome outcome = outcome_decide(&evidence);
        const char *names[WARNINGS_MAX];
        size_t count = warnings_collect(&evidence, outcome.reason, names);
        cr_assert(le(sz, count, WARNINGS_MAX));
        for (size_t w = 0; w < count; w++) {
            cr_assert(ne(ptr, (void *)reason_find(names[w]), NULL), "%s", names[w]);
            cr_assert(not(has(names, w, names[w])), "%s twice", names[w]);
            cr_assert(not(has(names, count, outcome.reason)), "%s", outcome.reason);
        }
    }
}
