#include "plan/planner.h"

#include "plan/least_share.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <math.h>

static struct plan_population *population_with(size_t labels, double nmi, double delta)
{
    struct plan_population_model model = {labels, SHARES_ZIPF, nmi, delta, SERIN_GEOMETRIC};
    struct plan_population *population = NULL;
    struct serin_error err = {0};
    cr_assert(eq(int, plan_population_of_model(&model, &population, &err), SERIN_OK), "%s",
              err.detail);
    return population;
}

/* 1,000 events a minute, a tenth of them to the canary, a look every minute, events independent. */
static struct share_question question_about(const struct plan_population *population,
                                            const struct judgement *judgement)
{
    return (struct share_question){
        .population = population,
        .judgement = judgement,
        .traffic = {.events_per_minute = 1000.0, .canary_share = 0.1, .design_effect = 1.0},
        .schedule = {.delay_minutes = 1.0, .interval_minutes = 1.0},
    };
}

static struct plan *planned(const struct share_question *question, double longest_minutes,
                            enum decision *out_decision)
{
    owned(outlook) outlook = NULL;
    struct plan *plan = NULL;
    struct serin_error err = {0};
    cr_assert(eq(int,
                 outlook_create(question->population, question->judgement, &question->traffic, NULL,
                                &outlook, &err),
                 SERIN_OK),
              "%s", err.detail);
    cr_assert(
        eq(int, plan_make(outlook, &question->schedule, longest_minutes, &plan, &err), SERIN_OK),
        "%s", err.detail);
    *out_decision = outlook_decision(outlook);
    return plan;
}

static struct plan_moment moment_of(const struct share_question *question, double chance)
{
    enum decision decision;
    owned(plan) plan = planned(question, question->minutes, &decision);
    return plan_moment_of(plan, chance);
}

Test(planner, a_higher_chance_takes_longer_and_all_numbers_belong_together)
{
    struct judgement judgement = judgement_default;
    owned(plan_population) population = population_with(5, 0.7, 0.0);
    struct share_question question = question_about(population, &judgement);
    struct plan_moment half = moment_of(&question, 0.5);
    struct plan_moment likely = moment_of(&question, 0.9);
    cr_assert(half.is_reached && likely.is_reached);
    cr_assert(gt(u64, likely.canary_samples, half.canary_samples));
    cr_assert(epsilon_eq(dbl, half.minutes * 100.0, (double)half.canary_samples, 1e-6));
    cr_assert(eq(u64, half.stable_samples, 9 * half.canary_samples));
    cr_assert(eq(dbl, (double)half.looks, half.minutes));
    cr_assert(epsilon_eq(dbl, half.effective, 0.9 * (double)half.canary_samples, 1e-6));
}

Test(planner, the_right_verdict_follows_the_loss)
{
    static const struct {
        double delta;
        enum decision decision;
    } cases[] = {
        {0.0,   DECISION_PROMOTE },
        {-0.05, DECISION_PROMOTE },
        {-0.2,  DECISION_ROLLBACK}
    };
    struct judgement judgement = judgement_default;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        owned(plan_population) population = population_with(5, 0.7, cases[i].delta);
        struct share_question question = question_about(population, &judgement);
        enum decision decision;
        owned(plan) plan = planned(&question, 0.0, &decision);
        cr_assert(eq(int, decision, cases[i].decision));
        cr_assert(plan_moment_of(plan, 0.8).is_reached);
    }
}

Test(planner, a_loss_of_the_margin_itself_has_no_right_verdict)
{
    struct judgement judgement = judgement_default;
    owned(plan_population) population = population_with(5, 0.7, -0.1);
    struct share_question question = question_about(population, &judgement);
    struct outlook *outlook = NULL;
    struct serin_error err = {0};
    cr_assert(eq(int,
                 outlook_create(population, &judgement, &question.traffic, NULL, &outlook, &err),
                 SERIN_INVALID));
    cr_assert(eq(str, err.field, "delta"));
    cr_assert(eq(ptr, outlook, NULL));
}

Test(planner, smaller_margins_dependence_and_the_sequential_interval_take_longer)
{
    struct judgement judgement = judgement_default;
    owned(plan_population) population = population_with(5, 0.7, 0.0);
    struct share_question question = question_about(population, &judgement);
    uint64_t usual = moment_of(&question, 0.8).canary_samples;
    question.traffic.design_effect = 3.0;
    uint64_t dependent = moment_of(&question, 0.8).canary_samples;
    cr_assert(dependent > usual * 5 / 2 && dependent < usual * 7 / 2);
    question.traffic.design_effect = 1.0;
    judgement.margin = 0.05;
    uint64_t strict = moment_of(&question, 0.8).canary_samples;
    cr_assert(strict > usual * 3 && strict < usual * 5);
    judgement.interval = INTERVAL_FIXED;
    cr_assert(lt(u64, moment_of(&question, 0.8).canary_samples, strict));
}

