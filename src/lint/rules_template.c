#include "lint/rules.h"

#include "base/suggest.h"

#include <inttypes.h>
#include <string.h>

/* ---- names that nobody reads ------------------------------------------------------------------
 */

struct known_names {
    const char *const *names;
    size_t count;
};

static const char *const spec_names[] = {
    "args", "metrics", "dryRun", "measurementRetention", "templates", "terminate", "ttlStrategy"};
static const char *const metric_names[] = {"name",
                                           "interval",
                                           "initialDelay",
                                           "count",
                                           "provider",
                                           "successCondition",
                                           "failureCondition",
                                           "failureLimit",
                                           "inconclusiveLimit",
                                           "consecutiveErrorLimit",
                                           "consecutiveSuccessLimit"};
static const char *const web_names[] = {"method",   "url",      "headers",
                                        "body",     "jsonBody", "timeoutSeconds",
                                        "jsonPath", "insecure", "authentication"};

static bool is_known(struct text_view name, const struct known_names *known,
                     struct suggestion *suggestion)
{
    for (size_t i = 0; i < known->count; i++) {
        suggestion_offer(suggestion, known->names[i]);
        if (text_equals(name, known->names[i])) {
            return true;
        }
    }
    return false;
}

static void find_unknown(const struct rule *rule, const struct node *map,
                         const struct known_names *known, struct findings *findings)
{
    bool is_map = map && node_kind(map) == NODE_MAP;
    for (const struct node *entry = is_map ? node_first(map) : NULL; entry;
         entry = node_next(entry)) {
        struct suggestion suggestion = suggestion_for(node_key(entry));
        if (!is_known(node_key(entry), known, &suggestion)) {
            const char *best = suggestion_best(&suggestion);
            findings_add(findings, &rule->trap, place_of(entry), "%s%s%s%s",
                         TEXT_QUOTE(node_key(entry)), best ? "; did you mean " : "",
                         best ? best : "", best ? "?" : "");
        }
    }
}

static void find_unknown_in_spec(const struct rule *rule, const struct subject *subject,
                                 struct findings *findings)
{
    const struct known_names known = {spec_names, ARRAY_LENGTH(spec_names)};
    find_unknown(rule, subject->spec, &known, findings);
}

static void find_unknown_in_metric(const struct rule *rule, const struct subject *subject,
                                   struct findings *findings)
{
    const struct known_names of_metric = {metric_names, ARRAY_LENGTH(metric_names)};
    const struct known_names of_web = {web_names, ARRAY_LENGTH(web_names)};
    find_unknown(rule, subject->metric, &of_metric, findings);
    find_unknown(rule, subject->web, &of_web, findings);
}

/* ---- metrics and arguments --------------------------------------------------------------------
 */

static void find_same_metric(const struct rule *rule, const struct subject *subject,
                             struct findings *findings)
{
    const struct node *metrics = field(subject->spec, "metrics");
    for (const struct node *metric = first_of(metrics); metric; metric = node_next(metric)) {
        struct text_view name = field_text(metric, "name");
        if (name.length > 0 && find_named(metrics, name) != metric) {
            findings_add(findings, &rule->trap, node_position(metric), "%s", TEXT_QUOTE(name));
        }
    }
}

/* Every text below a node, in order; as deep as documents are allowed to be. */
static void find_undeclared(const struct rule *rule, const struct node *node,
                            const struct node *args, struct findings *findings)
{
    struct text_view text = text_of(node);
    struct text_view name;
    size_t from = 0;
    while (next_argument(text, &from, &name)) {
        if (!find_named(args, name)) {
            findings_add(findings, &rule->trap, node_position(node), "%s", TEXT_QUOTE(name));
        }
    }
    for (const struct node *child = node_first(node); child; child = node_next(child)) {
        find_undeclared(rule, child, args, findings);
    }
}

static void find_undeclared_arguments(const struct rule *rule, const struct subject *subject,
                                      struct findings *findings)
{
    const struct node *metrics = field(subject->spec, "metrics");
    if (metrics) {
        find_undeclared(rule, metrics, field(subject->spec, "args"), findings);
    }
}

