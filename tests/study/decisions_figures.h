/* The plots of the study of decisions. */
#ifndef SERIN_STUDY_DECISIONS_FIGURES_H
#define SERIN_STUDY_DECISIONS_FIGURES_H

#include "base/buffer.h"
#include "serin/error.h"
#include "study/tally.h"

/* How often each gate promotes a canary that lost as much as the margin, or twice that. */
enum serin_status draw_false_promotions(const struct results *results, struct buffer *out,
                                        struct serin_error *err);

/* How often each rolls back a canary that lost nothing. */
enum serin_status draw_false_rollbacks(const struct results *results, struct buffer *out,
                                       struct serin_error *err);

/* Canary events until each decides, by the true loss. */
enum serin_status draw_decision_samples(const struct results *results, struct buffer *out,
                                        struct serin_error *err);

#endif
