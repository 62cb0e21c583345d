#include "source/key_sample.h"

#include "base/hash.h"

bool sample_keeps_key(struct text_view key, double rate)
{
    static const struct hash_key everywhere = {{0}};
    double place = (double)(hash_siphash64(&everywhere, key.start, key.length) >> 11) * 0x1p-53;
    return place < rate;
}
