#include "demo_streams.h"

#include "base/embed.h"
#include "platform/gzip.h"

#include <string.h>

EMBED_FILE(demo_streams, "cmd/serin/demo/streams.csv.gz");

enum { ITEMS_MAX = 200000, UNPACKED_MAX = 16 * 1024 * 1024 };

/* "51723,4,4,4,4,2": what make_streams.py writes, and nothing else. */
static bool parse_row(const char *line, size_t length, struct demo_item *out)
{
    const char *comma = memchr(line, ',', length);
    size_t key_length = comma ? (size_t)(comma - line) : 0;
    if (key_length == 0 || key_length >= DEMO_KEY_SIZE || length != key_length + 2 * 5) {
        return false;
    }
    struct demo_item item = {.reference = comma[1]};
    memcpy(item.key, line, key_length);
    for (size_t model = 0; model < DEMO_MODELS; model++) {
        item.labels[model] = comma[3 + 2 * model];
    }
    *out = item;
    return true;
}

static enum serin_status parse_rows(const char *text, size_t length, struct demo_streams *out,
                                    struct serin_error *err)
{
    static const char header[] = "key,reference,stable,good,broken,collapsed\n";
    size_t skip = sizeof(header) - 1;
    if (length < skip || memcmp(text, header, skip) != 0) {
        return serin_fail(err, SERIN_BUG, "the demo's label streams have other columns");
    }
    size_t count = 0;
    for (const char *line = text + skip; line < text + length;) {
        const char *end = memchr(line, '\n', (size_t)(text + length - line));
        if (!end || count == ITEMS_MAX ||
            !parse_row(line, (size_t)(end - line), &out->items[count])) {
            return serin_fail(err, SERIN_BUG, "row %zu of the demo's label streams is not readable",
                              count + 1);
        }
        count++;
        line = end + 1;
    }
    out->count = count;
    return SERIN_OK;
}

enum serin_status demo_streams_load(struct demo_streams *out, struct serin_error *err)
{
    struct text_view packed = EMBED_VIEW(demo_streams);
    struct gzip_limits limits = {.output = UNPACKED_MAX};
    owned_memory char *text = NULL;
    size_t length = 0;
    TRY(gzip_inflate(packed.start, packed.length, limits, &text, &length, err));
    struct demo_streams streams = {.items = memory_allocate(ITEMS_MAX, sizeof(*streams.items))};
    if (!streams.items) {
        return serin_fail(err, SERIN_NO_MEMORY, "no memory for the demo's label streams");
    }
    enum serin_status status = parse_rows(text, length, &streams, err);
    if (status != SERIN_OK) {
        memory_free(streams.items);
        return status;
    }
    *out = streams;
    return SERIN_OK;
}
