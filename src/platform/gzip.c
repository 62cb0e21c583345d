#include "platform/gzip.h"

#include "base/buffer.h"

#include <limits.h>
#include <string.h>
#include <zlib.h>

enum {
    CHUNK = 64 * 1024,
    GZIP_WINDOW_BITS = 15 + 16, /* the largest window; +16 asks zlib for gzip and nothing else */
    DEFLATE_MEMORY_LEVEL = 8    /* zlib's own default */
};

struct gzip_inflater {
    z_stream stream;
    struct gzip_limits limits;
    gzip_sink *sink;
    void *context;
    uint64_t consumed;
    uint64_t produced;
    bool between_members; /* at the start, and after each complete member */
    unsigned char chunk[CHUNK];
};

struct gzip_deflater {
    z_stream stream;
    gzip_sink *sink;
    void *context;
    unsigned char chunk[CHUNK];
};

bool gzip_is_compressed(const void *bytes, size_t length)
{
    return length >= 2 && memcmp(bytes, "\x1f\x8b", 2) == 0;
}

/* zlib allocates where the tests' failing allocator can reach it. */
static voidpf zlib_allocate(voidpf opaque, uInt count, uInt size)
{
    (void)opaque;
    return memory_allocate(count, size);
}

static void zlib_free(voidpf opaque, voidpf address)
{
    (void)opaque;
    memory_free(address);
}

static enum serin_status fail_no_memory(struct serin_error *err)
{
    return serin_fail(err, SERIN_NO_MEMORY, "no memory left for gzip");
}

/* ---- inflate -----------------------------------------------------------------------------------
 */

enum serin_status gzip_inflater_create(struct gzip_limits limits, gzip_sink *sink, void *context,
                                       struct gzip_inflater **out, struct serin_error *err)
{
    struct gzip_inflater *inflater = memory_allocate(1, sizeof(*inflater));
    if (!inflater) {
        return fail_no_memory(err);
    }
    inflater->stream.zalloc = zlib_allocate;
    inflater->stream.zfree = zlib_free;
    if (inflateInit2(&inflater->stream, GZIP_WINDOW_BITS) != Z_OK) {
        memory_free(inflater);
        return fail_no_memory(err);
    }
    inflater->limits = limits;
    inflater->sink = sink;
    inflater->context = context;
    inflater->between_members = true;
    *out = inflater;
    return SERIN_OK;
}

void gzip_inflater_destroy(struct gzip_inflater *inflater)
{
    if (inflater) {
        (void)inflateEnd(&inflater->stream);
        memory_free(inflater);
    }
}

static enum serin_status check_limits(const struct gzip_inflater *inflater, struct serin_error *err)
{
    if (inflater->produced > inflater->limits.output) {
        return serin_fail(err, SERIN_TOO_LARGE,
                          "the gzip data unpack to more than the %llu bytes allowed",
                          (unsigned long long)inflater->limits.output);
    }
    uint64_t ratio = inflater->limits.ratio;
    bool is_bomb = ratio > 0 && inflater->produced > GZIP_RATIO_GRACE &&
                   inflater->produced / ratio > inflater->consumed;
    if (is_bomb) {
        return serin_fail(err, SERIN_TOO_LARGE,
                          "the gzip data expand more than %llu-fold, as no honest input does",
                          (unsigned long long)ratio);
    }
    return SERIN_OK;
}

static enum serin_status fail_from_zlib(const struct gzip_inflater *inflater, int result,
                                        struct serin_error *err)
{
    if (result == Z_MEM_ERROR) {
        return fail_no_memory(err);
    }
    const char *cause = inflater->stream.msg ? inflater->stream.msg : "not gzip";
    return serin_fail(err, SERIN_INVALID, "damaged gzip data near byte %llu: %s",
                      (unsigned long long)inflater->consumed, cause);
}

/* One call of zlib: as much of the pending input as fills a chunk of output. */
static enum serin_status inflate_some(struct gzip_inflater *inflater, struct serin_error *err)
{
    z_stream *stream = &inflater->stream;
    uInt offered = stream->avail_in;
    stream->next_out = inflater->chunk;
    stream->avail_out = CHUNK;
    inflater->between_members = false;
    int result = inflate(stream, Z_NO_FLUSH);
    inflater->consumed += offered - stream->avail_in;
    if (result != Z_OK && result != Z_STREAM_END && result != Z_BUF_ERROR) {
        return fail_from_zlib(inflater, result, err);
    }
    size_t produced = CHUNK - stream->avail_out;
    inflater->produced += produced;
    TRY(check_limits(inflater, err));
    if (produced > 0) {
        TRY(inflater->sink(inflater->context, (const char *)inflater->chunk, produced, err));
    }
    if (result == Z_STREAM_END) {
        inflater->between_members = true;
        (void)inflateReset(stream);
    }
    return SERIN_OK;
}

enum serin_status gzip_inflater_push(struct gzip_inflater *inflater, const void *bytes,
                                     size_t length, struct serin_error *err)
{
    z_stream *stream = &inflater->stream;
    const unsigned char *next = bytes;
    size_t left = length;
    while (left > 0) {
        stream->next_in = (z_const Bytef *)next;
        stream->avail_in = left < UINT_MAX ? (uInt)left : UINT_MAX;
        next += stream->avail_in;
        left -= stream->avail_in;
        /* A full chunk of output may leave more inside zlib even when the input is used up. */
        do {
            TRY(inflate_some(inflater, err));
        } while (stream->avail_in > 0 || (stream->avail_out == 0 && !inflater->between_members));
    }
    return SERIN_OK;
}

