#include "support/table_builder.h"

#include <stdio.h>
#include <stdlib.h>

struct name {
    char text[24];
};

static struct text_view name_of(char letter, size_t index, struct name *out)
{
    snprintf(out->text, sizeof(out->text), "%c%03zu", letter, index);
    return text_view_of(out->text);
}

static void require(enum serin_status status, const struct serin_error *err)
{
    if (status != SERIN_OK) {
        fprintf(stderr, "building tables: %s: %s\n", serin_status_name(status), err->detail);
        abort();
    }
}

struct block_tables *table_begin(void)
{
    struct block_tables *tables = block_tables_create(&table_limits_default);
    if (!tables) {
        abort();
    }
    return tables;
}

static void put_count(struct block_tables *tables, const struct table_place *place,
                      struct text_view label, const struct text_view *reference, uint64_t count)
{
    struct serin_error err = {0};
    struct name pod;
    struct slice_value slices[2];
    size_t slice_count = 0;
    if (place->region) {
        slices[slice_count++] =
            (struct slice_value){text_view_of("region"), text_view_of(place->region)};
    }
    if (place->device) {
        slices[slice_count++] =
            (struct slice_value){text_view_of("device"), text_view_of(place->device)};
    }
    struct block_count block = {
        .arm = place->arm,
        .pod = name_of(place->arm == ARM_CANARY ? 'c' : 's', place->pod, &pod),
        .block_start_ms = TABLE_START_MS + (int64_t)place->bucket * TABLE_BUCKET_MS,
        .label = label,
        .slices = slices,
        .slice_count = slice_count,
        .count = count,
    };
    if (reference) {
        block.reference = *reference;
        block.has_reference = true;
    }
    require(block_tables_add(tables, &block, &err), &err);
}

void table_put(struct block_tables *tables, const struct table_place *place, const uint64_t *counts,
               size_t rows, size_t columns)
{
    for (size_t cell = 0; cell < rows * columns; cell++) {
        if (counts[cell] > 0) {
            struct name label;
            struct name reference;
            struct text_view row = name_of('r', cell / columns, &reference);
            put_count(tables, place, name_of('l', cell % columns, &label), &row, counts[cell]);
        }
    }
}

void table_spread(struct block_tables *tables, const struct table_place *place, unsigned pods,
                  unsigned buckets, const uint64_t *counts, size_t rows, size_t columns)
{
    uint64_t blocks = (uint64_t)pods * buckets;
    uint64_t *part = calloc(rows * columns, sizeof(*part));
    if (!part) {
        abort();
    }
    for (uint64_t block = 0; block < blocks; block++) {
        struct table_place there = *place;
        there.pod = (unsigned)(block % pods);
        there.bucket = (unsigned)(block / pods);
        for (size_t cell = 0; cell < rows * columns; cell++) {
            uint64_t turn = (block + cell) % blocks;
            part[cell] = counts[cell] / blocks + (turn < counts[cell] % blocks ? 1 : 0);
        }
        table_put(tables, &there, part, rows, columns);
    }
    free(part);
}

void table_put_labels(struct block_tables *tables, const struct table_place *place,
                      const uint64_t *counts, size_t columns)
{
    for (size_t column = 0; column < columns; column++) {
        if (counts[column] > 0) {
            struct name label;
            put_count(tables, place, name_of('l', column, &label), NULL, counts[column]);
        }
    }
}

static void put_pair(struct block_tables *tables, const struct table_place *place, size_t cell,
                     size_t rows, size_t columns, uint64_t count)
{
    struct serin_error err = {0};
    struct name pod;
    struct name canary;
    struct name stable;
    struct name reference;
    struct paired_count pair = {
        .pod = name_of(place->arm == ARM_CANARY ? 'c' : 's', place->pod, &pod),
        .block_start_ms = TABLE_START_MS + (int64_t)place->bucket * TABLE_BUCKET_MS,
        .canary_label = name_of('l', cell / columns % columns, &canary),
        .stable_label = name_of('l', cell % columns, &stable),
        .reference = name_of('r', cell / columns / columns, &reference),
        .has_reference = rows > 0,
        .count = count,
    };
    require(place->arm == ARM_CANARY ? block_tables_add_paired(tables, &pair, &err)
                                     : block_tables_add_self_paired(tables, &pair, &err),
            &err);
}

void table_put_pairs(struct block_tables *tables, const struct table_place *place,
                     const uint64_t *counts, size_t rows, size_t columns)
{
    size_t cells = (rows > 0 ? rows : 1) * columns * columns;
    for (size_t cell = 0; cell < cells; cell++) {
        if (counts[cell] > 0) {
            put_pair(tables, place, cell, rows, columns, counts[cell]);
        }
    }
}

struct block_tables *table_end(struct block_tables *tables, int64_t first_ms, int64_t last_ms)
{
    struct arm_coverage coverage = {.first_ms = first_ms, .last_ms = last_ms};
    block_tables_set_coverage(tables, ARM_CANARY, &coverage);
    block_tables_set_coverage(tables, ARM_STABLE, &coverage);
    block_tables_set_window(tables, first_ms, last_ms);
    require(block_tables_seal(tables), &(struct serin_error){0});
    return tables;
}

struct block_tables *table_of_arms(const uint64_t *canary, const uint64_t *stable, size_t rows,
                                   size_t columns)
{
    struct block_tables *tables = table_begin();
    table_put(tables, &(struct table_place){.arm = ARM_CANARY}, canary, rows, columns);
    table_put(tables, &(struct table_place){.arm = ARM_STABLE}, stable, rows, columns);
    block_tables_set_blocks_unknown(tables);
    return table_end(tables, 0, 0);
}
