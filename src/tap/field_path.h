/*
 * Where in a JSON object a value stands: "label", "payload.segment", "$.payload.segment".
 */
#ifndef SERIN_TAP_FIELD_PATH_H
#define SERIN_TAP_FIELD_PATH_H

#include "base/text.h"
#include "serin/error.h"

#include <stddef.h>
#include <stdint.h>

enum { FIELD_PATH_DEPTH_MAX = 8, FIELD_PATH_BYTES_MAX = 200 };

/* Plain bytes, to be copied freely; read its names with field_path_name. */
struct field_path {
    char bytes[FIELD_PATH_BYTES_MAX];
    struct {
        uint8_t start;
        uint8_t length;
    } names[FIELD_PATH_DEPTH_MAX];
    size_t depth; /* names; 0: no path */
};

/*
 * Reads names separated by dots, after an optional "$."; a dot that belongs to a name is written
 * "\.", a backslash "\\". Fails with SERIN_INVALID.
 */
SERIN_MUST_CHECK enum serin_status field_path_parse(struct text_view text, struct field_path *out,
                                                    struct serin_error *err);

/* The name at a level below the depth; borrows from the path. */
struct text_view field_path_name(const struct field_path *path, size_t level);

#endif