static bool names_secret(struct text_view name)
{
    return contains(name, "token") || contains(name, "password") || contains(name, "secret");
}

static void find_secret_argument(const struct rule *rule, const struct subject *subject,
                                 struct findings *findings)
{
    for (const struct node *arg = first_of(field(subject->spec, "args")); arg;
         arg = node_next(arg)) {
        const struct node *value = field(arg, "value");
        struct text_view name = field_text(arg, "name");
        if (value && names_secret(name) && text_of(value).length > 0) {
            findings_add(findings, &rule->trap, place_of(value), "argument %s", TEXT_QUOTE(name));
        }
    }
}

static void find_hash_in_template(const struct rule *rule, const struct subject *subject,
                                  struct findings *findings)
{
    for (const struct node *arg = first_of(field(subject->spec, "args")); arg;
         arg = node_next(arg)) {
        const struct node *hash = field(field(arg, "valueFrom"), "podTemplateHashValue");
        if (hash) {
            findings_add(findings, &rule->trap, place_of(hash), "argument %s",
                         TEXT_QUOTE(field_text(arg, "name")));
        }
    }
}

static void find_dry_run(const struct rule *rule, const struct subject *subject,
                         struct findings *findings)
{
    for (const struct node *item = first_of(field(subject->spec, "dryRun")); item;
         item = node_next(item)) {
        findings_add(findings, &rule->trap, node_position(item), "metric %s",
                     TEXT_QUOTE(field_text(item, "metricName")));
    }
}

static void find_long_retention(const struct rule *rule, const struct subject *subject,
                                struct findings *findings)
{
    for (const struct node *item = first_of(field(subject->spec, "measurementRetention")); item;
         item = node_next(item)) {
        int64_t kept = field_number(item, "limit", 0);
        if (kept > 100) {
            findings_add(findings, &rule->trap, place_of(field(item, "limit")),
                         "%" PRId64 " measurements", kept);
        }
    }
}

static const struct rule rules[] = {
    {{"unknown_field", LINT_ERROR,
      "Argo does not know this field; the API server refuses it or drops it without a word.",
      "Correct the name."},
     SCOPE_TEMPLATE, find_unknown_in_spec     },
    {{"unknown_field", LINT_ERROR,
      "Argo does not know this field; the API server refuses it or drops it without a word.",
      "Correct the name."},
     SCOPE_METRIC,   find_unknown_in_metric   },
    {{"same_metric_name", LINT_ERROR, "Argo refuses two metrics of one name.",
      "Give each metric a name of its own."},
     SCOPE_TEMPLATE, find_same_metric         },
    {{"undeclared_argument", LINT_ERROR,
      "The argument is not declared, so that it cannot be filled in: Argo refuses the run.",
      "Add it to spec.args."},
     SCOPE_TEMPLATE, find_undeclared_arguments},
    {{"secret_argument", LINT_ERROR,
      "The credential can be read by whoever can read the template or its runs.",
      "Take it from valueFrom.secretKeyRef."},
     SCOPE_TEMPLATE, find_secret_argument     },
    {{"hash_in_template", LINT_ERROR,
      "podTemplateHashValue is known to a Rollout only; in a template it stays empty.",
      "Pass the hashes as arguments from the Rollout's analysis."},
     SCOPE_TEMPLATE, find_hash_in_template    },
    {{"dry_run", LINT_WARNING,
      "A metric in dryRun is measured and shown, but the run ends Successful whatever it says.",
      "Remove the entry when the trial is over."},
     SCOPE_TEMPLATE, find_dry_run             },
    {{"long_retention", LINT_WARNING,
      "Every measurement is kept in the run's status, which etcd refuses beyond 1.5 MiB.",
      "Keep 100 or fewer."},
     SCOPE_TEMPLATE, find_long_retention      },
};
const struct rule_list rules_template = {rules, ARRAY_LENGTH(rules)};
