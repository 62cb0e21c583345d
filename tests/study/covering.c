#include "study/covering.h"

#include "study/random.h"

#include <assert.h>
#include <stdbool.h>
#include <string.h>

enum { LEVELS_MAX = 32, CANDIDATES = 40 };

struct meetings {
    unsigned count[COVERING_FACTORS_MAX][COVERING_FACTORS_MAX][LEVELS_MAX][LEVELS_MAX];
};

/* Large for a row whose pairs are rare so far. */
static double novelty(const struct meetings *meetings, const size_t *row, size_t factors)
{
    double sum = 0.0;
    for (size_t a = 0; a < factors; a++) {
        for (size_t b = a + 1; b < factors; b++) {
            double met = meetings->count[a][b][row[a]][row[b]];
            sum += 1.0 / ((1.0 + met) * (1.0 + met));
        }
    }
    return sum;
}

static void remember(struct meetings *meetings, const size_t *row, size_t factors)
{
    for (size_t a = 0; a < factors; a++) {
        for (size_t b = a + 1; b < factors; b++) {
            meetings->count[a][b][row[a]][row[b]]++;
        }
    }
}

static bool is_among(const size_t *row, const size_t *rows, size_t count, size_t factors)
{
    for (size_t i = 0; i < count; i++) {
        if (memcmp(rows + i * factors, row, factors * sizeof(*row)) == 0) {
            return true;
        }
    }
    return false;
}

static void draw_row(struct random *random, const size_t *levels, size_t factors, size_t *row)
{
    for (size_t f = 0; f < factors; f++) {
        row[f] = gsl_rng_uniform_int(random_gsl(random), levels[f]);
    }
}

/* Puts the best of several new rows behind the `count` there are. */
static void add_row(struct random *random, const struct meetings *meetings, const size_t *levels,
                    size_t factors, size_t *rows, size_t count)
{
    double best = -1.0;
    size_t candidate[COVERING_FACTORS_MAX];
    for (int tries = 0; tries < CANDIDATES || best < 0.0; tries++) {
        draw_row(random, levels, factors, candidate);
        double value = novelty(meetings, candidate, factors);
        if (value > best && !is_among(candidate, rows, count, factors)) {
            best = value;
            memcpy(rows + count * factors, candidate, factors * sizeof(*candidate));
        }
    }
}

size_t *covering_design(const size_t *levels, size_t factors, size_t rows)
{
    static const struct random_place place = {"covering design", 0, 0, 0};
    owned(random) random = random_create(&place);
    owned_memory struct meetings *meetings = memory_allocate(1, sizeof(*meetings));
    size_t *design = memory_allocate(rows * factors, sizeof(*design));
    assert(factors <= COVERING_FACTORS_MAX);
    if (!random || !meetings || !design) {
        memory_free(design);
        return NULL;
    }
    for (size_t i = 0; i < rows; i++) {
        add_row(random, meetings, levels, factors, design, i);
        remember(meetings, design + i * factors, factors);
    }
    return design;
}
