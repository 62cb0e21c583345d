#include "study/coverage_grid.h"

#include "study/covering.h"
#include "study/population.h"

#include <stdio.h>

enum { REPETITIONS = 2000, REPETITIONS_LARGE = 400, LARGE = 50, CHUNKS = 8, COVERING_CELLS = 600 };

struct point {
    const char *design;
    size_t references;
    size_t labels;
    const char *marginal;
    const char *fault;
    const char *normalizer;
    double nmi;
    double delta; /* in margins */
    double margin;
    double canary;
    double ratio;
};

static size_t repetitions_of(const struct point *point)
{
    return point->references >= LARGE || point->labels >= LARGE ? REPETITIONS_LARGE : REPETITIONS;
}

static void add_point(struct cell_list *cells, const struct point *point, size_t repetitions)
{
    struct cell *cell = cell_list_add(cells, repetitions, (repetitions + CHUNKS - 1) / CHUNKS);
    if (repetitions == REPETITIONS_LARGE) {
        cell->confirmation = REPETITIONS;
    }
    cell_set_text(cell, "design", point->design);
    cell_set_number(cell, "references", (double)point->references);
    cell_set_number(cell, "labels", (double)point->labels);
    cell_set_text(cell, "marginal", point->marginal);
    cell_set_text(cell, "fault", point->fault);
    cell_set_text(cell, "normalizer", point->normalizer);
    cell_set_number(cell, "nmi", point->nmi);
    cell_set_number(cell, "delta", point->delta * point->margin);
    cell_set_number(cell, "margin", point->margin);
    cell_set_number(cell, "canary", point->canary);
    cell_set_number(cell, "ratio", point->ratio);
}

/* ---- core ------------------------------------------------------------------------------------ */

struct levels {
    const double *values;
    size_t count;
};
#define LEVELS(...)                                                                                \
    {(const double[]){__VA_ARGS__}, sizeof((const double[]){__VA_ARGS__}) / sizeof(double)}

/* All combinations of these, for either marginal. */
struct block_of_cells {
    struct levels labels;
    struct levels nmi;
    struct levels canary;
    struct levels ratio;
    struct levels delta;
};

static const struct block_of_cells full_blocks[] = {
    {LEVELS(2, 3, 5, 10, 20), LEVELS(0.3, 0.5, 0.7, 0.9, 1), LEVELS(100, 300, 1000, 3000, 10000),
     LEVELS(1, 19), LEVELS(0, -0.5, -1, -2)},
    {LEVELS(50), LEVELS(0.3, 0.5, 0.7, 0.9, 1), LEVELS(1000, 3000, 10000, 100000), LEVELS(1, 19),
     LEVELS(0, -1)},
    {LEVELS(200), LEVELS(0.3, 0.7, 0.95), LEVELS(3000, 10000, 100000), LEVELS(1, 19),
     LEVELS(0, -1)},
};
static const struct block_of_cells ci_blocks[] = {
    {LEVELS(2, 5, 10), LEVELS(0.3, 0.7, 0.95), LEVELS(300, 3000), LEVELS(1, 19), LEVELS(0, -1)},
    {LEVELS(20), LEVELS(0.7), LEVELS(1000, 10000), LEVELS(19), LEVELS(0, -1)},
};

static void add_inner(struct cell_list *cells, const struct block_of_cells *block,
                      struct point *point, size_t repetitions)
{
    for (size_t c = 0; c < block->canary.count; c++) {
        for (size_t r = 0; r < block->ratio.count; r++) {
            for (size_t d = 0; d < block->delta.count; d++) {
                point->canary = block->canary.values[c];
                point->ratio = block->ratio.values[r];
                point->delta = block->delta.values[d];
                add_point(cells, point, repetitions > 0 ? repetitions : repetitions_of(point));
            }
        }
    }
}

