#include "source/file.h"
#include "source/loki.h"
#include "source/prometheus.h"
#include "source/source.h"
#include "source/store.h"

#include <stdio.h>
#include <string.h>

/* The sources that a configuration can name, ordered by type. */
static const struct source_driver *const drivers[] = {
    &file_driver,
    &loki_driver,
    &prometheus_driver,
    &store_driver,
};

const struct source_driver *source_driver_find(const char *type)
{
    for (size_t i = 0; i < ARRAY_LENGTH(drivers); i++) {
        if (strcmp(drivers[i]->type, type) == 0) {
            return drivers[i];
        }
    }
    return NULL;
}

const struct source_driver *source_driver_at(size_t index)
{
    return index < ARRAY_LENGTH(drivers) ? drivers[index] : NULL;
}

const char *source_driver_types(char out[static SOURCE_TYPES_SIZE])
{
    size_t used = 0;
    out[0] = '\0';
    for (size_t i = 0; i < ARRAY_LENGTH(drivers) && used < SOURCE_TYPES_SIZE; i++) {
        used += (size_t)snprintf(out + used, SOURCE_TYPES_SIZE - used, "%s%s", i > 0 ? ", " : "",
                                 drivers[i]->type);
    }
    return out;
}
