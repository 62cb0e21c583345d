#include "study/cell.h"

#include "base/hash.h"
#include "base/number.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CELLS_MAX = 1 << 20, CONFIRMATION_FACTOR = 10 };

struct cell_list {
    struct cell *cells;
    size_t count;
    size_t capacity;
    bool is_short; /* of memory */
    struct cell spare;
};

struct cell_list *cell_list_create(void)
{
    return memory_allocate(1, sizeof(struct cell_list));
}

void cell_list_destroy(struct cell_list *cells)
{
    if (cells) {
        memory_free(cells->cells);
        memory_free(cells);
    }
}

struct cell *cell_list_add(struct cell_list *cells, size_t repetitions, size_t chunk)
{
    void *items = cells->cells;
    struct cell *cell = &cells->spare;
    if (memory_grow(&items, &cells->capacity, cells->count + 1, sizeof(*cell), CELLS_MAX) ==
        SERIN_OK) {
        cells->cells = items;
        cell = &cells->cells[cells->count++];
    } else {
        cells->is_short = true;
    }
    *cell = (struct cell){.repetitions = repetitions,
                          .chunk = chunk,
                          .confirmation = CONFIRMATION_FACTOR * repetitions};
    return cell;
}

static bool same_names(const struct cell *a, const struct cell *b)
{
    bool is_same = a->parameter_count == b->parameter_count;
    for (size_t i = 0; is_same && i < a->parameter_count; i++) {
        is_same = strcmp(a->parameters[i].name, b->parameters[i].name) == 0;
    }
    return is_same;
}

static int compare_digests(const void *a, const void *b)
{
    uint64_t left = *(const uint64_t *)a;
    uint64_t right = *(const uint64_t *)b;
    return (left > right) - (left < right);
}

static enum serin_status check_distinct(const struct cell_list *cells, struct serin_error *err)
{
    owned_memory uint64_t *digests = memory_allocate(cells->count + 1, sizeof(*digests));
    if (!digests) {
        return serin_fail(err, SERIN_NO_MEMORY, "the cells of a study");
    }
    for (size_t i = 0; i < cells->count; i++) {
        digests[i] = cell_digest(&cells->cells[i]);
    }
    qsort(digests, cells->count, sizeof(*digests), compare_digests);
    for (size_t i = 1; i < cells->count; i++) {
        if (digests[i] == digests[i - 1]) {
            return serin_fail(err, SERIN_BUG, "two cells of a study have the same parameters");
        }
    }
    return SERIN_OK;
}

enum serin_status cell_list_status(const struct cell_list *cells, struct serin_error *err)
{
    if (cells->is_short) {
        return serin_fail(err, SERIN_NO_MEMORY, "the cells of a study");
    }
    for (size_t i = 1; i < cells->count; i++) {
        if (!same_names(&cells->cells[0], &cells->cells[i])) {
            return serin_fail(err, SERIN_BUG, "cell %zu has other parameters than the first", i);
        }
    }
    return check_distinct(cells, err);
}

size_t cell_list_count(const struct cell_list *cells)
{
    return cells->count;
}

const struct cell *cell_list_get(const struct cell_list *cells, size_t index)
{
    return &cells->cells[index];
}

static struct parameter *add_parameter(struct cell *cell, const char *name)
{
    if (cell->parameter_count == PARAMETERS_MAX) {
        fprintf(stderr, "study: a cell has room for %d parameters only\n", PARAMETERS_MAX);
        abort();
    }
    struct parameter *parameter = &cell->parameters[cell->parameter_count++];
    parameter->name = name;
    return parameter;
}

void cell_set_number(struct cell *cell, const char *name, double value)
{
    struct parameter *parameter = add_parameter(cell, name);
    parameter->number = value;
    (void)snprintf(parameter->text, sizeof(parameter->text), "%s",
                   number_write_double(value, NUMBER_TEXT));
}

void cell_set_text(struct cell *cell, const char *name, const char *text)
{
    struct parameter *parameter = add_parameter(cell, name);
    parameter->number = 0.0;
    (void)snprintf(parameter->text, sizeof(parameter->text), "%s", text);
}

static const struct parameter *find_parameter(const struct cell *cell, const char *name)
{
    for (size_t i = 0; i < cell->parameter_count; i++) {
        if (strcmp(cell->parameters[i].name, name) == 0) {
            return &cell->parameters[i];
        }
    }
    fprintf(stderr, "study: a cell has no parameter \"%s\"\n", name);
    abort();
}

double cell_number(const struct cell *cell, const char *name)
{
    return find_parameter(cell, name)->number;
}

size_t cell_size(const struct cell *cell, const char *name)
{
    return (size_t)find_parameter(cell, name)->number;
}

const char *cell_text(const struct cell *cell, const char *name)
{
    return find_parameter(cell, name)->text;
}

uint64_t cell_digest(const struct cell *cell)
{
    static const struct hash_key key = {{0}};
    char text[PARAMETERS_MAX * (PARAMETER_TEXT_SIZE + 40)];
    size_t length = 0;
    for (size_t i = 0; i < cell->parameter_count; i++) {
        int written = snprintf(text + length, sizeof(text) - length, "%.30s=%s\n",
                               cell->parameters[i].name, cell->parameters[i].text);
        length += (size_t)written;
    }
    int written = snprintf(text + length, sizeof(text) - length, "%zu/%zu/%zu", cell->repetitions,
                           cell->chunk, cell->confirmation);
    return hash_siphash64(&key, text, length + (size_t)written);
}

const char *cell_describe(const struct cell *cell, char *out, size_t size)
{
    size_t length = 0;
    for (size_t i = 0; i < cell->parameter_count && length + 1 < size; i++) {
        int written = snprintf(out + length, size - length, "%s%s=%s", i > 0 ? ", " : "",
                               cell->parameters[i].name, cell->parameters[i].text);
        length += (size_t)written;
    }
    return out;
}
