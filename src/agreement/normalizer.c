#include "agreement/normalizer.h"

#include "base/memory.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

static const char *const names[SERIN_NORMALIZER_COUNT] = {
    [SERIN_GEOMETRIC] = "geometric",
    [SERIN_ARITHMETIC] = "arithmetic",
    [SERIN_MIN] = "min",
    [SERIN_MAX] = "max",
};

const char *serin_normalizer_name(enum serin_normalizer normalizer)
{
    size_t index = (size_t)normalizer;
    return index < ARRAY_LENGTH(names) ? names[index] : "unknown";
}

enum serin_status serin_normalizer_find(const char *name, enum serin_normalizer *out)
{
    for (size_t i = 0; i < ARRAY_LENGTH(names); i++) {
        if (strcmp(names[i], name) == 0) {
            *out = (enum serin_normalizer)i;
            return SERIN_OK;
        }
    }
    return SERIN_INVALID;
}

double normalizer_mean(enum serin_normalizer normalizer, double reference, double label)
{
    switch (normalizer) {
    case SERIN_ARITHMETIC:
        return (reference + label) / 2.0;
    case SERIN_MIN:
        return fmin(reference, label);
    case SERIN_MAX:
        return fmax(reference, label);
    case SERIN_GEOMETRIC:
        break;
    }
    return sqrt(reference * label);
}

static struct normalizer_gradient one_sided(bool reference_side)
{
    return (struct normalizer_gradient){reference_side ? 1.0 : 0.0, reference_side ? 0.0 : 1.0};
}

struct normalizer_gradient normalizer_gradient(enum serin_normalizer normalizer, double reference,
                                               double label)
{
    switch (normalizer) {
    case SERIN_ARITHMETIC:
        return (struct normalizer_gradient){0.5, 0.5};
    case SERIN_MIN:
        return one_sided(reference <= label);
    case SERIN_MAX:
        return one_sided(reference >= label);
    case SERIN_GEOMETRIC:
        break;
    }
    double mean = sqrt(reference * label);
    return (struct normalizer_gradient){mean / (2.0 * reference), mean / (2.0 * label)};
}
