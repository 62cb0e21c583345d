#include "lint/rules.h"

#include <inttypes.h>
#include <string.h>

static bool has_body(const struct subject *subject)
{
    return field(subject->web, "body") || field(subject->web, "jsonBody");
}

static bool is_get(const struct subject *subject)
{
    const struct node *method = field(subject->web, "method");
    return !method || text_equals(text_of(method), "GET");
}

static void find_method(const struct rule *rule, const struct subject *subject,
                        struct findings *findings)
{
    const struct node *method = field(subject->web, "method");
    struct text_view text = text_of(method);
    bool is_known = text_equals(text, "GET") || text_equals(text, "POST") ||
                    text_equals(text, "PUT") || contains(text, "{{");
    if (method && !is_known) {
        findings_add(findings, &rule->trap, place_of(method), "%s", TEXT_QUOTE(text));
    }
}

static void find_two_bodies(const struct rule *rule, const struct subject *subject,
                            struct findings *findings)
{
    if (field(subject->web, "body") && field(subject->web, "jsonBody")) {
        findings_add(findings, &rule->trap, place_of(field(subject->web, "jsonBody")), "%s", "");
    }
}

static void find_body_with_get(const struct rule *rule, const struct subject *subject,
                               struct findings *findings)
{
    if (has_body(subject) && is_get(subject)) {
        const struct node *body = field(subject->web, "jsonBody");
        findings_add(findings, &rule->trap, place_of(body ? body : field(subject->web, "body")),
                     "%s", "");
    }
}

static void find_unescaped(const struct rule *rule, const struct subject *subject,
                           struct findings *findings)
{
    const struct node *url = field(subject->web, "url");
    struct text_view text = text_of(url);
    const char *query = text.length > 0 ? memchr(text.start, '?', text.length) : NULL;
    size_t from = query ? (size_t)(query - text.start) : text.length;
    struct text_view name;
    if (next_argument(text, &from, &name)) {
        findings_add(findings, &rule->trap, place_of(url), "argument %s", TEXT_QUOTE(name));
    }
}

static void find_insecure(const struct rule *rule, const struct subject *subject,
                          struct findings *findings)
{
    const struct node *providers = field(subject->metric, "provider");
    for (const struct node *provider = first_of(providers); provider;
         provider = node_next(provider)) {
        const struct node *insecure = field(provider, "insecure");
        if (insecure && node_kind(insecure) == NODE_BOOL && node_bool(insecure)) {
            findings_add(findings, &rule->trap, place_of(insecure), "%s", "");
        }
    }
}

static bool is_credential(struct text_view name)
{
    static const char *const names[] = {"Authorization", "Proxy-Authorization", "X-API-Key",
                                        "X-Auth-Token", "Cookie"};
    for (size_t i = 0; i < ARRAY_LENGTH(names); i++) {
        if (text_equal_ignoring_case(name, text_view_of(names[i]))) {
            return true;
        }
    }
    return false;
}

static void find_secret(const struct rule *rule, const struct subject *subject,
                        struct findings *findings)
{
    for (const struct node *header = first_of(field(subject->web, "headers")); header;
         header = node_next(header)) {
        const struct node *value = field(header, "value");
        struct text_view name = field_text(header, "key");
        if (value && is_credential(name) && !contains(text_of(value), "{{")) {
            findings_add(findings, &rule->trap, place_of(value), "header %s", TEXT_QUOTE(name));
        }
    }
}

static void find_slow(const struct rule *rule, const struct subject *subject,
                      struct findings *findings)
{
    const struct node *timeout = field(subject->web, "timeoutSeconds");
    int64_t seconds = field_number(subject->web, "timeoutSeconds", 10);
    if (seconds > 30) {
        findings_add(findings, &rule->trap, place_of(timeout), "%" PRId64 " s", seconds);
    }
}

static void find_path_without_braces(const struct rule *rule, const struct subject *subject,
                                     struct findings *findings)
{
    const struct node *path = field(subject->web, "jsonPath");
    struct text_view text = text_of(path);
    if (path && !contains(text, "{")) {
        findings_add(findings, &rule->trap, place_of(path), "%s", TEXT_QUOTE(text));
    }
}

static const struct rule rules[] = {
    {{"unknown_method", LINT_ERROR, "Argo knows GET, POST and PUT, in capitals.",
      "Write method: POST."},
     SCOPE_WEB,    find_method             },
    {{"two_bodies", LINT_ERROR,
      "With both body and jsonBody each measurement is an error, and the rollout is aborted.",
      "Keep one of them."},
     SCOPE_WEB,    find_two_bodies         },
    {{"body_with_get", LINT_ERROR,
      "A body cannot be sent with GET, which is the default: each measurement is an error, and the "
      "rollout is aborted.",
      "Add method: POST."},
     SCOPE_WEB,    find_body_with_get      },
    {{"unescaped_argument", LINT_WARNING,
      "Arguments are pasted as they are: a space, +, & or # in a value changes the question.",
      "Send it with method: POST and jsonBody."},
     SCOPE_WEB,    find_unescaped          },
    {{"insecure_tls", LINT_WARNING,
      "Whoever can answer in the server's place can promote a canary.",
      "Put the CA into the controller's trust store, or use plain HTTP behind a NetworkPolicy."},
     SCOPE_METRIC, find_insecure           },
    {{"plain_secret", LINT_ERROR,
      "The credential can be read by whoever can read the template or its runs.",
      "Take it from an argument with valueFrom.secretKeyRef."},
     SCOPE_WEB,    find_secret             },
    {{"slow_timeout", LINT_WARNING,
      "A server that hangs is waited for this long each time, before the next error counts.",
      "Keep timeoutSeconds at 10 to 30."},
     SCOPE_WEB,    find_slow               },
    {{"json_path_braces", LINT_ERROR,
      "A jsonPath without braces is a fixed text and finds nothing: each measurement is an error.",
      "Put it in braces: \"{$.field}\"."},
     SCOPE_WEB,    find_path_without_braces},
};
const struct rule_list rules_web = {rules, ARRAY_LENGTH(rules)};