static void add_block(struct cell_list *cells, const struct block_of_cells *block,
                      const char *marginal, size_t repetitions)
{
    struct point point = {.design = "core",
                          .marginal = marginal,
                          .fault = "spread",
                          .normalizer = "geometric",
                          .margin = 0.1};
    for (size_t k = 0; k < block->labels.count; k++) {
        point.references = (size_t)block->labels.values[k];
        point.labels = point.references;
        for (size_t s = 0; s < block->nmi.count; s++) {
            point.nmi = block->nmi.values[s];
            add_inner(cells, block, &point, repetitions);
        }
    }
}

/* ---- covering -------------------------------------------------------------------------------- */

static const size_t shapes[][2] = {
    {2,   2  },
    {3,   3  },
    {5,   5  },
    {10,  10 },
    {20,  20 },
    {50,  50 },
    {200, 200},
    {2,   5  },
    {5,   2  },
    {5,   10 },
    {10,  5  },
    {20,  10 },
    {10,  50 },
    {50,  20 },
};
static const char *const marginals[] = {"uniform", "zipf"};
static const char *const normalizers[] = {"geometric", "arithmetic", "min", "max"};
static const double scores[] = {0.1, 0.2, 0.3, 0.5, 0.7, 0.8, 0.9, 0.95, 1.0};
static const double sizes[] = {100, 300, 1000, 3000, 10000, 30000, 100000};
static const double ratios[] = {1, 9, 19, 0.5};
static const double deltas[] = {0, -0.5, -1, -2};
static const double margins[] = {0.02, 0.05, 0.1};

enum { SHAPE, MARGINAL, NORMALIZER, SCORE, CANARY, RATIO, DELTA, MARGIN, FAULT, FACTORS };
static const size_t level_counts[FACTORS] = {
    [SHAPE] = ARRAY_LENGTH(shapes),
    [MARGINAL] = ARRAY_LENGTH(marginals),
    [NORMALIZER] = ARRAY_LENGTH(normalizers),
    [SCORE] = ARRAY_LENGTH(scores),
    [CANARY] = ARRAY_LENGTH(sizes),
    [RATIO] = ARRAY_LENGTH(ratios),
    [DELTA] = ARRAY_LENGTH(deltas),
    [MARGIN] = ARRAY_LENGTH(margins),
    [FAULT] = FAULT_COUNT,
};

static struct point point_of(const size_t *levels)
{
    return (struct point){
        .design = "covering",
        .references = shapes[levels[SHAPE]][0],
        .labels = shapes[levels[SHAPE]][1],
        .marginal = marginals[levels[MARGINAL]],
        .normalizer = normalizers[levels[NORMALIZER]],
        .fault = fault_name((enum fault)levels[FAULT]),
        .nmi = scores[levels[SCORE]],
        .canary = sizes[levels[CANARY]],
        .ratio = ratios[levels[RATIO]],
        .delta = deltas[levels[DELTA]],
        .margin = margins[levels[MARGIN]],
    };
}

static void add_covering(struct cell_list *cells, size_t count)
{
    owned_memory size_t *rows = covering_design(level_counts, FACTORS, count);
    if (!rows) {
        fprintf(stderr, "study: no memory for the covering design\n");
        return;
    }
    for (size_t i = 0; i < count; i++) {
        struct point point = point_of(rows + i * FACTORS);
        add_point(cells, &point, repetitions_of(&point));
    }
}

void coverage_grid_plan(enum profile profile, struct cell_list *cells)
{
    enum { REPETITIONS_CI = 500 };
    if (profile == PROFILE_CI) {
        for (size_t i = 0; i < ARRAY_LENGTH(ci_blocks); i++) {
            add_block(cells, &ci_blocks[i], "zipf", REPETITIONS_CI);
        }
        return;
    }
    for (size_t i = 0; i < ARRAY_LENGTH(full_blocks); i++) {
        add_block(cells, &full_blocks[i], "uniform", 0);
        add_block(cells, &full_blocks[i], "zipf", 0);
    }
    add_covering(cells, COVERING_CELLS);
}
