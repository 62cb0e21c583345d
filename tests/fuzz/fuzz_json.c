/* JSON bodies, decoded by a table with every kind of field. */
#include "fuzz/fuzz_document.h"
#include "platform/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct serin_error err = {0};
    owned(document) document = NULL;
    struct text_view text = {(const char *)data, size};
    enum serin_status status = json_parse(text, &document_limits_request, &document, &err);
    fuzz_document(status, document, &err);
    return 0;
}
