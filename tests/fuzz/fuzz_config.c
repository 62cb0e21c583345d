/* The configuration file, through the YAML parser, the decoder and the catalog. */
#include "analysis/catalog.h"
#include "http/config.h"

#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    owned(config) config = NULL;
    struct serin_error err = {0};
    if (config_parse((const char *)data, size, NULL, &config, &err) != SERIN_OK) {
        return 0;
    }
    owned(catalog) catalog = NULL;
    if (catalog_create(config->sources, config->streams, NULL, &catalog, &err) == SERIN_OK) {
        (void)catalog_stream_count(catalog);
    }
    return 0;
}
