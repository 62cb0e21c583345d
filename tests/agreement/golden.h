/*
 * Reads tests/agreement/data/golden.json, the vectors of the statistics' executable specification.
 */
#ifndef SERIN_TESTS_AGREEMENT_GOLDEN_H
#define SERIN_TESTS_AGREEMENT_GOLDEN_H

#include "base/memory.h"
#include "serin/table.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char *const golden_normalizers[] = {"geometric", "arithmetic", "min", "max"};

/* What a test reads lives as long as its process, and is kept here lest it look lost. */
static void *golden_kept[100000];
static size_t golden_kept_count;

static inline void *golden_keep(void *memory)
{
    cr_assert(lt(sz, golden_kept_count, ARRAY_LENGTH(golden_kept)));
    golden_kept[golden_kept_count++] = memory;
    return memory;
}

static inline void *golden_allocate(size_t count, size_t size)
{
    return golden_keep(calloc(count, size));
}

/* One part of the file. */
static inline json_t *golden_part(const char *name)
{
    json_error_t error;
    json_t *root = json_load_file("tests/agreement/data/golden.json", 0, &error);
    cr_assert(ne(ptr, root, NULL), "golden.json: %s", error.text);
    golden_keep(root);
    json_t *part = json_object_get(root, name);
    cr_assert(ne(ptr, part, NULL), "golden.json has no %s", name);
    return part;
}

static inline double golden_number(const json_t *object, const char *key)
{
    json_t *value = json_object_get(object, key);
    cr_assert_neq(value, NULL, "no number \"%s\"", key);
    return json_number_value(value);
}

static inline const char *golden_text(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    cr_assert_neq(text, NULL, "no text \"%s\"", key);
    return text;
}

/* A matrix of counts. */
static inline struct serin_table golden_table(const json_t *rows)
{
    size_t count = json_array_size(rows);
    size_t columns = json_array_size(json_array_get(rows, 0));
    uint64_t *counts = golden_allocate(count * columns, sizeof(*counts));
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < columns; j++) {
            json_t *value = json_array_get(json_array_get(rows, i), j);
            counts[i * columns + j] = (uint64_t)json_number_value(value);
        }
    }
    return (struct serin_table){counts, count, columns};
}

static inline uint64_t *golden_counts(const json_t *values)
{
    size_t count = json_array_size(values);
    uint64_t *counts = golden_allocate(count, sizeof(*counts));
    for (size_t i = 0; i < count; i++) {
        counts[i] = (uint64_t)json_integer_value(json_array_get(values, i));
    }
    return counts;
}

static inline double *golden_doubles(const json_t *values)
{
    size_t count = json_array_size(values);
    double *numbers = golden_allocate(count, sizeof(*numbers));
    for (size_t i = 0; i < count; i++) {
        numbers[i] = json_number_value(json_array_get(values, i));
    }
    return numbers;
}

static inline enum serin_normalizer golden_normalizer(const char *name)
{
    enum serin_normalizer normalizer = SERIN_GEOMETRIC;
    cr_assert(eq(int, serin_normalizer_find(name, &normalizer), SERIN_OK), "%s", name);
    return normalizer;
}

/* `context` and `what` name the case when it fails. */
static inline void golden_check(double got, double want, double tolerance, const char *context,
                                const char *what)
{
    cr_expect(le(dbl, isfinite(got) ? fabs(got - want) : INFINITY, tolerance),
              "%s: %s is %.17g, not %.17g (off %g)", context, what, got, want, got - want);
}

static inline void golden_check_key(double got, const json_t *object, const char *key,
                                    double tolerance, const char *context)
{
    golden_check(got, golden_number(object, key), tolerance, context, key);
}

/* For p-values and roots: relative to the value itself, unless that is a rounding error of zero. */
static inline void golden_check_relative(double got, const json_t *object, const char *key,
                                         double tolerance, const char *context)
{
    double want = golden_number(object, key);
    golden_check(got, want, fmax(1e-16, tolerance * fabs(want)), context, key);
}

#endif
