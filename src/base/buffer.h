/*
 * A growing text with a maximum and a sticky failure.
 *
 * Append as often as needed and ask once at the end: after a failed append (too large, no memory)
 * every later one does nothing, and buffer_status tells. The content is always followed by a zero
 * byte that is not counted, so it can be read as a C string.
 */
#ifndef SERIN_BASE_BUFFER_H
#define SERIN_BASE_BUFFER_H

#include "base/memory.h"
#include "base/text.h"
#include "serin/error.h"

struct buffer;

/* An empty buffer that will never hold more than `maximum` bytes; NULL when memory is out. */
struct buffer *buffer_create(size_t maximum) __attribute__((warn_unused_result));

/* NULL is fine. */
void buffer_destroy(struct buffer *buffer);
DEFINE_CLEANUP(buffer)

void buffer_append(struct buffer *buffer, const void *bytes, size_t length);
void buffer_append_view(struct buffer *buffer, struct text_view text);
void buffer_append_text(struct buffer *buffer, const char *text);
void buffer_append_char(struct buffer *buffer, char character);

/*
 * Appends printf-formatted text. Not for %f, %g and %e, which follow the locale: write doubles with
 * base/number.h.
 */
void buffer_printf(struct buffer *buffer, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/*
 * SERIN_OK while every append so far succeeded; SERIN_TOO_LARGE when one would have passed the
 * maximum, SERIN_NO_MEMORY when one found none.
 */
SERIN_MUST_CHECK enum serin_status buffer_status(const struct buffer *buffer);

/* What was appended; valid until the next append, clear, take or destroy. */
struct text_view buffer_view(const struct buffer *buffer);

/* The same as a zero-terminated text; never NULL. */
const char *buffer_text(const struct buffer *buffer);

/* Empties the buffer and forgets a failure; keeps its memory for reuse. */
void buffer_clear(struct buffer *buffer);

/*
 * Hands the zero-terminated content over: the caller frees `*out` with memory_free. `out_length`
 * may be NULL. The buffer is empty afterwards and can be used again. Fails with the sticky status.
 */
SERIN_MUST_CHECK enum serin_status buffer_take(struct buffer *buffer, char **out,
                                               size_t *out_length);

#endif
