/*
 * The AnalysisTemplate that asks as a plan says.
 */
#ifndef SERIN_PLAN_TEMPLATE_H
#define SERIN_PLAN_TEMPLATE_H

#include "base/buffer.h"
#include "plan/advice.h"
#include "verdict/spec.h"

struct template_options {
    const char *name;             /* of the template; NULL: "serin-inline-gate" */
    const char *stream;           /* NULL: an argument of the template */
    const struct judgement *base; /* what the service would take without being told */
};

/*
 * Appends the YAML of an AnalysisTemplate, in which every limit is settled and explained. Where the
 * judgement differs from `base`, the question says so. The gate has to be known.
 */
void template_write(const struct advice *advice, const struct template_options *options,
                    struct buffer *out);

#endif
