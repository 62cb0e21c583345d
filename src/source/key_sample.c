#include "source/key_sample.h"

#include "base/hash.h"

double sample_place(struct text_view key)
{
    static const struct hash_key everywhere = {{0}};
    return (double)(hash_siphash64(&everywhere, key.start, key.length) >> 11) * 0x1p-53;
}

bool sample_keeps_key(struct text_view key, double rate)
{
    return sample_place(key) < rate;
}
