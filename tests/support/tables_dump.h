/*
 * Everything that can be read from sealed block tables, as text: two tables are the same when their
 * dumps are.
 */
#ifndef SERIN_TESTS_SUPPORT_TABLES_DUMP_H
#define SERIN_TESTS_SUPPORT_TABLES_DUMP_H

#include "base/buffer.h"
#include "labels/block_tables.h"

#include <inttypes.h>
#include <stdlib.h>

static inline void dump_text(struct buffer *out, struct text_view text)
{
    struct text_quote quote;
    buffer_append_char(out, ' ');
    buffer_append_text(out, text_quote(text, &quote));
}

static inline void dump_names(const struct block_tables *tables, struct buffer *out)
{
    buffer_append_text(out, "labels");
    for (size_t i = 0; i < block_tables_label_count(tables); i++) {
        dump_text(out, block_tables_label(tables, i));
    }
    buffer_append_text(out, "\nreferences");
    for (size_t i = 0; i < block_tables_reference_count(tables); i++) {
        dump_text(out, block_tables_reference(tables, i));
    }
    buffer_append_text(out, "\nslices");
    for (size_t i = 0; i < block_tables_slice_count(tables); i++) {
        dump_text(out, block_tables_slice(tables, i).dimension);
        dump_text(out, block_tables_slice(tables, i).value);
    }
    buffer_append_char(out, '\n');
}

static inline void dump_blocks(const struct block_tables *tables, enum arm arm, struct buffer *out)
{
    buffer_printf(out, "%s: %zu pods, %" PRIu64 " events, %" PRIu64 " without reference\n",
                  arm_name(arm), block_tables_pod_count(tables, arm),
                  block_tables_events(tables, arm), block_tables_unreferenced(tables, arm));
    for (size_t i = 0; i < block_tables_block_count(tables, arm); i++) {
        struct block_identity block = block_tables_block(tables, arm, i);
        buffer_printf(out, "block %zu at %" PRId64, i, block.start_ms);
        dump_text(out, block.pod);
        buffer_append_char(out, '\n');
    }
}

static inline void dump_cells(const struct block_tables *tables, enum arm arm, size_t slice,
                              struct buffer *out)
{
    struct serin_block_cell *cells = NULL;
    size_t count = 0;
    if (block_tables_cells(tables, arm, slice, &cells, &count) != SERIN_OK) {
        abort();
    }
    buffer_printf(out, "cells of slice %zd\n", (ssize_t)slice);
    for (size_t i = 0; i < count; i++) {
        buffer_printf(out, "%" PRIu32 " %" PRIu32 " %" PRIu32 " %" PRIu64 "\n", cells[i].block,
                      cells[i].row, cells[i].column, cells[i].count);
    }
    memory_free(cells);
}

static inline void dump_triples(const struct block_tables *tables, struct buffer *out)
{
    struct serin_triple *triples = NULL;
    size_t count = 0;
    if (block_tables_triples(tables, &triples, &count) != SERIN_OK) {
        abort();
    }
    buffer_printf(out, "%" PRIu64 " pairs in %zu blocks\n", block_tables_pairs(tables),
                  block_tables_paired_block_count(tables));
    for (size_t i = 0; i < count; i++) {
        buffer_printf(out, "%" PRIu32 " %" PRIu32 " %" PRIu32 " %" PRIu32 " %" PRIu64 "\n",
                      triples[i].block, triples[i].row, triples[i].canary, triples[i].stable,
                      triples[i].count);
    }
    memory_free(triples);
}

static inline void dump_flags(const struct block_tables *tables, struct buffer *out)
{
    const char *incomplete = block_tables_incomplete_reason(tables);
    buffer_printf(out, "window %" PRId64 " %" PRId64 "%s%s%s%s\n",
                  block_tables_window_start_ms(tables), block_tables_window_end_ms(tables),
                  block_tables_blocks_known(tables) ? "" : " blocks-unknown",
                  block_tables_capped(tables) ? " capped" : "", incomplete ? " incomplete: " : "",
                  incomplete ? incomplete : "");
    for (int arm = 0; arm < ARM_COUNT; arm++) {
        const struct arm_coverage *coverage = block_tables_coverage(tables, (enum arm)arm);
        buffer_printf(out, "coverage %" PRId64 " %" PRId64 " %" PRIu64 "\n", coverage->first_ms,
                      coverage->last_ms, coverage->uncovered_pods);
    }
}

/* The caller frees the text with memory_free. */
static inline char *tables_dump(const struct block_tables *tables)
{
    owned(buffer) out = buffer_create((size_t)1 << 30);
    char *text = NULL;
    if (!out) {
        abort();
    }
    dump_flags(tables, out);
    dump_names(tables, out);
    for (int arm = 0; arm < ARM_COUNT; arm++) {
        dump_blocks(tables, (enum arm)arm, out);
        dump_cells(tables, (enum arm)arm, ALL_SLICES, out);
        for (size_t slice = 0; slice < block_tables_slice_count(tables); slice++) {
            dump_cells(tables, (enum arm)arm, slice, out);
        }
    }
    dump_triples(tables, out);
    if (buffer_take(out, &text, NULL) != SERIN_OK) {
        abort();
    }
    return text;
}

#endif