Test(planner, guards_count_too_and_are_named)
{
    struct judgement judgement = judgement_default;
    owned(plan_population) population = population_with(20, 0.5, 0.0);
    struct share_question question = question_about(population, &judgement);
    enum decision decision;
    owned(plan) plan = planned(&question, 0.0, &decision);
    struct plan_hold hold = plan_hold_of(plan);
    cr_assert(ne(ptr, (char *)hold.guard, NULL));
    cr_assert(gt(u64, hold.until, judgement.min_samples));
    cr_assert(not(hold.is_lasting));
    judgement.min_samples = 5000;
    cr_assert(ge(u64, moment_of(&question, 0.5).canary_samples, 5000));
}

Test(planner, without_traffic_there_are_samples_but_no_minutes)
{
    struct judgement judgement = judgement_default;
    owned(plan_population) population = population_with(5, 0.7, 0.0);
    struct share_question question = question_about(population, &judgement);
    uint64_t timed = moment_of(&question, 0.8).canary_samples;
    question.traffic.events_per_minute = 0.0;
    struct plan_moment moment = moment_of(&question, 0.8);
    cr_assert(moment.is_reached);
    cr_assert(eq(dbl, moment.minutes, 0.0));
    cr_assert(eq(u64, moment.looks, 0));
    cr_assert(lt(dbl, fabs((double)moment.canary_samples / (double)timed - 1.0), 0.15));
}

Test(planner, what_takes_too_long_is_not_reached)
{
    struct judgement judgement = judgement_default;
    owned(plan_population) population = population_with(5, 0.7, 0.0);
    struct share_question question = question_about(population, &judgement);
    question.minutes = 6.0;
    cr_assert(not(moment_of(&question, 0.8).is_reached));
}

/* What merged labels may hide holds a promote for good. */
Test(planner, a_guard_that_never_ends_is_told_from_one_that_waits)
{
    struct judgement judgement = judgement_default;
    judgement.label_cap = 20;
    owned(plan_population) population = population_with(60, 0.7, 0.0);
    struct share_question question = question_about(population, &judgement);
    enum decision decision;
    owned(plan) plan = planned(&question, 0.0, &decision);
    struct plan_hold hold = plan_hold_of(plan);
    cr_assert(eq(str, (char *)hold.guard, "labels_capped"));
    cr_assert(hold.is_lasting);
    cr_assert(lt(u64, hold.until, 1000000));
    cr_assert(not(plan_moment_of(plan, 0.9).is_reached));
}

static void count_up(void *watcher)
{
    ++*(size_t *)watcher;
}

Test(planner, whoever_watches_is_told_of_each_rehearsal)
{
    size_t told = 0;
    struct rehearsal_watch watch = {count_up, &told};
    struct judgement judgement = judgement_default;
    struct rehearsal_size size = {
        .events = {2000, 2000}
    };
    struct rehearsal rehearsal;
    struct serin_error err = {0};
    owned(plan_population) population = population_with(5, 0.7, 0.0);
    cr_assert(
        eq(int, rehearse(population, &judgement, &size, 50, &watch, &rehearsal, &err), SERIN_OK));
    cr_assert(eq(sz, told, 50));
    cr_assert(eq(sz, rehearsal.draws, 50));
}

Test(planner, a_size_at_which_guards_answer_everything_is_not_rehearsed_further)
{
    struct judgement judgement = judgement_default;
    struct rehearsal_size size = {
        .events = {100, 100}
    };
    struct rehearsal rehearsal;
    struct serin_error err = {0};
    owned(plan_population) population = population_with(5, 0.7, 0.0);
    cr_assert(
        eq(int, rehearse(population, &judgement, &size, 500, NULL, &rehearsal, &err), SERIN_OK));
    cr_assert(eq(sz, rehearsal.silent, rehearsal.draws));
    cr_assert(lt(sz, rehearsal.draws, 100));
    cr_assert(eq(str, (char *)rehearsal.silent_reason, "too_few_samples"));
}

Test(planner, blocks_widen_what_independent_events_would_do)
{
    struct judgement judgement = judgement_default;
    owned(plan_population) population = population_with(5, 0.7, 0.0);
    struct share_question question = question_about(population, &judgement);
    struct plan_moment independent = moment_of(&question, 0.8);
    question.traffic.pods[ARM_CANARY] = 1;
    question.traffic.pods[ARM_STABLE] = 9;
    question.traffic.block_ms = 60000;
    struct plan_moment blocked = moment_of(&question, 0.8);
    cr_assert(gt(dbl, blocked.minutes, independent.minutes));
    cr_assert(lt(dbl, blocked.minutes, 2.0 * independent.minutes));
}
