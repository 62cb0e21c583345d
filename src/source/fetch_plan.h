/*
 * The order in which a fetch walks a stream: series by arm and pod, cells by reference and label,
 * all by their texts, as block tables want them in the end. Tables filled in that order need not be
 * sorted.
 *
 * A plan holds as long as no series and no cell is added; the store makes it when first needed.
 */
#ifndef SERIN_SOURCE_FETCH_PLAN_H
#define SERIN_SOURCE_FETCH_PLAN_H

#include "base/memory.h"
#include "labels/dictionary.h"
#include "serin/error.h"
#include "source/cube.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* With more distinct cells than this, ordering them costs more than it saves. */
enum { FETCH_PLAN_CELLS_MAX = 4096 };

struct fetch_plan {
    uint32_t *series; /* all of them; an arm's are next to each other */
    size_t series_count;
    uint32_t *cells; /* all of them, or NULL when there are more than FETCH_PLAN_CELLS_MAX */
    size_t cell_count;
};

void fetch_plan_clear(struct fetch_plan *plan);

/* Whether the plan still fits the cube. */
bool fetch_plan_holds(const struct fetch_plan *plan, const struct cube *cube);

/*
 * Makes the plan for a stream's events: series of arm and pod, cells of tuple, reference and label.
 * Fails with SERIN_NO_MEMORY; then the plan is empty.
 */
SERIN_MUST_CHECK enum serin_status fetch_plan_make(struct fetch_plan *plan, const struct cube *cube,
                                                   const struct dictionary *pods,
                                                   const struct dictionary *references,
                                                   const struct dictionary *labels);

#endif
