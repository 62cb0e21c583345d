/*
 * gzip (RFC 1952), streamed in both directions, with caps against bombs.
 *
 * Members may follow each other; anything else after a member, a wrong checksum and an end in the
 * middle are refused: no data is better than part of it.
 */
#ifndef SERIN_PLATFORM_GZIP_H
#define SERIN_PLATFORM_GZIP_H

#include "base/memory.h"
#include "serin/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct gzip_limits {
    uint64_t output; /* bytes of output accepted; must be given */
    uint64_t ratio;  /* output ≤ ratio × input once past GZIP_RATIO_GRACE bytes; 0: no such limit */
};
#define GZIP_RATIO_GRACE (UINT64_C(1) << 20) /* small repetitive bodies may expand freely */

/* Gets a piece of the result, never empty. Another status than SERIN_OK ends the work with it. */
typedef enum serin_status gzip_sink(void *context, const char *bytes, size_t length,
                                    struct serin_error *err);

/* Whether the bytes begin like gzip (1f 8b). */
bool gzip_is_compressed(const void *bytes, size_t length);

/* ---- inflate --------------------------------------------------------------------------------- */

struct gzip_inflater;

/* `sink` gets everything that gzip_inflater_push unpacks. Fails with SERIN_NO_MEMORY. */
SERIN_MUST_CHECK enum serin_status gzip_inflater_create(struct gzip_limits limits, gzip_sink *sink,
                                                        void *context, struct gzip_inflater **out,
                                                        struct serin_error *err);
void gzip_inflater_destroy(struct gzip_inflater *inflater); /* NULL is fine */
DEFINE_CLEANUP(gzip_inflater)

/*
 * Unpacks the next piece of the compressed stream. Fails with SERIN_INVALID (not gzip, damaged,
 * trailing garbage), SERIN_TOO_LARGE (a limit), SERIN_NO_MEMORY or what the sink returned; after a
 * failure only destroy it.
 */
SERIN_MUST_CHECK enum serin_status gzip_inflater_push(struct gzip_inflater *inflater,
                                                      const void *bytes, size_t length,
                                                      struct serin_error *err);

/* Tells that no more input comes: SERIN_INVALID unless the last member was complete. */
SERIN_MUST_CHECK enum serin_status gzip_inflater_finish(struct gzip_inflater *inflater,
                                                        struct serin_error *err);

/*
 * Unpacks a whole body in memory. `*out` is zero-terminated (not counted); the caller frees it with
 * memory_free. Failures as above.
 */
SERIN_MUST_CHECK enum serin_status gzip_inflate(const void *bytes, size_t length,
                                                struct gzip_limits limits, char **out,
                                                size_t *out_length, struct serin_error *err);

/* ---- deflate --------------------------------------------------------------------------------- */

struct gzip_deflater;

/* The output carries no file name and no time: same input, same bytes. */
SERIN_MUST_CHECK enum serin_status gzip_deflater_create(gzip_sink *sink, void *context,
                                                        struct gzip_deflater **out,
                                                        struct serin_error *err);
void gzip_deflater_destroy(struct gzip_deflater *deflater); /* NULL is fine */
DEFINE_CLEANUP(gzip_deflater)
SERIN_MUST_CHECK enum serin_status gzip_deflater_push(struct gzip_deflater *deflater,
                                                      const void *bytes, size_t length,
                                                      struct serin_error *err);
/* Writes the member's end; the deflater is then spent. */
SERIN_MUST_CHECK enum serin_status gzip_deflater_finish(struct gzip_deflater *deflater,
                                                        struct serin_error *err);

/* Packs a whole body in memory; the caller frees `*out` with memory_free. */
SERIN_MUST_CHECK enum serin_status gzip_deflate(const void *bytes, size_t length, char **out,
                                                size_t *out_length, struct serin_error *err);

#endif
