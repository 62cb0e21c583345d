/*
 * Media types as in Content-Type (RFC 9110): "application/json; charset=utf-8". Letters count in
 * either case; parameters do not count.
 */
#ifndef SERIN_BASE_MEDIA_TYPE_H
#define SERIN_BASE_MEDIA_TYPE_H

#include "base/text.h"

#include <stdbool.h>

/* Whether it is the type `essence`, e.g. "application/json". */
bool media_type_is(struct text_view media_type, const char *essence);

/* Whether its documents are JSON: application/json, text/json, or a subtype that ends in +json. */
bool media_type_is_json(struct text_view media_type);

#endif
