/*
 * The table of rules: one row for each trap, one function that finds it.
 */
#ifndef SERIN_LINT_RULES_H
#define SERIN_LINT_RULES_H

#include "lint/findings.h"
#include "lint/manifest.h"

/* What a rule is asked about. */
enum rule_scope {
    SCOPE_METRIC,   /* each metric of a template or run */
    SCOPE_WEB,      /* each metric with the web provider */
    SCOPE_SERIN,    /* each metric that asks Serin */
    SCOPE_TEMPLATE, /* each template or run as a whole */
    SCOPE_ROLLOUT   /* each Rollout */
};

struct rule {
    struct lint_trap trap;
    enum rule_scope scope;
    void (*find)(const struct rule *rule, const struct subject *subject, struct findings *findings);
};

struct rule_list {
    const struct rule *rules;
    size_t count;
};

extern const struct rule_list rules_limits;    /* rules_limits.c: how a metric's run ends */
extern const struct rule_list rules_condition; /* rules_condition.c: what decides a look */
extern const struct rule_list rules_web;       /* rules_web.c: the request */
extern const struct rule_list rules_serin;     /* rules_serin.c: what is asked of Serin */
extern const struct rule_list
    rules_template;                          /* rules_template.c: arguments, names, typing errors */
extern const struct rule_list rules_rollout; /* rules_rollout.c: where analyses attach */

#endif
