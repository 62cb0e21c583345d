#include "source/file.h"
#include "source/source.h"

#include <string.h>

/* The sources that a configuration can name, ordered by type, and the same as a text. */
static const struct source_driver *const drivers[] = {
    &file_driver,
};
static const char driver_types[] = "file";

const struct source_driver *source_driver_find(const char *type)
{
    for (size_t i = 0; i < ARRAY_LENGTH(drivers); i++) {
        if (strcmp(drivers[i]->type, type) == 0) {
            return drivers[i];
        }
    }
    return NULL;
}

const char *source_driver_types(void)
{
    return driver_types;
}
