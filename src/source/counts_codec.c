#include "source/counts_codec.h"

#include "serin/table.h"

#include <endian.h>
#include <stdbool.h>
#include <string.h>

/*
 * version, then for each kind of text: number of texts, each with its length in front; then the
 * numbers of blocks, cells, increments and items, each followed by them; then the checksum.
 */
enum { FORMAT_VERSION = 1, VARINT_BYTES_MAX = 10, RECORD_BYTES_MAX = 80 };

uint64_t counts_checksum(const uint8_t *bytes, size_t length)
{
    static const struct hash_key key = {"serin counts 1"};
    return hash_siphash64(&key, bytes, length);
}

/* Small numbers of either sign become small numbers. */
static uint64_t zigzag(int64_t value)
{
    return (uint64_t)value << 1 ^ (value < 0 ? UINT64_MAX : 0);
}

static int64_t unzigzag(uint64_t value)
{
    return (int64_t)(value >> 1 ^ (0 - (value & 1)));
}

/* Differences wrap around, so that none can overflow. */
static int64_t difference(int64_t a, int64_t b)
{
    return (int64_t)((uint64_t)a - (uint64_t)b);
}

static int64_t sum(int64_t a, int64_t b)
{
    return (int64_t)((uint64_t)a + (uint64_t)b);
}

/* ---- writing --------------------------------------------------------------------------------- */

struct writer {
    uint8_t *bytes;
    size_t room;
    size_t used;
};

static enum serin_status make_room(struct writer *writer, size_t count)
{
    return memory_grow((void **)&writer->bytes, &writer->room, writer->used + count, 1, SIZE_MAX);
}

/* The functions below write into room that was made. */
static void put_number(struct writer *writer, uint64_t value)
{
    while (value >= 0x80) {
        writer->bytes[writer->used++] = (uint8_t)(value | 0x80);
        value >>= 7;
    }
    writer->bytes[writer->used++] = (uint8_t)value;
}

static void put_bytes(struct writer *writer, const void *bytes, size_t length)
{
    if (length > 0) {
        memcpy(writer->bytes + writer->used, bytes, length);
        writer->used += length;
    }
}

static void put_word(struct writer *writer, uint64_t word)
{
    uint64_t little = htole64(word);
    put_bytes(writer, &little, sizeof(little));
}

/* Ids count up from 0; ID_ABSENT becomes 0 and ID_OTHER 1. */
static void put_id(struct writer *writer, uint32_t id)
{
    put_number(writer, (uint32_t)(id + 2));
}

static enum serin_status put_texts(struct writer *writer, const struct text_view *texts,
                                   size_t count)
{
    TRY(make_room(writer, VARINT_BYTES_MAX));
    put_number(writer, count);
    for (size_t i = 0; i < count; i++) {
        TRY(make_room(writer, VARINT_BYTES_MAX + texts[i].length));
        put_number(writer, texts[i].length);
        put_bytes(writer, texts[i].start, texts[i].length);
    }
    return SERIN_OK;
}

static enum serin_status put_blocks(struct writer *writer, const struct event_counts *counts)
{
    TRY(make_room(writer, RECORD_BYTES_MAX));
    put_number(writer, counts->block_count);
    int64_t before_ms = 0;
    for (size_t i = 0; i < counts->block_count; i++) {
        const struct counts_block *block = &counts->blocks[i];
        TRY(make_room(writer, RECORD_BYTES_MAX));
        put_number(writer, block->arm);
        put_number(writer, block->pod);
        put_number(writer, zigzag(difference(block->start_ms, before_ms)));
        put_number(writer, zigzag(difference(block->first_ms, block->start_ms)));
        put_number(writer, zigzag(difference(block->last_ms, block->first_ms)));
        before_ms = block->start_ms;
    }
    return SERIN_OK;
}

static enum serin_status put_cells(struct writer *writer, const struct event_counts *counts)
{
    TRY(make_room(writer, RECORD_BYTES_MAX));
    put_number(writer, counts->cell_count);
    for (size_t i = 0; i < counts->cell_count; i++) {
        TRY(make_room(writer, RECORD_BYTES_MAX));
        put_id(writer, counts->cells[i].tuple);
        put_id(writer, counts->cells[i].reference);
        put_id(writer, counts->cells[i].label);
    }
    return SERIN_OK;
}

static enum serin_status put_increments(struct writer *writer, const struct event_counts *counts)
{
    TRY(make_room(writer, RECORD_BYTES_MAX));
    put_number(writer, counts->increment_count);
    uint32_t before = 0;
    for (size_t i = 0; i < counts->increment_count; i++) {
        const struct counts_increment *increment = &counts->increments[i];
        TRY(make_room(writer, RECORD_BYTES_MAX));
        put_number(writer, zigzag((int64_t)increment->block - (int64_t)before));
        put_number(writer, increment->cell);
        put_number(writer, increment->count);
        before = increment->block;
    }
    return SERIN_OK;
}

