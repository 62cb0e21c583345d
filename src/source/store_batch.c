#include "serin/table.h"
#include "source/key_sample.h"
#include "source/slice_tuple.h"
#include "source/store_state.h"

#include <string.h>

struct store_batch *store_batch_create(const struct store *store)
{
    struct store_batch *batch = memory_allocate(1, sizeof(*batch));
    if (batch) {
        batch->item_key = store->item_key;
        batch->table_key = store->table_key;
    }
    return batch;
}

void store_batch_destroy(struct store_batch *batch)
{
    if (!batch) {
        return;
    }
    for (size_t i = 0; i < batch->part_count; i++) {
        memory_free(batch->parts[i].name);
        counts_builder_destroy(batch->parts[i].builder);
    }
    memory_free(batch->parts);
    memory_free(batch);
}

size_t store_batch_size(const struct store_batch *batch)
{
    return batch->size;
}

static enum serin_status no_memory(struct serin_error *err)
{
    return serin_fail(err, SERIN_NO_MEMORY, "no memory left for the batch");
}

/* ---- parts ----------------------------------------------------------------------------------- */

static struct batch_part *find_part(struct store_batch *batch, const struct stream *stream)
{
    for (size_t i = batch->part_count; i > 0; i--) {
        if (strcmp(batch->parts[i - 1].name, stream->name) == 0) {
            return &batch->parts[i - 1];
        }
    }
    return NULL;
}

static enum serin_status add_part(struct store_batch *batch, const struct stream *stream,
                                  struct batch_part **out)
{
    TRY(memory_grow((void **)&batch->parts, &batch->part_room, batch->part_count + 1,
                    sizeof(*batch->parts), SIZE_MAX));
    owned(counts_builder) builder = counts_builder_create(&batch->table_key);
    char *name = memory_copy_text(stream->name, strlen(stream->name));
    if (!builder || !name) {
        memory_free(name);
        return SERIN_NO_MEMORY;
    }
    struct batch_part *part = &batch->parts[batch->part_count++];
    *part = (struct batch_part){
        .name = name,
        .block_ms = stream->block_ms,
        .retention_ms = stream->retention_ms,
        .lookback_ms = stream->lookback_ms,
        .builder = give(builder),
    };
    *out = part;
    return SERIN_OK;
}

/* ---- events ---------------------------------------------------------------------------------- */

/* Whether the event falls into the same block as the one before. */
static bool continues_block(const struct batch_part *part, const struct label_event *event,
                            int64_t start_ms)
{
    const struct counts_block *last = &part->last_block;
    return part->has_last && last->start_ms == start_ms &&
           text_equal(counts_builder_text_of(part->builder, TEXT_POD, last->pod), event->pod) &&
           text_equal(counts_builder_text_of(part->builder, TEXT_ARM, last->arm), event->arm);
}

/* The block of an event, its times widened to those of the events before it where it goes on. */
static enum serin_status make_block(const struct batch_part *part, const struct label_event *event,
                                    struct counts_block *out)
{
    int64_t time_ms = event->time_ms;
    *out = (struct counts_block){
        .start_ms = block_start(time_ms, part->block_ms), .first_ms = time_ms, .last_ms = time_ms};
    if (continues_block(part, event, out->start_ms)) {
        const struct counts_block *last = &part->last_block;
        out->arm = last->arm;
        out->pod = last->pod;
        out->first_ms = time_ms < last->first_ms ? time_ms : last->first_ms;
        out->last_ms = time_ms > last->last_ms ? time_ms : last->last_ms;
        return SERIN_OK;
    }
    TRY(counts_builder_text(part->builder, TEXT_ARM, event->arm, &out->arm));
    return counts_builder_text(part->builder, TEXT_POD, event->pod, &out->pod);
}

static enum serin_status add_block(struct batch_part *part, const struct label_event *event,
                                   uint32_t *out_index)
{
    struct counts_block block;
    TRY(make_block(part, event, &block));
    TRY(counts_builder_block(part->builder, &block, out_index));
    part->has_last = true;
    part->last_block = block;
    return SERIN_OK;
}

