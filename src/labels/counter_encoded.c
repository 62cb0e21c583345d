#include "labels/counter.h"

#include <string.h>

/*
 * Real labels are skewed: most events fall into few cells, and adding to the cell that was just
 * added to waits for that store. Small tables are therefore kept LANES times, filled in turn and
 * added up in the end. Counts are 32 bits wide, so that twice as many cells fit into the cache.
 */
enum { LANES = 4, LANE_CELLS_MAX = 128 * 128, LANE_GAP = 16 };

struct lanes {
    uint32_t *counts;
    size_t count;
    size_t stride; /* from one lane to the next; 0 when there is only one */
};

/* Adds one pair to a lane; false when an id is out of range. */
static inline bool count_one(const struct lanes *lanes, const struct serin_table *shape,
                             size_t lane, size_t row, size_t column)
{
    if (row >= shape->rows || column >= shape->columns) {
        return false;
    }
    lanes->counts[lane * lanes->stride + row * shape->columns + column]++;
    return true;
}

/*
 * Counts all pairs, lane by lane. A negative id is out of range, too, being converted to `natural`.
 * The length of the inner loop is constant, so that it is unrolled.
 */
#define DEFINE_FILL(type, natural)                                                                 \
    static bool fill_##type(const type *references, const type *labels, size_t pairs,              \
                            const struct serin_table *shape, const struct lanes *lanes)            \
    {                                                                                              \
        size_t i = 0;                                                                              \
        for (; i + LANES <= pairs; i += LANES) {                                                   \
            for (size_t lane = 0; lane < LANES; lane++) {                                          \
                size_t row = (natural)references[i + lane];                                        \
                if (!count_one(lanes, shape, lane, row, (natural)labels[i + lane])) {              \
                    return false;                                                                  \
                }                                                                                  \
            }                                                                                      \
        }                                                                                          \
        for (; i < pairs; i++) {                                                                   \
            if (!count_one(lanes, shape, 0, (natural)references[i], (natural)labels[i])) {         \
                return false;                                                                      \
            }                                                                                      \
        }                                                                                          \
        return true;                                                                               \
    }

DEFINE_FILL(uint8_t, uint8_t)
DEFINE_FILL(uint16_t, uint16_t)
DEFINE_FILL(int64_t, uint64_t)

static enum serin_status lanes_create(const struct serin_table *shape, size_t pairs,
                                      struct lanes *out)
{
    if (pairs > UINT32_MAX) {
        return SERIN_TOO_LARGE;
    }
    size_t cells = shape->rows * shape->columns;
    bool is_small = cells <= LANE_CELLS_MAX;
    out->count = is_small ? LANES : 1;
    out->stride = is_small ? cells + LANE_GAP : 0;
    out->counts = memory_allocate(is_small ? LANES * out->stride : cells, sizeof(*out->counts));
    return out->counts ? SERIN_OK : SERIN_NO_MEMORY;
}

static uint64_t total_of(const struct serin_table *shape)
{
    uint64_t total = 0;
    for (size_t cell = 0; cell < shape->rows * shape->columns; cell++) {
        total += shape->counts[cell];
    }
    return total;
}

static enum serin_status lanes_add(const struct lanes *lanes, const struct serin_table *shape,
                                   struct contingency *table)
{
    size_t cell = 0;
    for (size_t row = 0; row < shape->rows; row++) {
        for (size_t column = 0; column < shape->columns; column++, cell++) {
            uint64_t count = 0;
            for (size_t lane = 0; lane < lanes->count; lane++) {
                count += lanes->counts[lane * lanes->stride + cell];
            }
            if (count > 0) {
                TRY(contingency_add(table, row, column, count));
            }
        }
    }
    return SERIN_OK;
}

#define DEFINE_COUNT_PAIRS(name, type)                                                             \
    enum serin_status count_pairs_##name(struct contingency *table, const type *references,        \
                                         const type *labels, size_t pairs)                         \
    {                                                                                              \
        struct serin_table shape = contingency_view(table);                                        \
        struct lanes lanes = {0};                                                                  \
        if (pairs > SERIN_TOTAL_MAX - total_of(&shape)) {                                          \
            return SERIN_RANGE;                                                                    \
        }                                                                                          \
        TRY(lanes_create(&shape, pairs, &lanes));                                                  \
        bool in_range = fill_##type(references, labels, pairs, &shape, &lanes);                    \
        enum serin_status status = in_range ? lanes_add(&lanes, &shape, table) : SERIN_INVALID;    \
        memory_free(lanes.counts);                                                                 \
        return status;                                                                             \
    }

DEFINE_COUNT_PAIRS(uint8, uint8_t)
DEFINE_COUNT_PAIRS(uint16, uint16_t)
DEFINE_COUNT_PAIRS(int64, int64_t)
