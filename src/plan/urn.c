#include "plan/urn.h"

#include <stdbool.h>
#include <stdint.h>

/* Each share has a slot of its own, which it leaves to another one from `keep` on. */
struct slot {
    double keep; /* 0 … 1 */
    uint32_t other;
};

struct urn {
    size_t count;
    struct slot *slots;
};

void urn_destroy(struct urn *urn)
{
    if (urn) {
        memory_free(urn->slots);
        memory_free(urn);
    }
}

/* Slots that are too small for their shares, from the end of `order`, fill up those too large. */
static void fill(struct urn *urn, uint32_t *order)
{
    size_t lacking = 0;
    size_t full = urn->count;
    for (size_t i = 0; i < urn->count; i++) {
        bool lacks = urn->slots[i].keep < 1.0;
        order[lacks ? lacking : full - 1] = (uint32_t)i;
        lacking += lacks ? 1 : 0;
        full -= lacks ? 0 : 1;
    }
    while (lacking > 0 && full < urn->count) {
        struct slot *small = &urn->slots[order[--lacking]];
        struct slot *large = &urn->slots[order[full]];
        small->other = order[full];
        large->keep -= 1.0 - small->keep;
        if (large->keep < 1.0) {
            order[lacking++] = order[full++];
        }
    }
    /* Only rounding leaves one over: it is full. */
    while (lacking > 0) {
        urn->slots[order[--lacking]].keep = 1.0;
    }
}

struct urn *urn_create(const double *shares, size_t count)
{
    owned(urn) urn = memory_allocate(1, sizeof(*urn));
    owned_memory uint32_t *order = memory_allocate(count, sizeof(*order));
    if (!urn || !order) {
        return NULL;
    }
    urn->slots = memory_allocate(count, sizeof(*urn->slots));
    if (!urn->slots) {
        return NULL;
    }
    double sum = 0.0;
    for (size_t i = 0; i < count; i++) {
        sum += shares[i];
    }
    for (size_t i = 0; i < count; i++) {
        urn->slots[i] = (struct slot){shares[i] / sum * (double)count, (uint32_t)i};
    }
    urn->count = count;
    fill(urn, order);
    return give(urn);
}

size_t urn_draw(const struct urn *urn, struct draw *draw)
{
    double place = draw_uniform(draw) * (double)urn->count;
    size_t index = (size_t)place;
    index = index < urn->count ? index : urn->count - 1;
    const struct slot *slot = &urn->slots[index];
    return place - (double)index < slot->keep ? index : slot->other;
}
