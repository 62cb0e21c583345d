#include "analysis/ingest.h"
#include "base/embed.h"
#include "base/json_writer.h"
#include "base/rfc3339.h"
#include "http/observe.h"
#include "http/route.h"
#include "platform/query.h"
#include "verdict/explanation.h"
#include "verdict/slices_json.h"

#include <stdlib.h>
#include <string.h>

EMBED_FILE(openapi, "src/http/openapi.json");

void route_openapi(struct service *service, const struct snapshot *snapshot,
                   const struct request *request, struct reply *reply)
{
    (void)service;
    (void)snapshot;
    (void)request;
    buffer_append_view(reply->body, EMBED_VIEW(openapi));
}

static void write_time(struct json_writer *json, const char *name, int64_t time_ms)
{
    char text[RFC3339_SIZE];
    rfc3339_format(time_ms, text);
    if (time_ms > 0) {
        json_field_text(json, name, text);
    } else {
        json_field_null(json, name);
    }
}

/* ---- the list -------------------------------------------------------------------------------- */

static bool may_read(const struct request *request, const char *stream)
{
    return !request->principal ||
           principal_check(request->principal, RIGHT_READ, stream, NULL) == SERIN_OK;
}

static void write_arm_freshness(struct json_writer *json, const struct store_arm *arm)
{
    json_write_object_begin(json);
    json_field_text(json, "arm", arm->arm);
    json_field_uint64(json, "events", arm->events);
    json_field_uint64(json, "pods", arm->pods);
    write_time(json, "first", arm->first_ms);
    write_time(json, "last", arm->last_ms);
    json_write_object_end(json);
}

/* The arms that pushed last, for whoever wonders whether events arrive and under which hash. */
static void write_freshness(struct json_writer *json, struct store *store,
                            const struct catalog_stream *stream)
{
    enum { ARMS_SHOWN = 16 };
    struct store_arm *arms = NULL;
    size_t count = 0;
    bool is_pushed = stream->driver == &store_driver;
    if (!is_pushed || store_arms(store, stream->stream.name, &arms, &count) != SERIN_OK) {
        json_field_null(json, "arms");
        return;
    }
    json_write_key(json, "arms");
    json_write_array_begin(json);
    for (size_t i = 0; i < count && i < ARMS_SHOWN; i++) {
        write_arm_freshness(json, &arms[i]);
    }
    json_write_array_end(json);
    store_arms_free(arms, count);
}

static void write_stream(struct json_writer *json, struct store *store,
                         const struct catalog_stream *stream)
{
    json_write_object_begin(json);
    json_field_text(json, "name", stream->stream.name);
    json_field_text(json, "source", stream->stream.source);
    json_field_text(json, "source_type", stream->driver->type);
    json_field_text(json, "owner", stream->owner);
    json_field_text(json, "design", design_name(stream->judgement.design));
    json_field_double(json, "margin", judgement_margin(&stream->judgement));
    json_field_uint64(json, "min_samples", stream->judgement.min_samples);
    if (stream_is_sampled(&stream->stream)) {
        json_field_double(json, "sample_keys", stream->stream.sample_keys);
    }
    json_write_key(json, "slices");
    json_write_array_begin(json);
    for (size_t i = 0; i < stream->stream.slice_count; i++) {
        json_write_text(json, stream->stream.slices[i]);
    }
    json_write_array_end(json);
    write_freshness(json, store, stream);
    json_write_object_end(json);
}

void route_streams_list(struct service *service, const struct snapshot *snapshot,
                        const struct request *request, struct reply *reply)
{
    const struct catalog *catalog = snapshot_catalog(snapshot);
    struct json_writer json;
    json_writer_init(&json, reply->body);
    json_write_object_begin(&json);
    json_write_key(&json, "streams");
    json_write_array_begin(&json);
    for (size_t i = 0; i < catalog_stream_count(catalog); i++) {
        const struct catalog_stream *stream = catalog_stream_at(catalog, i);
        if (may_read(request, stream->stream.name)) {
            write_stream(&json, service_store(service), stream);
        }
    }
    json_write_array_end(&json);
    json_write_object_end(&json);
    /* A failure is sticky in the buffer, where the server looks. */
    (void)!json_writer_finish(&json);
}

/* ---- the tables ------------------------------------------------------------------------------ */

static void write_labels(struct json_writer *json, const struct block_tables *tables)
{
    json_write_key(json, "references");
    json_write_array_begin(json);
    for (size_t i = 0; i < block_tables_reference_count(tables); i++) {
        json_write_view(json, block_tables_reference(tables, i));
    }
    json_write_array_end(json);
    json_write_key(json, "labels");
    json_write_array_begin(json);
    for (size_t i = 0; i < block_tables_label_count(tables); i++) {
        json_write_view(json, block_tables_label(tables, i));
    }
    json_write_array_end(json);
}

static int compare_cells(const void *a, const void *b)
{
    const struct serin_block_cell *left = a;
    const struct serin_block_cell *right = b;
    if (left->row != right->row) {
        return left->row < right->row ? -1 : 1;
    }
    return left->column < right->column ? -1 : left->column > right->column;
}

