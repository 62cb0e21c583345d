/* Unpacks hostile bytes: never more than the limit, and the same however the input is cut. */
#include "base/buffer.h"
#include "base/memory.h"
#include "platform/gzip.h"

#include <stdint.h>
#include <stdlib.h>

enum { LIMIT = 1 << 20 };

static void require(int holds)
{
    if (!holds) {
        abort();
    }
}

static enum serin_status append(void *context, const char *bytes, size_t length,
                                struct serin_error *err)
{
    (void)err;
    buffer_append(context, bytes, length);
    return buffer_status(context);
}

static enum serin_status unpack_bytewise(const uint8_t *data, size_t size, struct buffer *out)
{
    owned(gzip_inflater) inflater = NULL;
    TRY(gzip_inflater_create((struct gzip_limits){.output = LIMIT}, append, out, &inflater, NULL));
    for (size_t i = 0; i < size; i++) {
        TRY(gzip_inflater_push(inflater, data + i, 1, NULL));
    }
    return gzip_inflater_finish(inflater, NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *whole = NULL;
    size_t length = 0;
    enum serin_status status =
        gzip_inflate(data, size, (struct gzip_limits){.output = LIMIT}, &whole, &length, NULL);
    owned(buffer) pieces = buffer_create(LIMIT);
    require(pieces != NULL);
    require((unpack_bytewise(data, size, pieces) == SERIN_OK) == (status == SERIN_OK));
    if (status == SERIN_OK) {
        require(length <= LIMIT);
        require(text_equal(buffer_view(pieces), (struct text_view){whole, length}));
    }
    memory_free(whole);
    return 0;
}