enum serin_status gzip_inflater_finish(struct gzip_inflater *inflater, struct serin_error *err)
{
    if (inflater->consumed == 0 || !inflater->between_members) {
        return serin_fail(err, SERIN_INVALID,
                          "the gzip data end after %llu bytes, in the middle; send them whole",
                          (unsigned long long)inflater->consumed);
    }
    return SERIN_OK;
}

static enum serin_status append_to_buffer(void *context, const char *bytes, size_t length,
                                          struct serin_error *err)
{
    struct buffer *buffer = context;
    buffer_append(buffer, bytes, length);
    enum serin_status status = buffer_status(buffer);
    return status == SERIN_OK ? SERIN_OK
                              : serin_fail(err, status, "no memory left for unpacked data");
}

enum serin_status gzip_inflate(const void *bytes, size_t length, struct gzip_limits limits,
                               char **out, size_t *out_length, struct serin_error *err)
{
    size_t maximum = limits.output < SIZE_MAX - 1 ? (size_t)limits.output : SIZE_MAX - 1;
    owned(buffer) buffer = buffer_create(maximum);
    if (!buffer) {
        return fail_no_memory(err);
    }
    owned(gzip_inflater) inflater = NULL;
    TRY(gzip_inflater_create(limits, append_to_buffer, buffer, &inflater, err));
    TRY(gzip_inflater_push(inflater, bytes, length, err));
    TRY(gzip_inflater_finish(inflater, err));
    return buffer_take(buffer, out, out_length) == SERIN_OK ? SERIN_OK : fail_no_memory(err);
}

/* ---- deflate -----------------------------------------------------------------------------------
 */

enum serin_status gzip_deflater_create(gzip_sink *sink, void *context, struct gzip_deflater **out,
                                       struct serin_error *err)
{
    struct gzip_deflater *deflater = memory_allocate(1, sizeof(*deflater));
    if (!deflater) {
        return fail_no_memory(err);
    }
    deflater->stream.zalloc = zlib_allocate;
    deflater->stream.zfree = zlib_free;
    if (deflateInit2(&deflater->stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, GZIP_WINDOW_BITS,
                     DEFLATE_MEMORY_LEVEL, Z_DEFAULT_STRATEGY) != Z_OK) {
        memory_free(deflater);
        return fail_no_memory(err);
    }
    deflater->sink = sink;
    deflater->context = context;
    *out = deflater;
    return SERIN_OK;
}

void gzip_deflater_destroy(struct gzip_deflater *deflater)
{
    if (deflater) {
        (void)deflateEnd(&deflater->stream);
        memory_free(deflater);
    }
}

/* Runs zlib until it has taken all pending input and, with Z_FINISH, given all output. */
static enum serin_status deflate_pending(struct gzip_deflater *deflater, int flush,
                                         struct serin_error *err)
{
    z_stream *stream = &deflater->stream;
    do {
        stream->next_out = deflater->chunk;
        stream->avail_out = CHUNK;
        if (deflate(stream, flush) == Z_STREAM_ERROR) {
            return serin_fail(err, SERIN_BUG, "gzip packing was continued after its end");
        }
        size_t produced = CHUNK - stream->avail_out;
        if (produced > 0) {
            TRY(deflater->sink(deflater->context, (const char *)deflater->chunk, produced, err));
        }
    } while (stream->avail_out == 0);
    return SERIN_OK;
}

enum serin_status gzip_deflater_push(struct gzip_deflater *deflater, const void *bytes,
                                     size_t length, struct serin_error *err)
{
    const unsigned char *next = bytes;
    size_t left = length;
    while (left > 0) {
        uInt offered = left < UINT_MAX ? (uInt)left : UINT_MAX;
        deflater->stream.next_in = (z_const Bytef *)next;
        deflater->stream.avail_in = offered;
        TRY(deflate_pending(deflater, Z_NO_FLUSH, err));
        next += offered;
        left -= offered;
    }
    return SERIN_OK;
}

enum serin_status gzip_deflater_finish(struct gzip_deflater *deflater, struct serin_error *err)
{
    deflater->stream.next_in = NULL;
    deflater->stream.avail_in = 0;
    return deflate_pending(deflater, Z_FINISH, err);
}

enum serin_status gzip_deflate(const void *bytes, size_t length, char **out, size_t *out_length,
                               struct serin_error *err)
{
    owned(buffer) buffer = buffer_create(SIZE_MAX - 1);
    if (!buffer) {
        return fail_no_memory(err);
    }
    owned(gzip_deflater) deflater = NULL;
    TRY(gzip_deflater_create(append_to_buffer, buffer, &deflater, err));
    TRY(gzip_deflater_push(deflater, bytes, length, err));
    TRY(gzip_deflater_finish(deflater, err));
    return buffer_take(buffer, out, out_length) == SERIN_OK ? SERIN_OK : fail_no_memory(err);
}
