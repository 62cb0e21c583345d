/*
 * Cells: the points of a study's grid, each a set of named parameters.
 */
#ifndef SERIN_STUDY_CELL_H
#define SERIN_STUDY_CELL_H

#include "base/memory.h"
#include "serin/error.h"

#include <stddef.h>
#include <stdint.h>

enum { PARAMETERS_MAX = 20, PARAMETER_TEXT_SIZE = 24 };

struct parameter {
    const char *name; /* static; a column of the CSV file */
    char text[PARAMETER_TEXT_SIZE];
    double number; /* 0 for a text */
};

struct cell {
    struct parameter parameters[PARAMETERS_MAX];
    size_t parameter_count;
    size_t repetitions;
    size_t chunk;        /* repetitions that share a seed and are done in one go */
    size_t confirmation; /* fresh ones where a rate is doubtful; at first ten times as many */
};

struct cell_list;

struct cell_list *cell_list_create(void); /* NULL when memory is out */
void cell_list_destroy(struct cell_list *cells);
DEFINE_CLEANUP(cell_list)

/*
 * A new cell without parameters, to be filled before the next one is added. Never NULL: when memory
 * is out it is a cell that does not count, and cell_list_status says so.
 */
struct cell *cell_list_add(struct cell_list *cells, size_t repetitions, size_t chunk);

/*
 * SERIN_NO_MEMORY when a cell was lost, SERIN_BUG when the cells do not all have the same
 * parameters in the same order or two are equal.
 */
SERIN_MUST_CHECK enum serin_status cell_list_status(const struct cell_list *cells,
                                                    struct serin_error *err);

size_t cell_list_count(const struct cell_list *cells);
const struct cell *cell_list_get(const struct cell_list *cells, size_t index);

void cell_set_number(struct cell *cell, const char *name, double value);
void cell_set_text(struct cell *cell, const char *name, const char *text);

/* A parameter's value. The cell must have it: a name that is misspelt ends the process. */
double cell_number(const struct cell *cell, const char *name);
size_t cell_size(const struct cell *cell, const char *name); /* the same for counts */
const char *cell_text(const struct cell *cell, const char *name);

/* The same for all cells with equal parameters, repetitions and chunks. */
uint64_t cell_digest(const struct cell *cell);

/* "labels=5, nmi=0.7", cut to fit: for messages. */
const char *cell_describe(const struct cell *cell, char *out, size_t size);

#endif
