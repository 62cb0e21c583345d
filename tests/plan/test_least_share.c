#include "plan/least_share.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

static const double guesses[] = {0.5, 0.1, 0.003};

/* 1,000 events a minute, a look every minute, events independent, chance 80 %. */
static struct share_question question_about(const struct plan_population *population,
                                            const struct judgement *judgement, double minutes)
{
    return (struct share_question){
        .population = population,
        .judgement = judgement,
        .traffic = {.events_per_minute = 1000.0, .canary_share = 0.1, .design_effect = 1.0},
        .schedule = {.delay_minutes = 1.0, .interval_minutes = 1.0},
        .minutes = minutes,
        .chance = 0.8,
        .guess = guesses[0],
    };
}

static struct plan_population *population_with(double nmi)
{
    struct plan_population_model model = {5, SHARES_ZIPF, nmi, 0.0, SERIN_GEOMETRIC};
    struct plan_population *population = NULL;
    struct serin_error err = {0};
    cr_assert(eq(int, plan_population_of_model(&model, &population, &err), SERIN_OK), "%s",
              err.detail);
    return population;
}

static bool find(const struct share_question *question, double *out)
{
    struct serin_error err = {0};
    bool found = false;
    cr_assert(eq(int, plan_least_share(question, &found, out, &err), SERIN_OK), "%s", err.detail);
    return found;
}

static bool suffices(const struct share_question *question, double share)
{
    struct traffic traffic = question->traffic;
    owned(outlook) outlook = NULL;
    owned(plan) plan = NULL;
    struct serin_error err = {0};
    traffic.canary_share = share;
    cr_assert(eq(
        int,
        outlook_create(question->population, question->judgement, &traffic, NULL, &outlook, &err),
        SERIN_OK));
    cr_assert(
        eq(int, plan_make(outlook, &question->schedule, question->minutes, &plan, &err), SERIN_OK));
    return plan_moment_of(plan, question->chance).is_reached;
}

Test(least_share, shrinks_with_patience_suffices_and_is_the_least_wherever_one_starts)
{
    struct judgement judgement = judgement_default;
    owned(plan_population) population = population_with(0.7);
    double previous = 0.5;
    for (double minutes = 10.0; minutes < 100.0; minutes *= 3.0) {
        struct share_question question = question_about(population, &judgement, minutes);
        double least = previous;
        for (size_t i = 0; i < ARRAY_LENGTH(guesses); i++) {
            double share = 0.0;
            question.guess = guesses[i];
            cr_assert(find(&question, &share));
            cr_assert(suffices(&question, share), "%g", share);
            cr_assert(not(suffices(&question, share * 0.9)), "%g", share);
            cr_assert(lt(dbl, share, previous));
            least = share;
        }
        previous = least;
    }
}

Test(least_share, is_none_where_not_even_half_of_the_traffic_suffices)
{
    struct judgement judgement = judgement_default;
    owned(plan_population) population = population_with(0.7);
    struct share_question question = question_about(population, &judgement, 1.0);
    double share = -1.0;
    for (size_t i = 0; i < ARRAY_LENGTH(guesses); i++) {
        question.guess = guesses[i];
        cr_assert(not(find(&question, &share)));
    }
}

Test(least_share, does_not_look_below_what_is_of_interest)
{
    struct judgement judgement = judgement_default;
    owned(plan_population) population = population_with(0.7);
    struct share_question question = question_about(population, &judgement, 60.0);
    double share = 0.0;
    question.guess = 0.01;
    question.least = 0.3;
    cr_assert(find(&question, &share));
    cr_assert(eq(dbl, share, 0.3));
}
