/*
 * Both arms' tables behind the labels' contributions, of all traffic or of each stratum.
 */
#ifndef SERIN_VERDICT_EFFECTS_NMI_H
#define SERIN_VERDICT_EFFECTS_NMI_H

#include "agreement/part_influence.h"
#include "labels/slice_cells.h"
#include "verdict/effects_of.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A stratum; where none carry delta, all traffic is one. */
struct stratum_parts {
    const struct evidence *evidence; /* of the stratum */
    double share;                    /* its weight in delta */
    struct cell_view events[ARM_COUNT];
    uint64_t *tables[ARM_COUNT]; /* owned; NULL where the counts have them pooled already */
    struct measured arms[ARM_COUNT];
    bool is_measured[ARM_COUNT];
    struct parts *whole[ARM_COUNT]; /* at their own sizes */
    struct part_influence *influence[ARM_COUNT];
};

struct effects_nmi {
    struct stratum_parts *strata;
    size_t count;
};

#endif
