#include "lint/rules.h"

#include <string.h>

/* Where a Rollout asks for an analysis. */
struct attachment {
    const struct node *analysis;
    bool is_background;
};
enum { ATTACHMENTS_MAX = 64 };

static size_t attachments_of(const struct subject *subject,
                             struct attachment out[static ATTACHMENTS_MAX])
{
    size_t count = 0;
    const struct node *strategy = field(subject->spec, "strategy");
    const struct node *canary = field(strategy, "canary");
    const struct node *blue_green = field(strategy, "blueGreen");
    const struct node *background = field(canary, "analysis");
    if (background) {
        out[count++] = (struct attachment){background, true};
    }
    static const char *const names[] = {"prePromotionAnalysis", "postPromotionAnalysis"};
    for (size_t i = 0; i < ARRAY_LENGTH(names); i++) {
        const struct node *analysis = field(blue_green, names[i]);
        if (analysis) {
            out[count++] = (struct attachment){analysis, false};
        }
    }
    for (const struct node *step = first_of(field(canary, "steps"));
         step && count < ATTACHMENTS_MAX; step = node_next(step)) {
        const struct node *analysis = field(step, "analysis");
        if (analysis) {
            out[count++] = (struct attachment){analysis, false};
        }
    }
    return count;
}

/* Calls `visit` for every argument that any of the analyses passes. */
typedef void argument_visitor(const struct rule *rule, const struct node *args,
                              const struct node *arg, struct findings *findings);

static void visit_arguments(const struct rule *rule, const struct subject *subject,
                            argument_visitor *visit, struct findings *findings)
{
    struct attachment attachments[ATTACHMENTS_MAX];
    size_t count = attachments_of(subject, attachments);
    for (size_t i = 0; i < count; i++) {
        const struct node *args = field(attachments[i].analysis, "args");
        for (const struct node *arg = first_of(args); arg; arg = node_next(arg)) {
            visit(rule, args, arg, findings);
        }
    }
}

static void check_hash(const struct rule *rule, const struct node *args, const struct node *arg,
                       struct findings *findings)
{
    (void)args;
    const struct node *hash = field(field(arg, "valueFrom"), "podTemplateHashValue");
    struct text_view name = field_text(arg, "name");
    bool is_swapped = (contains(name, "canary") && text_equals(text_of(hash), "Stable")) ||
                      (contains(name, "stable") && text_equals(text_of(hash), "Latest"));
    if (hash && is_swapped) {
        findings_add(findings, &rule->trap, place_of(hash), "argument %s", TEXT_QUOTE(name));
    }
}

static void find_swapped_hashes(const struct rule *rule, const struct subject *subject,
                                struct findings *findings)
{
    visit_arguments(rule, subject, check_hash, findings);
}

static void check_hash_value(const struct rule *rule, const struct node *args,
                             const struct node *arg, struct findings *findings)
{
    (void)args;
    const struct node *hash = field(field(arg, "valueFrom"), "podTemplateHashValue");
    struct text_view value = text_of(hash);
    if (hash && !text_equals(value, "Latest") && !text_equals(value, "Stable")) {
        findings_add(findings, &rule->trap, place_of(hash), "%s", TEXT_QUOTE(value));
    }
}

static void find_unknown_hash(const struct rule *rule, const struct subject *subject,
                              struct findings *findings)
{
    visit_arguments(rule, subject, check_hash_value, findings);
}

static void check_literal_hash(const struct rule *rule, const struct node *args,
                               const struct node *arg, struct findings *findings)
{
    (void)args;
    struct text_view name = field_text(arg, "name");
    const struct node *value = field(arg, "value");
    bool is_hash = contains(name, "hash") && (contains(name, "canary") || contains(name, "stable"));
    if (value && is_hash) {
        findings_add(findings, &rule->trap, place_of(value), "argument %s", TEXT_QUOTE(name));
    }
}

static void find_literal_hash(const struct rule *rule, const struct subject *subject,
                              struct findings *findings)
{
    visit_arguments(rule, subject, check_literal_hash, findings);
}

static void check_empty(const struct rule *rule, const struct node *args, const struct node *arg,
                        struct findings *findings)
{
    (void)args;
    if (!field(arg, "value") && !field(arg, "valueFrom")) {
        findings_add(findings, &rule->trap, node_position(arg), "argument %s",
                     TEXT_QUOTE(field_text(arg, "name")));
    }
}

static void find_empty_argument(const struct rule *rule, const struct subject *subject,
                                struct findings *findings)
{
    visit_arguments(rule, subject, check_empty, findings);
}

static void check_twice(const struct rule *rule, const struct node *args, const struct node *arg,
                        struct findings *findings)
{
    struct text_view name = field_text(arg, "name");
    if (name.length > 0 && find_named(args, name) != arg) {
        findings_add(findings, &rule->trap, node_position(arg), "argument %s", TEXT_QUOTE(name));
    }
}

