#include "verdict/columns.h"

struct column column_describe(const struct counts *counts, enum design design, enum arm arm,
                              size_t column)
{
    if (design == DESIGN_SHIFT) {
        return (struct column){.total = counts->arms[arm].totals[column]};
    }
    struct column out = {0};
    for (size_t row = 0; row < counts->rows; row++) {
        uint64_t count = counts->arms[arm].table[row * counts->columns + column];
        out.total += count;
        if (count > out.top_count) {
            out.top_count = count;
            out.top_row = row;
        }
    }
    return out;
}

uint64_t columns_total(const struct counts *counts, enum design design, enum arm arm)
{
    const struct arm_counts *of = &counts->arms[arm];
    return design == DESIGN_SHIFT ? of->events : of->events - of->unreferenced;
}
