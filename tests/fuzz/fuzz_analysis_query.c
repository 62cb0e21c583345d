/* The query of GET /v1/analysis: parameters → spec → canonical text. */
#include "analysis_input.h"
#include "platform/query.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    owned(document) document = NULL;
    struct serin_error err = {0};
    struct text_view query = {(const char *)data, size};
    if (query_parse(query, &document_limits_request, &document, &err) == SERIN_OK) {
        decode_question(document_root(document));
    }
    return 0;
}