static void find_argument_twice(const struct rule *rule, const struct subject *subject,
                                struct findings *findings)
{
    visit_arguments(rule, subject, check_twice, findings);
}

static void find_background_alone(const struct rule *rule, const struct subject *subject,
                                  struct findings *findings)
{
    struct attachment attachments[ATTACHMENTS_MAX];
    size_t count = attachments_of(subject, attachments);
    if (count == 1 && attachments[0].is_background) {
        findings_add(findings, &rule->trap, place_of(attachments[0].analysis), "%s", "");
    }
}

static void find_analysis_before_traffic(const struct rule *rule, const struct subject *subject,
                                         struct findings *findings)
{
    const struct node *canary = field(field(subject->spec, "strategy"), "canary");
    for (const struct node *step = first_of(field(canary, "steps")); step; step = node_next(step)) {
        if (field(step, "setWeight") || field(step, "setCanaryScale") ||
            field(step, "experiment")) {
            return;
        }
        if (field(step, "analysis")) {
            findings_add(findings, &rule->trap, node_position(step), "%s", "");
            return;
        }
    }
}

/* The template of this name among the documents; NULL: it is elsewhere. */
static const struct node *template_named(const struct yaml_documents *documents,
                                         struct text_view name)
{
    for (size_t i = 0; i < yaml_documents_count(documents); i++) {
        const struct node *root = yaml_documents_root(documents, i);
        struct text_view kind = field_text(root, "kind");
        bool is_template =
            text_equals(kind, "AnalysisTemplate") || text_equals(kind, "ClusterAnalysisTemplate");
        if (is_template && text_equal(field_text(field(root, "metadata"), "name"), name)) {
            return root;
        }
    }
    return NULL;
}

static void check_passed(const struct rule *rule, const struct node *wanted,
                         const struct node *passed, const struct node *at,
                         struct findings *findings)
{
    for (const struct node *arg = first_of(wanted); arg; arg = node_next(arg)) {
        struct text_view name = field_text(arg, "name");
        bool has_own = field(arg, "value") || field(arg, "valueFrom");
        if (!has_own && !find_named(passed, name)) {
            findings_add(findings, &rule->trap, node_position(at), "argument %s", TEXT_QUOTE(name));
        }
    }
}

static void find_missing_argument(const struct rule *rule, const struct subject *subject,
                                  struct findings *findings)
{
    struct attachment attachments[ATTACHMENTS_MAX];
    size_t count = attachments_of(subject, attachments);
    for (size_t i = 0; i < count; i++) {
        const struct node *analysis = attachments[i].analysis;
        for (const struct node *use = first_of(field(analysis, "templates")); use;
             use = node_next(use)) {
            const struct node *template =
                template_named(subject->documents, field_text(use, "templateName"));
            if (template) {
                check_passed(rule, field(field(template, "spec"), "args"), field(analysis, "args"),
                             use, findings);
            }
        }
    }
}

static const struct rule rules[] = {
    {{"swapped_hashes", LINT_ERROR,
      "Canary and stable are the wrong way round: a worse canary looks like an improvement.",
      "Latest is the canary's hash, Stable the stable version's."},
     SCOPE_ROLLOUT, find_swapped_hashes         },
    {{"unknown_hash", LINT_ERROR, "Argo knows podTemplateHashValue: Latest and Stable, so written.",
      "Write Latest for the canary, Stable for the stable version."},
     SCOPE_ROLLOUT, find_unknown_hash           },
    {{"literal_hash", LINT_WARNING,
      "The hash is another one after the next rollout; the comparison is then of the wrong pods.",
      "Use valueFrom.podTemplateHashValue."},
     SCOPE_ROLLOUT, find_literal_hash           },
    {{"empty_argument", LINT_ERROR, "An argument without a value: Argo refuses the run.",
      "Give it a value or a valueFrom."},
     SCOPE_ROLLOUT, find_empty_argument         },
    {{"argument_twice", LINT_ERROR, "An argument that is named twice can resolve to nothing.",
      "Name it once."},
     SCOPE_ROLLOUT, find_argument_twice         },
    {{"missing_argument", LINT_ERROR,
      "The template needs an argument that is not passed: Argo refuses the run.",
      "Pass it in the analysis' args."},
     SCOPE_ROLLOUT, find_missing_argument       },
    {{"background_alone", LINT_WARNING,
      "A background analysis does not hold the rollout up: when the steps are done it is "
      "terminated "
      "and ends Successful, even if it was inconclusive all the time.",
      "Add the analysis as a step, after setWeight."},
     SCOPE_ROLLOUT, find_background_alone       },
    {{"analysis_before_traffic", LINT_WARNING,
      "The analysis runs before the canary gets any traffic.", "Put a setWeight step before it."},
     SCOPE_ROLLOUT, find_analysis_before_traffic},
};
const struct rule_list rules_rollout = {rules, ARRAY_LENGTH(rules)};
