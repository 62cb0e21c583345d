/*
 * Finds the traps of Argo Rollouts' analyses in manifests: what would promote, abort or never end
 * although nobody meant it.
 */
#ifndef SERIN_LINT_LINT_H
#define SERIN_LINT_LINT_H

#include "base/buffer.h"
#include "base/memory.h"
#include "base/node.h"
#include "base/text.h"
#include "serin/error.h"

#include <stddef.h>

enum lint_severity {
    LINT_ERROR,  /* Argo refuses it, never decides, or decides otherwise than meant */
    LINT_WARNING /* it works until something goes wrong */
};

/* What is wrong in general; a finding says where. */
struct lint_trap {
    const char *name; /* "success_only" */
    enum lint_severity severity;
    const char *danger; /* what happens, one sentence */
    const char *mend;   /* what to write instead */
};

enum { LINT_DETAIL_SIZE = 160 };
struct lint_finding {
    const struct lint_trap *trap;
    struct node_position at;
    char detail[LINT_DETAIL_SIZE]; /* which of several; "" when the place says it all */
};

struct lint_result;

/*
 * Reads all documents of `text` and checks those that Argo Rollouts analyses: AnalysisTemplate,
 * ClusterAnalysisTemplate, AnalysisRun and Rollout. Findings are in order of place. Fails with
 * SERIN_INVALID when it is no YAML ("line 3, column 5: ..."), SERIN_TOO_LARGE, SERIN_NO_MEMORY.
 */
SERIN_MUST_CHECK enum serin_status lint_check(struct text_view text, struct lint_result **out,
                                              struct serin_error *err);
void lint_result_destroy(struct lint_result *result); /* NULL is fine */
DEFINE_CLEANUP(lint_result)

size_t lint_finding_count(const struct lint_result *result);
const struct lint_finding *lint_finding_at(const struct lint_result *result, size_t index);

/* How many documents there were, empty ones left out, and how many of them were checked. */
size_t lint_document_count(const struct lint_result *result);
size_t lint_checked_count(const struct lint_result *result);

/* "gate.yaml:12:7: error: success_only" with the danger and the mend below, for each finding. */
void lint_write_text(const struct lint_result *result, const char *file, struct buffer *out);

/* The same as one JSON object. Fails with the buffer's sticky status. */
SERIN_MUST_CHECK enum serin_status lint_write_json(const struct lint_result *result,
                                                   const char *file, struct buffer *out);

#endif
