/*
 * Document trees for tests of layers that parse none themselves.
 */
#ifndef SERIN_TESTS_SUPPORT_JSON_DOCUMENT_H
#define SERIN_TESTS_SUPPORT_JSON_DOCUMENT_H

#include "base/node.h"

/* The document of a JSON text; what does not parse ends the test. */
struct document *json_document(const char *json);

/* A map of untyped texts, as a query string gives it: "a=1&b=x", nothing decoded. */
struct document *query_document(const char *query);

#endif
