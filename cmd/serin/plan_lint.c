#include "plan_flags.h"

#include "lint/lint.h"
#include "platform/file.h"

#include <stdio.h>

enum { MANIFEST_BYTES_MAX = 4 * 1024 * 1024, FINDINGS_BYTES_MAX = 4 * 1024 * 1024 };

static enum serin_status write_result(const struct lint_result *result, const char *path,
                                      bool is_json, struct serin_error *err)
{
    owned(buffer) out = buffer_create(FINDINGS_BYTES_MAX);
    if (!out) {
        return serin_fail(err, SERIN_NO_MEMORY, "no memory for the findings");
    }
    if (is_json) {
        TRY(lint_write_json(result, path, out));
    } else {
        lint_write_text(result, path, out);
        TRY(buffer_status(out));
    }
    return output_write(out, err);
}

static enum serin_status lint(const char *path, bool is_json, size_t *out_findings,
                              struct serin_error *err)
{
    owned_memory char *text = NULL;
    size_t length = 0;
    TRY(file_read(path, MANIFEST_BYTES_MAX, &text, &length, err));
    owned(lint_result) result = NULL;
    serin_error_at(err, "%s", path);
    TRY(lint_check((struct text_view){text, length}, &result, err));
    if (lint_document_count(result) == 0) {
        return serin_fail(err, SERIN_INVALID, "nothing to check: there is no document in it");
    }
    if (lint_checked_count(result) == 0) {
        (void)fprintf(stderr,
                      "serin plan: nothing to check in %s: no AnalysisTemplate, "
                      "ClusterAnalysisTemplate, AnalysisRun or Rollout\n",
                      path);
    }
    TRY(write_result(result, path, is_json, err));
    *out_findings = lint_finding_count(result);
    return SERIN_OK;
}

enum exit_code plan_lint(const char *path, bool is_json)
{
    struct serin_error err = {0};
    size_t findings = 0;
    enum serin_status status = lint(path, is_json, &findings, &err);
    if (status != SERIN_OK) {
        return command_fail("plan", &err);
    }
    return findings > 0 ? EXIT_ROLLBACK : EXIT_PROMOTE;
}
