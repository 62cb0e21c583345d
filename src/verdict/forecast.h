/*
 * What an inconclusive answer still needs: further canary samples and minutes.
 */
#ifndef SERIN_VERDICT_FORECAST_H
#define SERIN_VERDICT_FORECAST_H

#include "verdict/evidence.h"
#include "verdict/guards.h"

#include <stdbool.h>
#include <stdint.h>

/* Beyond this many further samples a forecast is no help, and none is given. */
#define FORECAST_SAMPLES_MAX UINT64_C(1000000000)

struct forecast {
    uint64_t samples; /* further canary samples, at least 1 */
    double minutes;   /* at the canary's present rate; 0 when that is unknown */
};

/*
 * Forecasts when a decision is likely (4 times in 5), given how far the estimate may still move;
 * the split of the traffic and the design effects are taken to stay. False when samples do not
 * help, or nobody can tell: no data, unsound data, few blocks, no estimate, or an estimate so near
 * the margin that it would take more than FORECAST_SAMPLES_MAX.
 */
bool forecast_make(const struct evidence *evidence, const struct outcome *outcome,
                   struct forecast *out);

#endif
