#include "agreement/scratch.h"

#include "base/memory.h"

void scratch_init(struct scratch *scratch)
{
    scratch->heap = NULL;
}

void scratch_clear(struct scratch *scratch)
{
    memory_free(scratch->heap);
}

void *scratch_take(struct scratch *scratch, size_t count, size_t size)
{
    if (count <= sizeof(scratch->nearby) / size) {
        return scratch->nearby;
    }
    scratch->heap = memory_allocate(count, size);
    return scratch->heap;
}