static enum serin_status put_items(struct writer *writer, const struct event_counts *counts)
{
    TRY(make_room(writer, RECORD_BYTES_MAX));
    put_number(writer, counts->item_count);
    int64_t before_ms = 0;
    for (size_t i = 0; i < counts->item_count; i++) {
        const struct counts_item *item = &counts->items[i];
        TRY(make_room(writer, RECORD_BYTES_MAX));
        put_word(writer, item->key.low);
        put_word(writer, item->key.high);
        put_number(writer, (uint32_t)(item->block + 1)); /* BLOCK_NONE becomes 0 */
        put_number(writer, item->cell);
        put_number(writer, item->count);
        put_number(writer, zigzag(difference(item->time_ms, before_ms)));
        before_ms = item->time_ms;
    }
    return SERIN_OK;
}

static enum serin_status put_counts(struct writer *writer, const struct event_counts *counts)
{
    TRY(make_room(writer, 1));
    writer->bytes[writer->used++] = FORMAT_VERSION;
    for (size_t kind = 0; kind < TEXT_KINDS; kind++) {
        TRY(put_texts(writer, counts->texts[kind], counts->text_count[kind]));
    }
    TRY(put_blocks(writer, counts));
    TRY(put_cells(writer, counts));
    TRY(put_increments(writer, counts));
    TRY(put_items(writer, counts));
    TRY(make_room(writer, COUNTS_CHECKSUM_BYTES));
    put_word(writer, counts_checksum(writer->bytes, writer->used));
    return SERIN_OK;
}

enum serin_status counts_encode(const struct event_counts *counts, uint8_t **out,
                                size_t *out_length)
{
    struct writer writer = {0};
    enum serin_status status = put_counts(&writer, counts);
    if (status != SERIN_OK) {
        memory_free(writer.bytes);
        return status;
    }
    *out = writer.bytes;
    *out_length = writer.used;
    return SERIN_OK;
}

/* ---- reading --------------------------------------------------------------------------------- */

/* After a failure `is_bad` stays set and numbers read as 0; the functions ask for it where it
 * matters. */
struct reader {
    const uint8_t *at;
    const uint8_t *end;
    bool is_bad;
};

static size_t left(const struct reader *reader)
{
    return (size_t)(reader->end - reader->at);
}

static uint64_t take_number(struct reader *reader)
{
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 64 && reader->at < reader->end; shift += 7) {
        uint8_t byte = *reader->at++;
        if (shift == 63 && byte > 1) {
            break;
        }
        value |= (uint64_t)(byte & 0x7F) << shift;
        if (byte < 0x80) {
            return value;
        }
    }
    reader->is_bad = true;
    return 0;
}

static uint64_t take_word(struct reader *reader)
{
    uint64_t little = 0;
    if (left(reader) < sizeof(little)) {
        reader->is_bad = true;
        return 0;
    }
    memcpy(&little, reader->at, sizeof(little));
    reader->at += sizeof(little);
    return le64toh(little);
}

/* An index below `bound`. */
static uint32_t take_index(struct reader *reader, size_t bound)
{
    uint64_t value = take_number(reader);
    if (value >= bound) {
        reader->is_bad = true;
        return 0;
    }
    return (uint32_t)value;
}

/* An id below `bound`, or one of the two special ones. */
static uint32_t take_id(struct reader *reader, size_t bound)
{
    return take_index(reader, bound + 2) - 2;
}

static uint64_t take_count(struct reader *reader)
{
    uint64_t count = take_number(reader);
    reader->is_bad |= count < 1 || count > SERIN_TOTAL_MAX;
    return count;
}

/*
 * The number of records to come and an array for them. Each takes a byte at least, which bounds the
 * memory by the length of the input.
 */
static enum serin_status take_array(struct reader *reader, size_t item_size, void **out,
                                    size_t *out_count)
{
    uint64_t count = take_number(reader);
    if (reader->is_bad || count > left(reader)) {
        return SERIN_INVALID;
    }
    *out = memory_allocate((size_t)count, item_size);
    if (!*out) {
        return SERIN_NO_MEMORY;
    }
    *out_count = (size_t)count;
    return SERIN_OK;
}
#define TAKE_ARRAY(reader, array, count)                                                           \
    take_array((reader), sizeof(*(array)), (void **)&(array), &(count))

static enum serin_status state(const struct reader *reader)
{
    return reader->is_bad ? SERIN_INVALID : SERIN_OK;
}

static enum serin_status take_texts(struct reader *reader, struct event_counts *counts, size_t kind)
{
    TRY(TAKE_ARRAY(reader, counts->texts[kind], counts->text_count[kind]));
    for (size_t i = 0; i < counts->text_count[kind]; i++) {
        uint64_t length = take_number(reader);
        if (reader->is_bad || length > left(reader)) {
            return SERIN_INVALID;
        }
        counts->texts[kind][i] = (struct text_view){(const char *)reader->at, (size_t)length};
        reader->at += length;
    }
    return SERIN_OK;
}

