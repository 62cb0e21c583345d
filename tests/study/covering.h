/*
 * Covering designs: few cells in which every two levels of any two factors meet.
 */
#ifndef SERIN_STUDY_COVERING_H
#define SERIN_STUDY_COVERING_H

#include <stddef.h>

enum { COVERING_FACTORS_MAX = 16 };

/*
 * `rows` rows of one level per factor (0 … levels[factor] − 1), row-major; always the same. Each
 * row is the best of several drawn at random: the one whose pairs of levels met least often so far.
 * No two rows are alike. The caller frees it with memory_free; NULL when memory is out.
 */
size_t *covering_design(const size_t *levels, size_t factors, size_t rows);

#endif
