/* What rfc3339_parse and unix_ms_parse accept, they must read back from their own text. */
#include "base/rfc3339.h"

#include <stdint.h>
#include <stdlib.h>

static void require(int holds)
{
    if (!holds) {
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct text_view text = {(const char *)data, size};
    int64_t ms = 0;
    if (rfc3339_parse(text, &ms) == SERIN_OK) {
        require(ms >= UNIX_MS_MIN && ms <= UNIX_MS_MAX);
        char written[RFC3339_SIZE];
        rfc3339_format(ms, written);
        int64_t again = 0;
        require(rfc3339_parse(text_view_of(written), &again) == SERIN_OK);
        require(again == ms);
    }
    if (unix_ms_parse(text, &ms) == SERIN_OK) {
        require(ms >= UNIX_MS_MIN && ms <= UNIX_MS_MAX);
    }
    return 0;
}
