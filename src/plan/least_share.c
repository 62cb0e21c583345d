#include "plan/least_share.h"

#include <math.h>

enum { TRIALS_MAX = 40 };

static const double share_most = 0.5;
static const double share_least = 1e-4;
static const double tolerance = 1.03;

/* Looks go on beyond the time allowed, so that a share that is too small tells by how much. */
static const double overtime = 1.3;

/* Between a share too small, or the least of interest, and one that is enough. */
struct bracket {
    double too_small;
    double enough;
    bool is_tried; /* `enough`: it brings the verdict in time */
    double spent;  /* minutes at `enough`, over those allowed */
};

static enum serin_status minutes_at(const struct share_question *question, double share,
                                    double *out_minutes, struct serin_error *err)
{
    struct traffic traffic = question->traffic;
    owned(outlook) outlook = NULL;
    owned(plan) plan = NULL;
    traffic.canary_share = share;
    TRY(outlook_create(question->population, question->judgement, &traffic, question->watch,
                       &outlook, err));
    TRY(plan_make(outlook, &question->schedule, overtime * question->minutes, &plan, err));
    struct plan_moment moment = plan_moment_of(plan, question->chance);
    *out_minutes = moment.is_reached ? moment.minutes : INFINITY;
    return SERIN_OK;
}

/* Tries a share, and says which one to try next: the time goes as 1 / share, nearly. */
static enum serin_status try_share(const struct share_question *question, double share,
                                   struct bracket *bracket, double *out_next,
                                   struct serin_error *err)
{
    double minutes = 0.0;
    TRY(minutes_at(question, share, &minutes, err));
    double spent = minutes / question->minutes;
    if (spent <= 1.0 + 1e-9) {
        *bracket = (struct bracket){bracket->too_small, share, true, spent};
    } else {
        bracket->too_small = share;
    }
    double next = share * fmin(spent, overtime) * 1.005;
    double middle = sqrt(bracket->too_small * bracket->enough);
    bool is_between = next > bracket->too_small && next < bracket->enough;
    *out_next = is_between ? next : bracket->is_tried ? middle : bracket->enough;
    return SERIN_OK;
}

static bool is_narrow(const struct bracket *bracket)
{
    return bracket->enough <= bracket->too_small * tolerance ||
           (bracket->is_tried && bracket->spent * tolerance >= 1.0);
}

enum serin_status plan_least_share(const struct share_question *question, bool *out_found,
                                   double *out_share, struct serin_error *err)
{
    double least = fmax(share_least, question->least);
    struct bracket bracket = {.too_small = least, .enough = share_most};
    double share = fmin(share_most, fmax(least, question->guess));
    bool is_over = false;
    for (int i = 0; i < TRIALS_MAX && !is_over; i++) {
        double next = 0.0;
        double tried = share;
        TRY(try_share(question, tried, &bracket, &next, err));
        share = next;
        is_over = is_narrow(&bracket) && (bracket.is_tried || tried >= share_most);
    }
    *out_found = bracket.is_tried;
    *out_share = bracket.enough;
    return SERIN_OK;
}
