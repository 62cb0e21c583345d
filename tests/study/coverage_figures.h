/* The plots of the coverage study. */
#ifndef SERIN_STUDY_COVERAGE_FIGURES_H
#define SERIN_STUDY_COVERAGE_FIGURES_H

#include "base/buffer.h"
#include "serin/error.h"
#include "study/tally.h"

/* How often the interval lies wholly above a true loss of the margin, by labels, NMI and size. */
enum serin_status draw_lower_miss(const struct results *results, struct buffer *out,
                                  struct serin_error *err);

/* How wide it is there. */
enum serin_status draw_width(const struct results *results, struct buffer *out,
                             struct serin_error *err);

#endif