static void write_cell(struct json_writer *json, const struct serin_block_cell *cell,
                       uint64_t count)
{
    json_write_array_begin(json);
    if (cell->row == SERIN_NO_REFERENCE) {
        json_write_null(json);
    } else {
        json_write_uint64(json, cell->row);
    }
    json_write_uint64(json, cell->column);
    json_write_uint64(json, count);
    json_write_array_end(json);
}

/* Pooled over the blocks: cells of the same row and column follow each other after sorting. */
static void write_cells(struct json_writer *json, struct serin_block_cell *cells, size_t count)
{
    qsort(cells, count, sizeof(*cells), compare_cells);
    json_write_key(json, "cells");
    json_write_array_begin(json);
    for (size_t i = 0; i < count;) {
        uint64_t sum = 0;
        size_t first = i;
        while (i < count && compare_cells(&cells[first], &cells[i]) == 0) {
            sum += cells[i++].count;
        }
        write_cell(json, &cells[first], sum);
    }
    json_write_array_end(json);
}

static enum serin_status write_arm(struct json_writer *json, const struct block_tables *tables,
                                   enum arm arm)
{
    owned_memory struct serin_block_cell *cells = NULL;
    size_t count = 0;
    TRY(block_tables_cells(tables, arm, ALL_SLICES, &cells, &count));
    const struct arm_coverage *coverage = block_tables_coverage(tables, arm);
    json_write_key(json, arm_name(arm));
    json_write_object_begin(json);
    json_field_uint64(json, "events", block_tables_events(tables, arm));
    json_field_uint64(json, "unreferenced", block_tables_unreferenced(tables, arm));
    json_field_uint64(json, "pods", block_tables_pod_count(tables, arm));
    json_field_uint64(json, "blocks", block_tables_block_count(tables, arm));
    write_time(json, "first", coverage->first_ms);
    write_time(json, "last", coverage->last_ms);
    write_cells(json, cells, count);
    json_write_object_end(json);
    return SERIN_OK;
}

static enum serin_status write_tables(struct json_writer *json, const struct block_tables *tables,
                                      const struct verdict *verdict)
{
    json_write_object_begin(json);
    write_time(json, "window_start", block_tables_window_start_ms(tables));
    write_time(json, "window_end", block_tables_window_end_ms(tables));
    json_field_bool(json, "complete", block_tables_incomplete_reason(tables) == NULL);
    json_field_text(json, "incomplete_reason", block_tables_incomplete_reason(tables));
    json_field_bool(json, "labels_capped", block_tables_capped(tables));
    json_field_uint64(json, "pairs", block_tables_pairs(tables));
    write_labels(json, tables);
    for (size_t arm = 0; arm < ARM_COUNT; arm++) {
        TRY(write_arm(json, tables, (enum arm)arm));
    }
    json_write_key(json, "explanation");
    explanation_write(verdict, json);
    slices_write_fields(verdict, json);
    json_write_object_end(json);
    return json_writer_finish(json);
}

/* The stream is named by the path; everything else as in a question. */
static enum serin_status parse_question(const struct request *request, struct document **out,
                                        struct serin_error *err)
{
    owned(buffer) query = buffer_create(32 * 1024);
    if (!query) {
        return serin_fail(err, SERIN_NO_MEMORY, "no memory for the query");
    }
    buffer_append_text(query, "stream=");
    for (const char *each = request->parameter; *each; each++) {
        buffer_printf(query, "%%%02X", (unsigned)(unsigned char)*each);
    }
    if (request->query.length > 0) {
        buffer_append_char(query, '&');
        buffer_append_view(query, request->query);
    }
    TRY(buffer_status(query));
    return query_parse(buffer_view(query), &document_limits_request, out, err);
}

static enum serin_status show_tables(struct service *service, const struct snapshot *snapshot,
                                     const struct request *request, struct reply *reply,
                                     struct serin_error *err)
{
    owned(document) document = NULL;
    TRY(parse_question(request, &document, err));
    owned(question) question = NULL;
    TRY(question_decode(snapshot_catalog(snapshot), document_root(document), &question, err));
    if (request->principal) {
        TRY(principal_check(request->principal, RIGHT_READ, request->parameter, err));
    }
    int64_t now_ms = clock_wall(service_clock(service)).unix_ms;
    owned(block_tables) tables = NULL;
    TRY(question_tables(question, now_ms, request->deadline, &tables, err));
    struct verdict verdict;
    TRY(question_judge(question, tables, now_ms, &verdict, err));
    TRY(verdict_explain(question_spec(question), tables, &verdict, err));
    struct json_writer json;
    json_writer_init(&json, reply->body);
    return write_tables(&json, tables, &verdict);
}

void route_streams_tables(struct service *service, const struct snapshot *snapshot,
                          const struct request *request, struct reply *reply)
{
    struct serin_error err = {0};
    enum serin_status status = show_tables(service, snapshot, request, reply, &err);
    if (status != SERIN_OK) {
        err.status = status;
        reply_problem(reply, request, status, &err);
        observe_refusal(service, request, http_code(status), &err);
    }
}
