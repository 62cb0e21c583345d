/* Random numbers that are the same in every run: xorshift64*, seeded by the test. */
#ifndef SERIN_TESTS_SUPPORT_RANDOM_H
#define SERIN_TESTS_SUPPORT_RANDOM_H

#include <stddef.h>
#include <stdint.h>

struct random {
    uint64_t state; /* never 0 */
};

static inline uint64_t random_next(struct random *random)
{
    random->state ^= random->state >> 12;
    random->state ^= random->state << 25;
    random->state ^= random->state >> 27;
    return random->state * UINT64_C(0x2545F4914F6CDD1D);
}

/* 0 … bound - 1 */
static inline size_t random_below(struct random *random, size_t bound)
{
    return (size_t)(random_next(random) >> 11) % bound;
}

#endif
