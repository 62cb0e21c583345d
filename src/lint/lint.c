#include "lint/lint.h"

#include "lint/rules.h"

#include <string.h>

struct lint_result {
    struct findings findings;
    size_t documents;
    size_t checked;
};

static const struct rule_list *const all_rules[] = {
    &rules_limits, &rules_condition, &rules_web, &rules_serin, &rules_template, &rules_rollout,
};

static const struct lint_trap repeated_key = {
    "repeated_key", LINT_ERROR,
    "The key comes a second time in its map: only one of the two counts, and not everybody takes "
    "the same one.",
    "Keep one."};

void lint_result_destroy(struct lint_result *result)
{
    if (result) {
        memory_free(result->findings.list);
        memory_free(result);
    }
}

size_t lint_finding_count(const struct lint_result *result)
{
    return result->findings.count;
}

const struct lint_finding *lint_finding_at(const struct lint_result *result, size_t index)
{
    return &result->findings.list[index];
}

size_t lint_document_count(const struct lint_result *result)
{
    return result->documents;
}

size_t lint_checked_count(const struct lint_result *result)
{
    return result->checked;
}

static void apply(enum rule_scope scope, const struct subject *subject, struct findings *findings)
{
    for (size_t l = 0; l < ARRAY_LENGTH(all_rules); l++) {
        for (size_t i = 0; i < all_rules[l]->count; i++) {
            const struct rule *rule = &all_rules[l]->rules[i];
            if (rule->scope == scope) {
                rule->find(rule, subject, findings);
            }
        }
    }
}

static void check_metric(struct subject subject, const struct node *metric,
                         struct findings *findings)
{
    subject.metric = metric;
    subject.web = field(field(metric, "provider"), "web");
    subject.is_serin = contains(field_text(subject.web, "url"), "/v1/analysis");
    apply(SCOPE_METRIC, &subject, findings);
    if (subject.web) {
        apply(SCOPE_WEB, &subject, findings);
    }
    if (subject.is_serin) {
        apply(SCOPE_SERIN, &subject, findings);
    }
}

static bool is_template(struct text_view kind)
{
    return text_equals(kind, "AnalysisTemplate") || text_equals(kind, "ClusterAnalysisTemplate") ||
           text_equals(kind, "AnalysisRun");
}

static void check_template(const struct subject *subject, struct findings *findings)
{
    apply(SCOPE_TEMPLATE, subject, findings);
    for (const struct node *metric = first_of(field(subject->spec, "metrics")); metric;
         metric = node_next(metric)) {
        check_metric(*subject, metric, findings);
    }
}

static void check_object(const struct yaml_documents *documents, const struct node *root,
                         struct lint_result *result)
{
    struct subject subject = {.documents = documents, .root = root, .spec = field(root, "spec")};
    struct text_view kind = field_text(root, "kind");
    if (is_template(kind)) {
        check_template(&subject, &result->findings);
        result->checked++;
    } else if (text_equals(kind, "Rollout")) {
        apply(SCOPE_ROLLOUT, &subject, &result->findings);
        result->checked++;
    } else if (text_equals(kind, "List")) {
        for (const struct node *item = first_of(field(root, "items")); item;
             item = node_next(item)) {
            if (!text_equals(field_text(item, "kind"), "List")) {
                check_object(documents, item, result);
            }
        }
    }
}

/* Unrendered Helm templates fail in many ways; what they have in common is this. */
static enum serin_status explain(enum serin_status status, struct text_view text,
                                 struct serin_error *err)
{
    bool is_helm = contains(text, "{{-") || contains(text, "{{ .") || contains(text, "{{.") ||
                   contains(text, "{{ include");
    if (status == SERIN_INVALID && is_helm) {
        char detail[sizeof(err->detail)];
        memcpy(detail, err->detail, sizeof(detail));
        detail[160] = '\0';
        return serin_fail(err, SERIN_INVALID,
                          "%s; this looks like a Helm template: render it first, helm template … | "
                          "serin plan --lint -",
                          detail);
    }
    if (status == SERIN_INVALID && contains(text, "{{args.")) {
        char detail[sizeof(err->detail)];
        memcpy(detail, err->detail, sizeof(detail));
        detail[160] = '\0';
        return serin_fail(err, SERIN_INVALID, "%s; {{args.name}} has to stand in quotes", detail);
    }
    return status;
}

enum serin_status lint_check(struct text_view text, struct lint_result **out,
                             struct serin_error *err)
{
    owned(yaml_documents) documents = NULL;
    enum serin_status status = yaml_documents_parse(text, &document_limits_file, &documents, err);
    if (status != SERIN_OK) {
        return explain(status, text, err);
    }
    owned(lint_result) result = memory_allocate(1, sizeof(*result));
    if (!result) {
        return serin_fail(err, SERIN_NO_MEMORY, "no memory for the findings");
    }
    for (size_t i = 0; i < yaml_documents_count(documents); i++) {
        const struct node *root = yaml_documents_root(documents, i);
        result->documents += node_kind(root) == NODE_NULL ? 0 : 1;
        check_object(documents, root, result);
    }
    for (size_t i = 0; i < yaml_documents_repeated_count(documents); i++) {
        findings_add(&result->findings, &repeated_key, yaml_documents_repeated(documents, i), "%s",
                     "");
    }
    if (result->findings.out_of_memory) {
        return serin_fail(err, SERIN_NO_MEMORY, "no memory for the findings");
    }
    findings_sort(&result->findings);
    *out = give(result);
    return SERIN_OK;
}
