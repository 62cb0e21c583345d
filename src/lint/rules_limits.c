#include "lint/rules.h"

#include <inttypes.h>
#include <string.h>

/* "1h30m", "250ms", as Go's time.ParseDuration reads it; there is no day. */
static bool is_go_duration(struct text_view text)
{
    size_t i = text.length > 0 && (text.start[0] == '-' || text.start[0] == '+') ? 1 : 0;
    bool has_unit = text.length == i + 1 && text.start[i] == '0';
    while (i < text.length && !has_unit) {
        size_t digits = i;
        while (i < text.length && (strchr("0123456789.", text.start[i]) && text.start[i])) {
            i++;
        }
        size_t unit = i;
        while (i < text.length && strchr("numhs", text.start[i]) && text.start[i]) {
            i++;
        }
        struct text_view name = {text.start + unit, i - unit};
        bool is_unit = text_equals(name, "h") || text_equals(name, "m") || text_equals(name, "s") ||
                       text_equals(name, "ms") || text_equals(name, "us") ||
                       text_equals(name, "ns");
        if (unit == digits || !is_unit) {
            return false;
        }
        if (i == text.length) {
            return true;
        }
    }
    return has_unit;
}

static void find_bad_duration(const struct rule *rule, const struct subject *subject,
                              struct findings *findings)
{
    static const char *const names[] = {"interval", "initialDelay"};
    for (size_t i = 0; i < ARRAY_LENGTH(names); i++) {
        const struct node *entry = field(subject->metric, names[i]);
        struct text_view text = text_of(entry);
        if (entry && !contains(text, "{{") && !is_go_duration(text)) {
            findings_add(findings, &rule->trap, place_of(entry), "%s", names[i]);
        }
    }
}

/* The number of looks; 0: no end. A text with an argument in it counts as one. */
static int64_t looks_of(const struct subject *subject)
{
    const struct node *count = field(subject->metric, "count");
    int64_t looks = 0;
    return whole_number(count, &looks) ? looks : (count ? INT64_MAX : 0);
}

/* An argument fills this limit in: nobody knows it before the run. */
static bool is_open(const struct subject *subject, const char *name)
{
    const struct node *limit = field(subject->metric, name);
    int64_t known = 0;
    return limit && !whole_number(limit, &known);
}

static bool has_streak(const struct subject *subject)
{
    static const char name[] = "consecutiveSuccessLimit";
    return is_open(subject, name) || field_number(subject->metric, name, 0) > 0;
}

static void find_endless(const struct rule *rule, const struct subject *subject,
                         struct findings *findings)
{
    const struct node *interval = field(subject->metric, "interval");
    if (interval && looks_of(subject) == 0) {
        findings_add(findings, &rule->trap, place_of(interval), "interval without count");
    }
}

static void find_interval_missing(const struct rule *rule, const struct subject *subject,
                                  struct findings *findings)
{
    const struct node *count = field(subject->metric, "count");
    int64_t looks = 0;
    if (whole_number(count, &looks) && looks > 1 && !field(subject->metric, "interval")) {
        findings_add(findings, &rule->trap, place_of(count), "count %" PRId64, looks);
    }
}

static void find_limit_above_count(const struct rule *rule, const struct subject *subject,
                                   struct findings *findings)
{
    static const char *const names[] = {"failureLimit", "inconclusiveLimit"};
    int64_t looks = looks_of(subject);
    for (size_t i = 0; i < ARRAY_LENGTH(names) && looks > 0; i++) {
        int64_t limit = field_number(subject->metric, names[i], 0);
        if (limit > looks) {
            findings_add(findings, &rule->trap, place_of(field(subject->metric, names[i])),
                         "%s %" PRId64 " above count %" PRId64, names[i], limit, looks);
        }
    }
}

static void find_count_too_small(const struct rule *rule, const struct subject *subject,
                                 struct findings *findings)
{
    int64_t looks = looks_of(subject);
    int64_t failures = field_number(subject->metric, "failureLimit", 0);
    int64_t successes = field_number(subject->metric, "consecutiveSuccessLimit", 0);
    bool is_within = failures >= 0 && failures <= looks && successes <= looks;
    if (looks > 0 && successes > 0 && is_within && looks < failures + successes) {
        findings_add(findings, &rule->trap, place_of(field(subject->metric, "count")),
                     "count %" PRId64 " below %" PRId64 " + %" PRId64, looks, failures, successes);
    }
}

static void find_inconclusive_succeeds(const struct rule *rule, const struct subject *subject,
                                       struct findings *findings)
{
    const struct node *limit = field(subject->metric, "inconclusiveLimit");
    int64_t looks = looks_of(subject);
    int64_t allowed = field_number(subject->metric, "inconclusiveLimit", 0);
    if (limit && looks > 0 && allowed >= looks && !has_streak(subject)) {
        findings_add(findings, &rule->trap, place_of(limit),
                     "inconclusiveLimit %" PRId64 " of count %" PRId64, allowed, looks);
    }
}

static bool has_both_conditions(const struct subject *subject)
{
    return field(subject->metric, "successCondition") && field(subject->metric, "failureCondition");
}

