#include "study/random.h"

#include "base/hash.h"

#include <stdio.h>

struct random {
    gsl_rng *generator;
};

/* xoshiro256++ (Blackman & Vigna, ACM Trans. Math. Softw. 47, 2021): GSL's own take 32-bit seeds,
   which collide among the many chunks of a study. */
struct xoshiro {
    uint64_t word[4];
};

static uint64_t rotate_left(uint64_t value, unsigned bits)
{
    return (value << bits) | (value >> (64U - bits));
}

static uint64_t xoshiro_next(struct xoshiro *state)
{
    uint64_t *s = state->word;
    uint64_t result = rotate_left(s[0] + s[3], 23) + s[0];
    uint64_t shifted = s[1] << 17U;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= shifted;
    s[3] = rotate_left(s[3], 45);
    return result;
}

/* Spreads a seed over the state by SplitMix64, as the authors advise. */
static void xoshiro_seed(void *state, unsigned long seed)
{
    struct xoshiro *xoshiro = state;
    uint64_t counter = seed;
    for (size_t i = 0; i < ARRAY_LENGTH(xoshiro->word); i++) {
        counter += UINT64_C(0x9e3779b97f4a7c15);
        uint64_t mixed = (counter ^ (counter >> 30U)) * UINT64_C(0xbf58476d1ce4e5b9);
        mixed = (mixed ^ (mixed >> 27U)) * UINT64_C(0x94d049bb133111eb);
        xoshiro->word[i] = mixed ^ (mixed >> 31U);
    }
}

static unsigned long xoshiro_integer(void *state)
{
    return xoshiro_next(state);
}

static double xoshiro_double(void *state)
{
    return (double)(xoshiro_next(state) >> 11U) * 0x1p-53;
}

static const gsl_rng_type xoshiro_type = {
    .name = "xoshiro256++",
    .max = UINT64_MAX,
    .min = 0,
    .size = sizeof(struct xoshiro),
    .set = xoshiro_seed,
    .get = xoshiro_integer,
    .get_double = xoshiro_double,
};

static uint64_t seed_of(const struct random_place *place)
{
    static const struct hash_key master = {{"serin study 2026"}};
    char text[128];
    int length = snprintf(text, sizeof(text), "%.40s/%016llx/%zu/%zu", place->study,
                          (unsigned long long)place->cell, place->stage, place->chunk);
    return hash_siphash64(&master, text, (size_t)length);
}

struct random *random_create(const struct random_place *place)
{
    struct random *random = memory_allocate(1, sizeof(*random));
    if (random) {
        random->generator = gsl_rng_alloc(&xoshiro_type);
        if (!random->generator) {
            memory_free(random);
            return NULL;
        }
        gsl_rng_set(random->generator, seed_of(place));
    }
    return random;
}

void random_destroy(struct random *random)
{
    if (random) {
        gsl_rng_free(random->generator);
        memory_free(random);
    }
}

gsl_rng *random_gsl(struct random *random)
{
    return random->generator;
}
