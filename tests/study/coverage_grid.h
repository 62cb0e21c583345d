/*
 * The grid of the coverage study.
 *
 * Every combination of every level would be millions of cells. So there are two designs: `core`,
 * all combinations of what matters most (labels, marginal, NMI, sizes, delta) for errors spread
 * evenly; and `covering`, in which every two levels of any two factors meet at least once.
 */
#ifndef SERIN_STUDY_COVERAGE_GRID_H
#define SERIN_STUDY_COVERAGE_GRID_H

#include "study/study.h"

void coverage_grid_plan(enum profile profile, struct cell_list *cells);

#endif
