/*
 * Writes one JSON document (RFC 8259) onto a buffer, member by member, in the order called.
 *
 * The output has no spaces and is always valid UTF-8: bytes that are not UTF-8 become U+FFFD.
 * Quotes, backslashes, control characters and U+2028/U+2029 are escaped; "<" and "&" are not, so
 * whoever puts JSON into HTML escapes it there. A failure of the buffer is sticky and told once,
 * by json_writer_finish; calls out of order (a value without a key inside an object, an end that
 * does not match) are bugs and assert.
 */
#ifndef SERIN_BASE_JSON_WRITER_H
#define SERIN_BASE_JSON_WRITER_H

#include "base/buffer.h"
#include "base/text.h"
#include "serin/error.h"

#include <stdbool.h>
#include <stdint.h>

enum {
    JSON_WRITER_DEPTH = 32 /* how deeply objects and arrays nest at most */
};

/* Allocates nothing and needs no destructor; its members are json_writer.c's business. */
struct json_writer {
    struct buffer *buffer;
    uint64_t object_levels; /* bit n: level n + 1 is an object */
    uint64_t filled_levels; /* bit n: level n already holds a value */
    unsigned depth;
    bool has_key;
};

/* Starts a document that will be appended to `buffer`, which must outlive the writer. */
void json_writer_init(struct json_writer *writer, struct buffer *buffer);

void json_write_object_begin(struct json_writer *writer);
void json_write_object_end(struct json_writer *writer);
void json_write_array_begin(struct json_writer *writer);
void json_write_array_end(struct json_writer *writer);

/* Names the next value; inside an object only. Keeping names unique is the caller's duty. */
void json_write_key(struct json_writer *writer, const char *name);
void json_write_key_view(struct json_writer *writer, struct text_view name);

void json_write_text(struct json_writer *writer, const char *text); /* NULL becomes null */
void json_write_view(struct json_writer *writer, struct text_view text);
void json_write_double(struct json_writer *writer, double value); /* NaN, infinities: null */
void json_write_uint64(struct json_writer *writer, uint64_t value);
void json_write_int64(struct json_writer *writer, int64_t value);
void json_write_bool(struct json_writer *writer, bool value);
void json_write_null(struct json_writer *writer);

/* A value that is JSON text already and is trusted to be valid. */
void json_write_raw(struct json_writer *writer, struct text_view json);

/* A key and its value in one call. */
void json_field_text(struct json_writer *writer, const char *name, const char *text);
void json_field_view(struct json_writer *writer, const char *name, struct text_view text);
void json_field_double(struct json_writer *writer, const char *name, double value);
void json_field_uint64(struct json_writer *writer, const char *name, uint64_t value);
void json_field_int64(struct json_writer *writer, const char *name, int64_t value);
void json_field_bool(struct json_writer *writer, const char *name, bool value);
/* null unless `defined`. */
void json_field_double_if(struct json_writer *writer, const char *name, double value, bool defined);
void json_field_null(struct json_writer *writer, const char *name);

/* Ends the document, which must be complete. Fails with the buffer's sticky status. */
SERIN_MUST_CHECK enum serin_status json_writer_finish(const struct json_writer *writer);

#endif
