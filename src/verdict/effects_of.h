/*
 * How the designs split delta among the labels.
 */
#ifndef SERIN_VERDICT_EFFECTS_OF_H
#define SERIN_VERDICT_EFFECTS_OF_H

#include "verdict/effects.h"

struct effects_nmi; /* both arms' parts; verdict/effects_nmi.h */

struct effects {
    const struct counts *counts;
    const struct evidence *evidence;
    const struct strata *strata; /* NULL: delta is that of all traffic at once */
    bool defined;
    double *values;
    double *doubts;          /* of the bias correction, by column */
    struct effects_nmi *nmi; /* NULL in `shift` */
};

SERIN_MUST_CHECK enum serin_status effects_nmi_fill(struct effects *effects,
                                                    struct serin_error *err);
SERIN_MUST_CHECK enum serin_status effects_nmi_variances(const struct effects *effects,
                                                         const size_t *columns, size_t count,
                                                         double *out, struct serin_error *err);
void effects_nmi_destroy(struct effects_nmi *nmi); /* NULL is fine */

void effects_shift_fill(struct effects *effects);
void effects_shift_variances(const struct effects *effects, const size_t *columns, size_t count,
                             double *out);

#endif
