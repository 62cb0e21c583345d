/* Numbers, durations and sizes: what is read must read back the same once written. */
#include "base/number.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds) {
        abort();
    }
}

static void check_double(struct text_view text)
{
    double value = 0.0;
    if (number_parse_double(text, &value) == SERIN_OK) {
        double back = 1.0;
        const char *written = number_write_double(value, NUMBER_TEXT);
        require(isfinite(value));
        require(number_parse_double(text_view_of(written), &back) == SERIN_OK);
        require(memcmp(&value, &back, sizeof(value)) == 0);
    }
}

static void check_integers(struct text_view text)
{
    uint64_t value = 0;
    uint64_t back = 1;
    if (number_parse_uint64(text, &value) == SERIN_OK) {
        const char *written = number_write_uint64(value, NUMBER_TEXT);
        require(number_parse_uint64(text_view_of(written), &back) == SERIN_OK && back == value);
    }
    int64_t signed_value = 0;
    int64_t signed_back = 1;
    if (number_parse_int64(text, &signed_value) == SERIN_OK) {
        const char *written = number_write_int64(signed_value, NUMBER_TEXT);
        require(number_parse_int64(text_view_of(written), &signed_back) == SERIN_OK);
        require(signed_back == signed_value);
    }
}

static void check_units(struct text_view text)
{
    int64_t ms = 0;
    int64_t ms_back = 1;
    if (number_parse_duration(text, &ms) == SERIN_OK) {
        const char *written = number_write_duration(ms, NUMBER_TEXT);
        require(number_parse_duration(text_view_of(written), &ms_back) == SERIN_OK);
        require(ms_back == ms);
    }
    uint64_t bytes = 0;
    uint64_t bytes_back = 1;
    if (number_parse_size(text, &bytes) == SERIN_OK) {
        const char *written = number_write_size(bytes, NUMBER_TEXT);
        require(number_parse_size(text_view_of(written), &bytes_back) == SERIN_OK);
        require(bytes_back == bytes);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct text_view text = {(const char *)data, size};
    check_double(text);
    check_integers(text);
    check_units(text);
    return 0;
}
