#include "lint/rules.h"

#include "base/suggest.h"
#include "verdict/spec.h"

#include <inttypes.h>
#include <string.h>

static const struct node *body_of(const struct subject *subject)
{
    return field(subject->web, "jsonBody");
}

static void find_missing_fields(const struct rule *rule, const struct subject *subject,
                                struct findings *findings)
{
    static const char *const names[] = {"stream", "canary", "stable"};
    const struct node *body = body_of(subject);
    for (size_t i = 0; i < ARRAY_LENGTH(names) && body; i++) {
        if (!field(body, names[i])) {
            findings_add(findings, &rule->trap, place_of(body), "%s", names[i]);
        }
    }
}

static bool table_has(const struct decode_table *table, struct text_view name,
                      struct suggestion *suggestion)
{
    for (size_t i = 0; i < table->count; i++) {
        suggestion_offer(suggestion, table->fields[i].name);
        if (text_equals(name, table->fields[i].name)) {
            return true;
        }
    }
    return false;
}

static void find_unknown_fields(const struct rule *rule, const struct subject *subject,
                                struct findings *findings)
{
    for (const struct node *entry = first_of(body_of(subject)); entry; entry = node_next(entry)) {
        struct text_view name = node_key(entry);
        struct suggestion suggestion = suggestion_for(name);
        if (!table_has(&spec_table, name, &suggestion) &&
            !table_has(&spec_judgement_table, name, &suggestion)) {
            const char *best = suggestion_best(&suggestion);
            findings_add(findings, &rule->trap, place_of(entry), "%s%s%s%s", TEXT_QUOTE(name),
                         best ? "; did you mean " : "", best ? best : "", best ? "?" : "");
        }
    }
}

static void find_same_arms(const struct rule *rule, const struct subject *subject,
                           struct findings *findings)
{
    const struct node *canary = field(body_of(subject), "canary");
    const struct node *stable = field(body_of(subject), "stable");
    if (canary && stable && text_of(canary).length > 0 &&
        text_equal(text_of(canary), text_of(stable))) {
        findings_add(findings, &rule->trap, place_of(stable), "%s", "");
    }
}

static void find_fixed_repeated(const struct rule *rule, const struct subject *subject,
                                struct findings *findings)
{
    const struct node *interval = field(body_of(subject), "interval");
    bool is_single =
        field_number(subject->metric, "count", 0) == 1 || !field(subject->metric, "interval");
    if (interval && text_equals(text_of(interval), "fixed") && !is_single) {
        findings_add(findings, &rule->trap, place_of(interval), "%s", "");
    }
}

static void find_sliding_window(const struct rule *rule, const struct subject *subject,
                                struct findings *findings)
{
    const struct node *window = field(body_of(subject), "window");
    bool is_fixed = text_equals(field_text(body_of(subject), "interval"), "fixed");
    if (window && !is_fixed && !text_equals(text_of(window), "rollout") &&
        !contains(text_of(window), "{{")) {
        findings_add(findings, &rule->trap, place_of(window), "%s", "");
    }
}

static void find_short_timeout(const struct rule *rule, const struct subject *subject,
                               struct findings *findings)
{
    int64_t seconds = field_number(subject->web, "timeoutSeconds", 10);
    if (seconds > 0 && seconds < 9) {
        findings_add(findings, &rule->trap, place_of(field(subject->web, "timeoutSeconds")),
                     "%" PRId64 " s", seconds);
    }
}

static bool uses_fields(struct text_view condition)
{
    return contains(condition, "result.") || contains(condition, "result[");
}

static void find_narrow_path(const struct rule *rule, const struct subject *subject,
                             struct findings *findings)
{
    const struct node *path = field(subject->web, "jsonPath");
    struct text_view text = text_of(path);
    bool is_whole = text_equals(text, "{$}") || text_equals(text, "{@}") || text_equals(text, "{}");
    bool has_fields = uses_fields(field_text(subject->metric, "successCondition")) ||
                      uses_fields(field_text(subject->metric, "failureCondition"));
    if (path && has_fields && contains(text, "{") && !is_whole) {
        findings_add(findings, &rule->trap, place_of(path), "%s", TEXT_QUOTE(text));
    }
}