static enum serin_status take_blocks(struct reader *reader, struct event_counts *counts)
{
    TRY(TAKE_ARRAY(reader, counts->blocks, counts->block_count));
    int64_t before_ms = 0;
    for (size_t i = 0; i < counts->block_count; i++) {
        struct counts_block *block = &counts->blocks[i];
        block->arm = take_index(reader, counts->text_count[TEXT_ARM]);
        block->pod = take_index(reader, counts->text_count[TEXT_POD]);
        block->start_ms = sum(before_ms, unzigzag(take_number(reader)));
        block->first_ms = sum(block->start_ms, unzigzag(take_number(reader)));
        block->last_ms = sum(block->first_ms, unzigzag(take_number(reader)));
        reader->is_bad |= block->last_ms < block->first_ms;
        before_ms = block->start_ms;
    }
    return state(reader);
}

static enum serin_status take_cells(struct reader *reader, struct event_counts *counts)
{
    TRY(TAKE_ARRAY(reader, counts->cells, counts->cell_count));
    for (size_t i = 0; i < counts->cell_count; i++) {
        struct counts_cell *cell = &counts->cells[i];
        cell->tuple = take_id(reader, counts->text_count[TEXT_TUPLE]);
        cell->reference = take_id(reader, counts->text_count[TEXT_REFERENCE]);
        cell->label = take_id(reader, counts->text_count[TEXT_LABEL]);
    }
    return state(reader);
}

/* Whether increments or events with a label may refer to this cell. */
static bool has_label(const struct event_counts *counts, uint32_t cell)
{
    return counts->cells[cell].label != ID_ABSENT && counts->cells[cell].tuple < ID_ABSENT;
}

static enum serin_status take_increments(struct reader *reader, struct event_counts *counts)
{
    TRY(TAKE_ARRAY(reader, counts->increments, counts->increment_count));
    uint64_t before = 0;
    for (size_t i = 0; i < counts->increment_count; i++) {
        struct counts_increment *increment = &counts->increments[i];
        uint64_t block = before + (uint64_t)unzigzag(take_number(reader));
        increment->cell = take_index(reader, counts->cell_count);
        increment->count = take_count(reader);
        if (reader->is_bad || block >= counts->block_count || !has_label(counts, increment->cell)) {
            return SERIN_INVALID;
        }
        increment->block = (uint32_t)block;
        before = block;
    }
    return SERIN_OK;
}

static enum serin_status take_items(struct reader *reader, struct event_counts *counts)
{
    TRY(TAKE_ARRAY(reader, counts->items, counts->item_count));
    int64_t before_ms = 0;
    for (size_t i = 0; i < counts->item_count; i++) {
        struct counts_item *item = &counts->items[i];
        item->key.low = take_word(reader);
        item->key.high = take_word(reader);
        item->block = take_index(reader, counts->block_count + 1) - 1;
        item->cell = take_index(reader, counts->cell_count);
        item->count = take_count(reader);
        item->time_ms = sum(before_ms, unzigzag(take_number(reader)));
        before_ms = item->time_ms;
        if (reader->is_bad) {
            return SERIN_INVALID;
        }
        bool is_late = item->block == BLOCK_NONE;
        bool is_fitting = is_late ? counts->cells[item->cell].reference != ID_ABSENT
                                  : has_label(counts, item->cell);
        if (!is_fitting) {
            return SERIN_INVALID;
        }
    }
    return SERIN_OK;
}

static enum serin_status take_counts(struct reader *reader, struct event_counts *counts)
{
    for (size_t kind = 0; kind < TEXT_KINDS; kind++) {
        TRY(take_texts(reader, counts, kind));
    }
    TRY(take_blocks(reader, counts));
    TRY(take_cells(reader, counts));
    TRY(take_increments(reader, counts));
    TRY(take_items(reader, counts));
    return left(reader) == 0 ? SERIN_OK : SERIN_INVALID;
}

enum serin_status counts_decode(const uint8_t *bytes, size_t length, struct event_counts *out)
{
    if (length < 1 + COUNTS_CHECKSUM_BYTES || bytes[0] != FORMAT_VERSION) {
        return SERIN_INVALID;
    }
    struct reader reader = {bytes + 1, bytes + length - COUNTS_CHECKSUM_BYTES, false};
    struct reader checksum = {reader.end, bytes + length, false};
    if (take_word(&checksum) != counts_checksum(bytes, length - COUNTS_CHECKSUM_BYTES)) {
        return SERIN_INVALID;
    }
    struct event_counts counts = {0};
    enum serin_status status = take_counts(&reader, &counts);
    if (status != SERIN_OK) {
        event_counts_clear(&counts);
        return status;
    }
    *out = counts;
    return SERIN_OK;
}