static void find_inconclusive_ends(const struct rule *rule, const struct subject *subject,
                                   struct findings *findings)
{
    bool is_repeated = field(subject->metric, "interval") != NULL;
    bool allows = is_open(subject, "inconclusiveLimit") ||
                  field_number(subject->metric, "inconclusiveLimit", 0) != 0;
    if (is_repeated && has_both_conditions(subject) && !allows) {
        findings_add(findings, &rule->trap, node_position(subject->metric), "%s", "");
    }
}

static void find_failure_unlimited(const struct rule *rule, const struct subject *subject,
                                   struct findings *findings)
{
    const struct node *limit = field(subject->metric, "failureLimit");
    if (limit && field_number(subject->metric, "failureLimit", 0) < 0 && !has_streak(subject)) {
        findings_add(findings, &rule->trap, place_of(limit), "%s", "");
    }
}

static void find_few_errors(const struct rule *rule, const struct subject *subject,
                            struct findings *findings)
{
    const struct node *limit = field(subject->metric, "consecutiveErrorLimit");
    int64_t errors = field_number(subject->metric, "consecutiveErrorLimit", 4);
    if (errors <= 4 && !is_open(subject, "consecutiveErrorLimit")) {
        findings_add(findings, &rule->trap,
                     limit ? place_of(limit) : node_position(subject->metric),
                     limit ? "limit %" PRId64 : "not set, so %" PRId64, errors);
    }
}

static void find_patient_rollback(const struct rule *rule, const struct subject *subject,
                                  struct findings *findings)
{
    int64_t failures = field_number(subject->metric, "failureLimit", 0);
    if (failures > 0) {
        findings_add(findings, &rule->trap, place_of(field(subject->metric, "failureLimit")),
                     "failureLimit %" PRId64, failures);
    }
}

static void find_all_looks(const struct rule *rule, const struct subject *subject,
                           struct findings *findings)
{
    int64_t looks = looks_of(subject);
    bool is_repeated = looks == 0 || looks > 1;
    if (is_repeated && field(subject->metric, "interval") && !has_streak(subject)) {
        findings_add(findings, &rule->trap, node_position(subject->metric), "%s", "");
    }
}

static const struct rule rules[] = {
    {{"bad_duration", LINT_ERROR, "Argo cannot read this duration and refuses the analysis.",
      "Write a number with a unit, such as 90s, 2m or 1h30m; there are no days."},
     SCOPE_METRIC, find_bad_duration         },
    {{"endless", LINT_WARNING,
      "The metric is measured until somebody ends the run: an inline step never goes on, and a run "
      "that is terminated ends Successful unless a limit was broken before.",
      "Give it a count."},
     SCOPE_METRIC, find_endless              },
    {{"interval_missing", LINT_ERROR, "Argo refuses a count above 1 without an interval.",
      "Give it an interval."},
     SCOPE_METRIC, find_interval_missing     },
    {{"limit_above_count", LINT_ERROR, "Argo refuses a limit above count.",
      "Make the limit count, or less."},
     SCOPE_METRIC, find_limit_above_count    },
    {{"count_too_small", LINT_ERROR,
      "Argo refuses a count below failureLimit + consecutiveSuccessLimit.",
      "Raise count, or lower a limit."},
     SCOPE_METRIC, find_count_too_small      },
    {{"inconclusive_succeeds", LINT_ERROR,
      "When every measurement is inconclusive the run reaches its count, breaks no limit and ends "
      "Successful: the canary is promoted although nothing was known of it.",
      "Add consecutiveSuccessLimit: 1 (Argo Rollouts 1.8 or newer), or lower inconclusiveLimit "
      "below count."},
     SCOPE_METRIC, find_inconclusive_succeeds},
    {{"inconclusive_ends", LINT_WARNING,
      "inconclusiveLimit is 0: the first inconclusive measurement ends the run and pauses the "
      "rollout, however many were still to come.",
      "Set inconclusiveLimit to count, with consecutiveSuccessLimit: 1."},
     SCOPE_METRIC, find_inconclusive_ends    },
    {{"failure_unlimited", LINT_ERROR,
      "Argo refuses a failureLimit below 0 without a consecutiveSuccessLimit.",
      "Set failureLimit to 0 or more, or add consecutiveSuccessLimit."},
     SCOPE_METRIC, find_failure_unlimited    },
    {{"few_errors", LINT_WARNING,
      "An error is retried every 10 s whatever the interval, and one more in a row than this limit "
      "aborts the rollout: an outage of less than a minute rolls back.",
      "Set consecutiveErrorLimit to 12 or more: two minutes for a restart."},
     SCOPE_WEB,    find_few_errors           },
    {{"patient_rollback", LINT_WARNING,
      "Serin says rollback only when the whole interval lies beyond the margin: asking again keeps "
      "a bad canary in traffic and proves nothing.",
      "Set failureLimit to 0."},
     SCOPE_SERIN,  find_patient_rollback     },
    {{"all_looks", LINT_WARNING,
      "Without consecutiveSuccessLimit the run waits for all of its looks, although the first "
      "promote has decided.",
      "Add consecutiveSuccessLimit: 1 (Argo Rollouts 1.8 or newer)."},
     SCOPE_SERIN,  find_all_looks            },
};
const struct rule_list rules_limits = {rules, ARRAY_LENGTH(rules)};