static void find_whole_without_field(const struct rule *rule, const struct subject *subject,
                                     struct findings *findings)
{
    const struct node *path = field(subject->web, "jsonPath");
    struct text_view text = text_of(path);
    const struct node *success = field(subject->metric, "successCondition");
    bool is_whole = !path || text_equals(text, "{$}");
    if (success && is_whole && contains(text_of(success), "result") &&
        !uses_fields(text_of(success))) {
        findings_add(findings, &rule->trap, place_of(success), "%s", "");
    }
}

static const char *host_end(struct text_view url)
{
    for (size_t i = 0; i < url.length; i++) {
        if (strchr("/:?", url.start[i])) {
            return url.start + i;
        }
    }
    return url.start + url.length;
}

/* A host with dots that is no Service's is reached through an ingress, mostly. */
static void find_ingress(const struct rule *rule, const struct subject *subject,
                         struct findings *findings)
{
    const struct node *url = field(subject->web, "url");
    struct text_view text = text_of(url);
    const char *scheme = text.length > 0 ? memmem(text.start, text.length, "://", 3) : NULL;
    if (!scheme) {
        return;
    }
    size_t offset = (size_t)(scheme - text.start) + 3;
    struct text_view rest = {text.start + offset, text.length - offset};
    struct text_view host = {rest.start, (size_t)(host_end(rest) - rest.start)};
    bool is_argument = contains(host, "{{") || contains(host, "[");
    bool is_number = host.length > 0 && strchr("0123456789", host.start[host.length - 1]);
    if (!is_argument && !is_number && contains(host, ".") && !contains(host, ".svc")) {
        findings_add(findings, &rule->trap, place_of(url), "%s", TEXT_QUOTE(host));
    }
}

static const struct rule rules[] = {
    {{"question_incomplete", LINT_ERROR,
      "Serin refuses a question without stream, canary and stable with 422: each measurement is an "
      "error, and the rollout is aborted.",
      "Add the field to jsonBody."},
     SCOPE_SERIN, find_missing_fields     },
    {{"question_unknown_field", LINT_ERROR,
      "Serin refuses a field that it does not know with 422: each measurement is an error, and the "
      "rollout is aborted.",
      "Correct the name or leave the field out."},
     SCOPE_SERIN, find_unknown_fields     },
    {{"same_arms", LINT_ERROR, "The canary would be compared with itself; Serin refuses that.",
      "Pass podTemplateHashValue: Latest as canary and Stable as stable."},
     SCOPE_SERIN, find_same_arms          },
    {{"fixed_interval_repeated", LINT_ERROR,
      "A fixed interval is valid for one look: over many of them a third of the rollouts see it "
      "miss once.",
      "Leave interval out (sequential), or look once."},
     SCOPE_SERIN, find_fixed_repeated     },
    {{"sliding_window", LINT_WARNING,
      "The sequential interval is valid on everything since the canary's first event, not on a "
      "window that slides.",
      "Leave window out, or set it to rollout."},
     SCOPE_SERIN, find_sliding_window     },
    {{"short_timeout", LINT_WARNING,
      "Serin takes up to 8 s and then says why it has no answer; a shorter timeout hears neither.",
      "Set timeoutSeconds to 10."},
     SCOPE_SERIN, find_short_timeout      },
    {{"narrow_json_path", LINT_ERROR,
      "The conditions look for fields in what jsonPath has cut down to something else: each "
      "measurement is an error.",
      "Set jsonPath to \"{$}\"."},
     SCOPE_SERIN, find_narrow_path        },
    {{"whole_result", LINT_ERROR,
      "The condition compares the whole answer, an object, with a word: it is never true.",
      "Write result.verdict."},
     SCOPE_SERIN, find_whole_without_field},
    {{"not_the_service", LINT_WARNING,
      "A login or error page of an ingress in between, sent with 200, counts as Successful.",
      "Address the Service: http://serin.serin.svc:8080."},
     SCOPE_SERIN, find_ingress            },
};
const struct rule_list rules_serin = {rules, ARRAY_LENGTH(rules)};
