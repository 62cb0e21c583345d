/* Manifests of other people: whatever they hold, a check ends with sound findings or a refusal. */
#include "fuzz/fuzz_document.h"
#include "lint/lint.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_findings(const struct lint_result *result)
{
    for (size_t i = 0; i < lint_finding_count(result); i++) {
        const struct lint_finding *finding = lint_finding_at(result, i);
        fuzz_require(finding->at.line > 0 && finding->at.column > 0);
        fuzz_require(text_is_printable(text_view_of(finding->trap->name)));
        fuzz_require(i == 0 || lint_finding_at(result, i - 1)->at.line <= finding->at.line);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct serin_error err = {0};
    owned(lint_result) result = NULL;
    struct text_view text = {(const char *)data, size};
    if (lint_check(text, &result, &err) != SERIN_OK) {
        fuzz_error(&err);
        return 0;
    }
    owned(buffer) out = buffer_create(1 << 24);
    fuzz_require(out != NULL);
    check_findings(result);
    lint_write_text(result, "fuzz", out);
    fuzz_require(lint_write_json(result, "fuzz", out) == SERIN_OK);
    fuzz_require(text_is_utf8(buffer_view(out)));
    return 0;
}
