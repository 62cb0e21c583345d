/* New, lost and swapped names, and which labels moved. */
#include "arms_sample.h"
#include "serin/nmi.h"

#include <math.h>

static const struct label_move *move_of(const struct verdict *verdict, const char *label)
{
    for (size_t i = 0; i < verdict->move_count; i++) {
        if (text_equals(verdict->moves[i].label, label)) {
            return &verdict->moves[i];
        }
    }
    cr_assert(false, "no move of %s", label);
    return NULL;
}

Test(labels, swapped_names_leave_nmi_alone_but_not_rules_on_names)
{
    const uint64_t stable[] = {9000, 500, 500, 500, 9000, 500, 500, 500, 9000};
    const uint64_t canary[] = {25, 450, 25, 450, 25, 25, 25, 25, 450};
    struct spec spec = default_spec();
    owned(block_tables) tables = arms_of(canary, stable, 3, 3);
    struct verdict verdict = explained(&spec, tables);
    expect_verdict(verdict, DECISION_PROMOTE, "within_margin");
    cr_assert(warns(&verdict, "labels_swapped"));
    spec.judgement.label_names = LABEL_NAMES_FIXED;
    expect_verdict(judged(&spec, tables), DECISION_INCONCLUSIVE, "labels_changed");
}

Test(labels, a_renamed_label_is_new_and_the_old_one_lost)
{
    const uint64_t stable[] = {9000, 500, 0, 500, 9000, 0};
    const uint64_t canary[] = {900, 0, 50, 50, 0, 900};
    struct spec spec = default_spec();
    owned(block_tables) tables = arms_of(canary, stable, 2, 3);
    struct verdict verdict = explained(&spec, tables);
    expect_verdict(verdict, DECISION_PROMOTE, "within_margin");
    cr_assert(warns(&verdict, "labels_new"));
    cr_assert(warns(&verdict, "labels_lost"));
    cr_assert(move_of(&verdict, "l002")->is_new);
    cr_assert(move_of(&verdict, "l001")->is_lost);
    cr_assert(not(move_of(&verdict, "l000")->is_new));
    spec.judgement.label_names = LABEL_NAMES_FIXED;
    expect_verdict(judged(&spec, tables), DECISION_INCONCLUSIVE, "labels_changed");
}

Test(labels, a_rare_name_that_a_small_canary_lacks_is_not_lost)
{
    const uint64_t stable[] = {9000, 500, 10, 500, 9000, 0};
    const uint64_t canary[] = {1800, 100, 0, 100, 1800, 0};
    struct spec spec = default_spec();
    spec.judgement.label_names = LABEL_NAMES_FIXED;
    owned(block_tables) tables = arms_of(canary, stable, 2, 3);
    struct verdict verdict = explained(&spec, tables);
    expect_verdict(verdict, DECISION_PROMOTE, "within_margin");
    cr_assert(not(warns(&verdict, "labels_lost")));
    cr_assert(move_of(&verdict, "l002")->is_lost);
}

Test(labels, one_event_of_an_unknown_name_breaks_fixed_names_but_is_no_warning_by_itself)
{
    const uint64_t stable[] = {9000, 500, 0, 500, 9000, 0};
    const uint64_t canary[] = {900, 50, 1, 50, 900, 0};
    struct spec spec = default_spec();
    owned(block_tables) tables = arms_of(canary, stable, 2, 3);
    struct verdict verdict = explained(&spec, tables);
    expect_verdict(verdict, DECISION_PROMOTE, "within_margin");
    cr_assert(not(warns(&verdict, "labels_new")));
    spec.judgement.label_names = LABEL_NAMES_FIXED;
    expect_verdict(judged(&spec, tables), DECISION_INCONCLUSIVE, "labels_changed");
}

Test(labels, moves_tell_shares_and_the_reference_behind_a_label)
{
    const uint64_t stable[] = {9000, 1000, 1000, 9000};
    const uint64_t canary[] = {200, 300, 100, 400};
    struct spec spec = default_spec();
    owned(block_tables) tables = arms_of(canary, stable, 2, 2);
    struct verdict verdict = explained(&spec, tables);
    const struct label_move *second = move_of(&verdict, "l001");
    cr_assert(epsilon_eq(dbl, second->stable_share, 0.5, 1e-12));
    cr_assert(epsilon_eq(dbl, second->canary_share, 0.7, 1e-12));
    cr_assert(text_equals(second->stable_reference, "r001"));
    cr_assert(text_equals(second->canary_reference, "r001"));
    cr_assert(epsilon_eq(dbl, second->stable_precision, 0.9, 1e-12));
    cr_assert(epsilon_eq(dbl, second->canary_precision, 400.0 / 700.0, 1e-12));
}

Test(labels, in_pairs_without_reference_the_stable_labels_are_the_reference)
{
    struct spec spec = default_spec();
    spec.judgement.design = DESIGN_PAIRED;
    const uint64_t pairs[] = {2000, 30, 10, 1960}; /* canary × stable */
    struct block_tables *tables = table_begin();
    table_put_pairs(tables, &(struct table_place){.arm = ARM_CANARY}, pairs, 0, 2);
    block_tables_set_blocks_unknown(tables);
    table_end(tables, 0, 0);
    struct verdict verdict = explained(&spec, tables);
    cr_assert(verdict.is_agreement);
    const struct label_move *first = move_of(&verdict, "l000");
    cr_assert(text_equals(first->canary_reference, "l000"));
    cr_assert(epsilon_eq(dbl, first->canary_precision, 2000.0 / 2030.0, 1e-12));
    cr_assert(eq(dbl, first->stable_precision, 1.0));
    block_tables_destroy(tables);
}

Test(labels, a_sample_of_the_keys_is_told)
{
    struct spec spec = default_spec();
    owned(block_tables) tables = arms_with_errors(5000, 0.2, 50000, 0.2);
    struct judge_context context = {.now_ms = TABLE_START_MS + 5 * MINUTE_MS, .is_sampled = true};
    struct verdict verdict = judged_at(&spec, tables, &context);
    expect_verdict(verdict, DECISION_PROMOTE, "within_margin");
    cr_assert(warns(&verdict, "sampled"));
    context.is_sampled = false;
    verdict = judged_at(&spec, tables, &context);
    cr_assert(not(warns(&verdict, "sampled")));
}