static enum serin_status add_tuple(struct batch_part *part, const struct label_event *event,
                                   uint32_t *out_id)
{
    char bytes[TUPLE_BYTES_MAX];
    struct text_view tuple = {bytes, tuple_encode(event->slices, event->slice_count, bytes)};
    return counts_builder_text(part->builder, TEXT_TUPLE, tuple, out_id);
}

static enum serin_status add_cell(struct batch_part *part, const struct label_event *event,
                                  uint32_t *out_index)
{
    struct counts_cell cell = {ID_ABSENT, ID_ABSENT, ID_ABSENT};
    if (event->has_reference) {
        TRY(counts_builder_text(part->builder, TEXT_REFERENCE, event->reference, &cell.reference));
    }
    if (event->has_label) {
        TRY(counts_builder_text(part->builder, TEXT_LABEL, event->label, &cell.label));
        TRY(add_tuple(part, event, &cell.tuple));
    }
    return counts_builder_cell(part->builder, cell, out_index);
}

static enum serin_status add_event(const struct store_batch *batch, struct batch_part *part,
                                   const struct stream *stream, const struct label_event *event)
{
    uint32_t block = BLOCK_NONE;
    uint32_t cell = 0;
    if (event->has_label) {
        TRY(add_block(part, event, &block));
    }
    TRY(add_cell(part, event, &cell));
    if (!stream->keyed || !event->has_key) {
        return counts_builder_add(part->builder, block, cell, event->count);
    }
    struct counts_item item = {
        .key = hash_siphash128(&batch->item_key, event->key.start, event->key.length),
        .block = block,
        .cell = cell,
        .count = event->count,
        .time_ms = event->time_ms,
    };
    return counts_builder_item(part->builder, &item);
}

static enum serin_status check_event(const struct store_batch *batch, const struct stream *stream,
                                     const struct label_event *event, struct serin_error *err)
{
    if (batch->size == STORE_BATCH_EVENTS_MAX) {
        return serin_fail(err, SERIN_TOO_LARGE,
                          "more than %d events in one batch; send them in several",
                          STORE_BATCH_EVENTS_MAX);
    }
    if (event->count > SERIN_TOTAL_MAX - batch->total) {
        serin_error_at(err, "count");
        return serin_fail(err, SERIN_RANGE, "the batch counts more than 2^53 events");
    }
    if (!event->has_label && (!event->has_key || !event->has_reference)) {
        serin_error_at(err, "label");
        return serin_fail(err, SERIN_INVALID, "an event has a label, or a key and a reference");
    }
    if (!event->has_key && stream_is_sampled(stream)) {
        serin_error_at(err, "key");
        return serin_fail(err, SERIN_INVALID,
                          "stream \"%s\" counts a share of the keys (sample_keys), so every event "
                          "needs one",
                          stream->name);
    }
    if (!event->has_label && !stream->keyed) {
        serin_error_at(err, "label");
        return serin_fail(
            err, SERIN_INVALID,
            "a reference without label needs the label's key, but stream \"%s\" keeps "
            "no keys; set keyed: true in its configuration",
            stream->name);
    }
    return SERIN_OK;
}

enum serin_status store_batch_add(struct store_batch *batch, const struct stream *stream,
                                  const struct label_event *event, struct serin_error *err)
{
    TRY(check_event(batch, stream, event, err));
    if (stream_is_sampled(stream) && !sample_keeps_key(event->key, stream->sample_keys)) {
        batch->size++; /* accepted, and known not to count */
        return SERIN_OK;
    }
    struct batch_part *part = find_part(batch, stream);
    if (!part && add_part(batch, stream, &part) != SERIN_OK) {
        return no_memory(err);
    }
    if (add_event(batch, part, stream, event) != SERIN_OK) {
        return no_memory(err);
    }
    batch->size++;
    batch->total += event->count;
    return SERIN_OK;
}
