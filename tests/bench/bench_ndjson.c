/* NDJSON to counts: through Serin's strict reader, and through jansson's documents as a peer. */
#include "base/memory.h"
#include "bench/measure.h"
#include "labels/counter.h"
#include "source/ndjson.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

enum { MINUTE_MS = 60000, PIECE_BYTES = 64 * 1024 };
static const char canary_arm[] = "7d9f8c6b5";

struct ndjson_job {
    const char *path;
    const char *bytes; /* jansson gets the file from memory */
    size_t length;
    struct pair_counter *pairs;  /* reference × label, or … */
    struct block_tables *blocks; /* … per arm, pod, minute and slice too */
};

/* ---- counting -------------------------------------------------------------------------------- */

static enum serin_status count_pair(void *context, const struct label_event *event,
                                    struct serin_error *err)
{
    struct ndjson_job *job = context;
    (void)err;
    return pair_counter_add(job->pairs, &event->reference, event->label, event->count);
}

static enum serin_status count_block(void *context, const struct label_event *event,
                                     struct serin_error *err)
{
    struct ndjson_job *job = context;
    struct block_count count = {
        .arm = text_equals(event->arm, canary_arm) ? ARM_CANARY : ARM_STABLE,
        .pod = event->pod,
        .block_start_ms = block_start(event->time_ms, MINUTE_MS),
        .label = event->label,
        .reference = event->reference,
        .has_reference = event->has_reference,
        .slices = event->slices,
        .slice_count = event->slice_count,
        .count = event->count,
    };
    return block_tables_add(job->blocks, &count, err);
}

static void start_counting(struct ndjson_job *job)
{
    pair_counter_destroy(job->pairs);
    block_tables_destroy(job->blocks);
    job->pairs = pair_counter_create(&table_limits_default);
    job->blocks = block_tables_create(&table_limits_default);
    if (!job->pairs || !job->blocks) {
        measure_fail("no memory");
    }
}

/* ---- Serin's reader -------------------------------------------------------------------------- */

/* The file is read too, in pieces, as the engines among the peers do. */
static void read_all(struct ndjson_job *job, ndjson_sink *sink)
{
    static char piece[PIECE_BYTES];
    struct serin_error err = {0};
    owned(ndjson_reader) reader = ndjson_reader_create(sink, job);
    FILE *file = fopen(job->path, "rb");
    if (!reader || !file) {
        measure_fail(job->path);
    }
    size_t length = 0;
    while ((length = fread(piece, 1, sizeof(piece), file)) > 0) {
        measure_expect(ndjson_reader_push(reader, piece, length, &err), err.detail);
    }
    (void)fclose(file);
    measure_expect(ndjson_reader_finish(reader, &err), err.detail);
}

static void read_pairs(void *context)
{
    start_counting(context);
    read_all(context, count_pair);
}

static void read_blocks(void *context)
{
    struct ndjson_job *job = context;
    start_counting(job);
    read_all(job, count_block);
    measure_expect(block_tables_seal(job->blocks), "sealing");
}

/* ---- jansson --------------------------------------------------------------------------------- */

static struct text_view text_member(const json_t *object, const char *name)
{
    const json_t *member = json_object_get(object, name);
    if (!json_is_string(member)) {
        measure_fail(name);
    }
    return (struct text_view){json_string_value(member), json_string_length(member)};
}

static void read_pairs_with_jansson(void *context)
{
    struct ndjson_job *job = context;
    start_counting(job);
    const char *line = job->bytes;
    while (line < job->bytes + job->length) {
        const char *end = strchr(line, '\n');
        json_t *object = json_loadb(line, (size_t)(end - line), JSON_REJECT_DUPLICATES, NULL);
        if (!object) {
            measure_fail("jansson refuses a line");
        }
        struct text_view reference = text_member(object, "reference");
        measure_expect(pair_counter_add(job->pairs, &reference, text_member(object, "label"), 1),
                       "counting");
        json_decref(object);
        line = end + 1;
    }
}

/* ---- modes ----------------------------------------------------------------------------------- */

static void report_pairs(const struct pair_counter *counter)
{
    owned(contingency) owner = NULL;
    measure_expect(pair_counter_table(counter, &owner), "the table");
    struct serin_table table = contingency_view(owner);
    double squares = 0.0;
    for (size_t i = 0; i < table.rows * table.columns; i++) {
        squares += (double)table.counts[i] * (double)table.counts[i];
    }
    measure_report("squares", squares);
}

static void report_blocks(const struct block_tables *tables)
{
    double cells = 0.0;
    double squares = 0.0;
    for (enum arm arm = ARM_CANARY; arm <= ARM_STABLE; arm++) {
        struct serin_block_cell *filled = NULL;
        size_t count = 0;
        measure_expect(block_tables_cells(tables, arm, ALL_SLICES, &filled, &count), "cells");
        for (size_t i = 0; i < count; i++) {
            squares += (double)filled[i].count * (double)filled[i].count;
        }
        cells += (double)count;
        memory_free(filled);
    }
    measure_report("cells", cells);
    measure_report("squares", squares);
}

static void run(char **arguments, measure_job *work)
{
    struct ndjson_job job = {.path = arguments[0]};
    job.bytes = measure_read(job.path, &job.length);
    measure_report("seconds", measure(work, &job, measure_number(arguments[1])));
    if (work == read_blocks) {
        report_blocks(job.blocks);
    } else {
        report_pairs(job.pairs);
    }
    pair_counter_destroy(job.pairs);
    block_tables_destroy(job.blocks);
}

static void run_pairs(char **arguments)
{
    run(arguments, read_pairs);
}

static void run_blocks(char **arguments)
{
    run(arguments, read_blocks);
}

static void run_jansson(char **arguments)
{
    run(arguments, read_pairs_with_jansson);
}

int main(int count, char **arguments)
{
    static const struct measure_mode modes[] = {
        {"pairs",   2, run_pairs  },
        {"blocks",  2, run_blocks },
        {"jansson", 2, run_jansson},
    };
    return measure_main(count, arguments, modes, ARRAY_LENGTH(modes));
}
