/* The body of POST /v1/analysis: JSON → spec → canonical text. Whatever comes in, no crash. */
#include "analysis_input.h"
#include "platform/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    owned(document) document = NULL;
    struct serin_error err = {0};
    struct text_view body = {(const char *)data, size};
    if (json_parse(body, &document_limits_request, &document, &err) == SERIN_OK) {
        decode_question(document_root(document));
    }
    return 0;
}
