#include "agreement/pairs.h"

#include "base/memory.h"
#include "serin/scores.h"

#include <math.h>
#include <stdbool.h>

/* Ordered pairs of events: below 2¹⁰⁶ each. */
struct pairs {
    uint128 together; /* in the same cell */
    uint128 rows;     /* with the same reference */
    uint128 columns;  /* with the same label */
    uint128 all;
};

static uint128 pairs_within(const uint64_t *counts, size_t count)
{
    uint128 sum = 0;
    for (size_t k = 0; k < count; k++) {
        sum += counts[k] > 0 ? (uint128)counts[k] * (counts[k] - 1) : 0;
    }
    return sum;
}

/* A 256-bit number, high · 2¹²⁸ + low. */
struct product {
    uint128 low;
    uint128 high;
};

static struct product multiply(uint128 a, uint128 b)
{
    uint64_t a_high = (uint64_t)(a >> 64);
    uint64_t b_high = (uint64_t)(b >> 64);
    uint128 low = (uint128)(uint64_t)a * (uint64_t)b;
    uint128 middle = (uint128)a_high * (uint64_t)b;
    uint128 carry = middle + (low >> 64);
    uint128 other = (uint128)(uint64_t)a * b_high + (uint64_t)carry;
    return (struct product){
        .low = (other << 64) | (uint64_t)low,
        .high = (uint128)a_high * b_high + (carry >> 64) + (other >> 64),
    };
}

static struct product add(struct product a, struct product b)
{
    uint128 low = a.low + b.low;
    return (struct product){low, a.high + b.high + (low < a.low)};
}

/* Rounded once: to the leading 128 bits, the last one of which stands for all that follow. */
static double rounded(struct product value)
{
    uint64_t top = (uint64_t)(value.high >> 64);
    if (value.high == 0) {
        return (double)value.low;
    }
    int shift = top > 0 ? 128 - __builtin_clzll(top) : 64 - __builtin_clzll((uint64_t)value.high);
    uint128 rest = shift < 128 ? value.low << (128 - shift) : value.low;
    uint128 leading =
        shift < 128 ? (value.high << (128 - shift)) | (value.low >> shift) : value.high;
    return ldexp((double)(leading | (rest > 0)), shift);
}

/* a − b */
static double difference(struct product a, struct product b)
{
    bool negative = a.high < b.high || (a.high == b.high && a.low < b.low);
    struct product larger = negative ? b : a;
    struct product smaller = negative ? a : b;
    struct product rest = {
        .low = larger.low - smaller.low,
        .high = larger.high - smaller.high - (larger.low < smaller.low),
    };
    return negative ? -rounded(rest) : rounded(rest);
}

/* 2 (s m − a b) / (a (m − b) + b (m − a)), and the customary 1 for 0/0. */
static double adjusted_rand(const struct pairs *pairs)
{
    double above_chance =
        difference(multiply(pairs->together, pairs->all), multiply(pairs->rows, pairs->columns));
    double room = rounded(add(multiply(pairs->rows, pairs->all - pairs->columns),
                              multiply(pairs->columns, pairs->all - pairs->rows)));
    return room > 0.0 ? 2.0 * above_chance / room : 1.0;
}

static double rand_index(const struct pairs *pairs)
{
    uint128 apart = pairs->all - pairs->rows - (pairs->columns - pairs->together);
    return pairs->all > 0 ? (double)(pairs->together + apart) / (double)pairs->all : 1.0;
}

struct pair_scores pair_scores_of(const struct serin_table *table, const struct margins *margins)
{
    struct pairs pairs = {
        .together = pairs_within(table->counts, table->rows * table->columns),
        .rows = pairs_within(margins->rows, table->rows),
        .columns = pairs_within(margins->columns, table->columns),
        .all = pairs_within(&margins->total, 1),
    };
    return (struct pair_scores){rand_index(&pairs), adjusted_rand(&pairs)};
}

enum serin_status serin_adjusted_rand(const struct serin_table *table, double *out)
{
    margins_scope margins;
    TRY(margins_init(&margins, table));
    *out = pair_scores_of(table, &margins).adjusted_rand;
    return SERIN_OK;
}

enum serin_status serin_rand(const struct serin_table *table, double *out)
{
    margins_scope margins;
    TRY(margins_init(&margins, table));
    *out = pair_scores_of(table, &margins).rand;
    return SERIN_OK;
}
