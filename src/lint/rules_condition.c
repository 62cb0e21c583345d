#include "lint/rules.h"

#include <string.h>

static const char *const words[] = {"promote", "rollback", "inconclusive"};

static void find_no_conditions(const struct rule *rule, const struct subject *subject,
                               struct findings *findings)
{
    if (!field(subject->metric, "successCondition") &&
        !field(subject->metric, "failureCondition")) {
        findings_add(findings, &rule->trap, node_position(subject->metric), "%s", "");
    }
}

static void find_success_only(const struct rule *rule, const struct subject *subject,
                              struct findings *findings)
{
    const struct node *success = field(subject->metric, "successCondition");
    if (success && !field(subject->metric, "failureCondition")) {
        findings_add(findings, &rule->trap, place_of(success), "%s", "");
    }
}

static void find_failure_only(const struct rule *rule, const struct subject *subject,
                              struct findings *findings)
{
    const struct node *failure = field(subject->metric, "failureCondition");
    if (failure && !field(subject->metric, "successCondition")) {
        findings_add(findings, &rule->trap, place_of(failure), "%s", "");
    }
}

/* "=" that is no part of ==, !=, <=, >=. */
static bool has_single_equals(struct text_view text)
{
    char quote = 0;
    for (size_t i = 0; i < text.length; i++) {
        char at = text.start[i];
        if (quote) {
            if (at == quote) {
                quote = 0;
            }
        } else if (at == '"' || at == '\'') {
            quote = at;
        } else if (at == '=') {
            bool is_behind = i > 0 && strchr("=!<>", text.start[i - 1]);
            bool is_doubled = i + 1 < text.length && text.start[i + 1] == '=';
            if (!is_behind && !is_doubled) {
                return true;
            }
        }
    }
    return false;
}

static const char *const conditions[] = {"successCondition", "failureCondition"};

static void find_assignment(const struct rule *rule, const struct subject *subject,
                            struct findings *findings)
{
    for (size_t i = 0; i < ARRAY_LENGTH(conditions); i++) {
        const struct node *condition = field(subject->metric, conditions[i]);
        if (has_single_equals(text_of(condition))) {
            findings_add(findings, &rule->trap, place_of(condition), "%s", conditions[i]);
        }
    }
}

/* The next text in quotes from `*from` on, which moves behind it. */
static bool next_quoted(struct text_view text, size_t *from, struct text_view *out)
{
    for (size_t i = *from; i < text.length; i++) {
        char quote = text.start[i];
        const char *close = quote == '"' || quote == '\''
                                ? memchr(text.start + i + 1, quote, text.length - i - 1)
                                : NULL;
        if (close) {
            *out = (struct text_view){text.start + i + 1, (size_t)(close - text.start) - i - 1};
            *from = (size_t)(close - text.start) + 1;
            return true;
        }
    }
    return false;
}

static bool is_verdict(struct text_view word)
{
    for (size_t i = 0; i < ARRAY_LENGTH(words); i++) {
        if (text_equals(word, words[i])) {
            return true;
        }
    }
    return false;
}

static void find_unknown_verdict(const struct rule *rule, const struct subject *subject,
                                 struct findings *findings)
{
    for (size_t i = 0; i < ARRAY_LENGTH(conditions); i++) {
        const struct node *condition = field(subject->metric, conditions[i]);
        struct text_view text = text_of(condition);
        struct text_view word;
        size_t from = 0;
        while (contains(text, "verdict") && next_quoted(text, &from, &word)) {
            if (!is_verdict(word)) {
                findings_add(findings, &rule->trap, place_of(condition), "%s", TEXT_QUOTE(word));
            }
        }
    }
}

/* The condition without blanks and with one kind of quotes, for the few forms that are told apart.
 */
enum { FORM_SIZE = 96 };
static struct text_view form_of(struct text_view text, char out[static FORM_SIZE])
{
    size_t length = 0;
    for (size_t i = 0; i < text.length && length + 1 < FORM_SIZE; i++) {
        if (text.start[i] != ' ') {
            out[length++] = text.start[i];
            if (out[length - 1] == '\'') {
                out[length - 1] = '"';
            }
        }
    }
    return (struct text_view){out, length};
}

static void find_form(const struct rule *rule, const struct subject *subject, const char *condition,
                      const char *const *forms, size_t count, struct findings *findings)
{
    const struct node *entry = field(subject->metric, condition);
    char buffer[FORM_SIZE];
    struct text_view form = form_of(text_of(entry), buffer);
    for (size_t i = 0; i < count; i++) {
        if (contains(form, forms[i])) {
            findings_add(findings, &rule->trap, place_of(entry), "%s", condition);
        }
    }
}

static void find_lenient_success(const struct rule *rule, const struct subject *subject,
                                 struct findings *findings)
{
    static const char *const forms[] = {"verdict!=\"rollback\"", "verdict==\"inconclusive\"",
                                        "verdict==\"rollback\""};
    find_form(rule, subject, "successCondition", forms, ARRAY_LENGTH(forms), findings);
}

static void find_strict_failure(const struct rule *rule, const struct subject *subject,
                                struct findings *findings)
{
    static const char *const forms[] = {"verdict!=\"promote\"", "verdict==\"inconclusive\"",
                                        "verdict==\"promote\""};
    find_form(rule, subject, "failureCondition", forms, ARRAY_LENGTH(forms), findings);
}

static const struct rule rules[] = {
    {{"no_conditions", LINT_ERROR,
      "Without conditions every answer that comes counts as Successful.",
      "Add a successCondition and a failureCondition."},
     SCOPE_WEB,    find_no_conditions  },
    {{"success_only", LINT_ERROR,
      "With a successCondition alone every other answer is Failed: an inconclusive one aborts the "
      "rollout.",
      "Add the failureCondition; neither true is then Inconclusive."},
     SCOPE_WEB,    find_success_only   },
    {{"failure_only", LINT_ERROR,
      "With a failureCondition alone every other answer is Successful: an inconclusive or an empty "
      "one promotes the canary.",
      "Add the successCondition; neither true is then Inconclusive."},
     SCOPE_WEB,    find_failure_only   },
    {{"single_equals", LINT_ERROR,
      "A single = is no comparison: each measurement is an error, and the rollout is aborted.",
      "Write ==."},
     SCOPE_METRIC, find_assignment     },
    {{"unknown_verdict", LINT_ERROR, "Serin never answers this verdict; case counts.",
      "Compare with \"promote\" and \"rollback\"."},
     SCOPE_SERIN,  find_unknown_verdict},
    {{"lenient_success", LINT_ERROR,
      "This promotes a canary of which nothing is known, or a bad one.",
      "Write successCondition: result.verdict == \"promote\"."},
     SCOPE_SERIN,  find_lenient_success},
    {{"strict_failure", LINT_ERROR, "This aborts a rollout for want of data, or a good one.",
      "Write failureCondition: result.verdict == \"rollback\"."},
     SCOPE_SERIN,  find_strict_failure },
};
const struct rule_list rules_condition = {rules, ARRAY_LENGTH(rules)};
