/*
 * Tables for property tests: random, the same in every run, some of them extreme.
 */
#ifndef SERIN_TESTS_AGREEMENT_SAMPLE_TABLES_H
#define SERIN_TESTS_AGREEMENT_SAMPLE_TABLES_H

#include "serin/jackknife.h"
#include "serin/table.h"
#include "support/random.h"

#include <stdlib.h>
#include <string.h>

enum { SAMPLE_CELLS_MAX = 12 * 12 };

struct sample {
    uint64_t counts[SAMPLE_CELLS_MAX];
    struct serin_table table;
};

/* A count of up to 2^bits with a size that is itself random, so that small ones are common. */
static inline uint64_t sample_count(struct random *random, size_t bits)
{
    size_t size = random_below(random, bits + 1);
    return size == 0 ? 0 : random_next(random) >> (64 - size);
}

/* 2 … 12 rows and columns; a third of the cells empty; counts from nothing to 2^45. */
static inline void sample_table(struct random *random, struct sample *out)
{
    size_t rows = 2 + random_below(random, 11);
    size_t columns = 2 + random_below(random, 11);
    size_t bits = 1 + random_below(random, 45);
    for (size_t k = 0; k < rows * columns; k++) {
        out->counts[k] = random_below(random, 3) == 0 ? 0 : sample_count(random, bits);
    }
    out->table = (struct serin_table){out->counts, rows, columns};
}

/* The same, with at least two occupied rows and columns and at least four events. */
static inline void sample_defined_table(struct random *random, struct sample *out)
{
    sample_table(random, out);
    out->counts[0] += 2;
    out->counts[out->table.columns + 1] += 2;
}

static inline void shuffle(struct random *random, size_t *order, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        order[i] = i;
    }
    for (size_t i = count; i > 1; i--) {
        size_t j = random_below(random, i);
        size_t other = order[j];
        order[j] = order[i - 1];
        order[i - 1] = other;
    }
}

/* Rows and columns in another order. */
static inline void sample_permuted(struct random *random, const struct sample *sample,
                                   struct sample *out)
{
    size_t rows[12];
    size_t columns[12];
    const struct serin_table *table = &sample->table;
    shuffle(random, rows, table->rows);
    shuffle(random, columns, table->columns);
    for (size_t i = 0; i < table->rows; i++) {
        for (size_t j = 0; j < table->columns; j++) {
            out->counts[i * table->columns + j] =
                table->counts[rows[i] * table->columns + columns[j]];
        }
    }
    out->table = (struct serin_table){out->counts, table->rows, table->columns};
}

static inline void sample_transposed(const struct sample *sample, struct sample *out)
{
    const struct serin_table *table = &sample->table;
    for (size_t i = 0; i < table->rows; i++) {
        for (size_t j = 0; j < table->columns; j++) {
            out->counts[j * table->rows + i] = table->counts[i * table->columns + j];
        }
    }
    out->table = (struct serin_table){out->counts, table->columns, table->rows};
}

/* An empty row and an empty column added in the midst; the sample has at most 11 of each. */
static inline void sample_padded(const struct sample *sample, struct sample *out)
{
    const struct serin_table *table = &sample->table;
    memset(out->counts, 0, sizeof(out->counts));
    for (size_t i = 0; i < table->rows; i++) {
        for (size_t j = 0; j < table->columns; j++) {
            size_t row = i + (i >= table->rows / 2);
            size_t column = j + (j >= table->columns / 2);
            out->counts[row * (table->columns + 1) + column] =
                table->counts[i * table->columns + j];
        }
    }
    out->table = (struct serin_table){out->counts, table->rows + 1, table->columns + 1};
}

static inline uint64_t sample_total(const struct serin_table *table)
{
    uint64_t total = 0;
    for (size_t k = 0; k < table->rows * table->columns; k++) {
        total += table->counts[k];
    }
    return total;
}

#endif
