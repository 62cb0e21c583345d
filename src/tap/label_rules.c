#include "tap/label_rules.h"

#include "labels/dictionary.h"

#include <regex.h>
#include <stdio.h>
#include <string.h>

enum { PATTERN_MAX = 1000, LABEL_TEXT_MAX = 256 };

struct label_rules {
    struct dictionary *allowed; /* NULL: no list */
    regex_t pattern;
    bool has_pattern;
    bool keeps_personal;
};

static enum serin_status no_memory(struct serin_error *err)
{
    return serin_fail(err, SERIN_NO_MEMORY, "no memory for the rules for labels");
}

/* The list comes from the configuration: nobody outside can make its texts collide. */
static enum serin_status take_list(struct label_rules *rules,
                                   const struct label_rules_options *options,
                                   struct serin_error *err)
{
    static const struct hash_key key = {{0}};
    if (options->allowed_count == 0) {
        return SERIN_OK;
    }
    rules->allowed = dictionary_create(options->allowed_count, &key);
    if (!rules->allowed) {
        return no_memory(err);
    }
    for (size_t i = 0; i < options->allowed_count; i++) {
        uint32_t id = 0;
        if (dictionary_intern(rules->allowed, text_view_of(options->allowed[i]), &id) != SERIN_OK) {
            return no_memory(err);
        }
    }
    return SERIN_OK;
}

static enum serin_status take_pattern(struct label_rules *rules, const char *pattern,
                                      struct serin_error *err)
{
    char whole[PATTERN_MAX + 8];
    if (strlen(pattern) > PATTERN_MAX) {
        return serin_fail(err, SERIN_INVALID, "longer than %d bytes", PATTERN_MAX);
    }
    (void)snprintf(whole, sizeof(whole), "^(%s)$", pattern);
    int result = regcomp(&rules->pattern, whole, REG_EXTENDED | REG_NOSUB);
    if (result != 0) {
        char why[128];
        (void)regerror(result, &rules->pattern, why, sizeof(why));
        return serin_fail(err, SERIN_INVALID, "%s is not a regular expression: %s",
                          TEXT_QUOTE(text_view_of(pattern)), why);
    }
    rules->has_pattern = true;
    return SERIN_OK;
}

enum serin_status label_rules_create(const struct label_rules_options *options,
                                     struct label_rules **out, struct serin_error *err)
{
    owned(label_rules) rules = memory_allocate(1, sizeof(*rules));
    if (!rules) {
        return no_memory(err);
    }
    rules->keeps_personal = options->keeps_personal;
    TRY(take_list(rules, options, err));
    if (options->pattern) {
        TRY(take_pattern(rules, options->pattern, err));
    }
    *out = give(rules);
    return SERIN_OK;
}

void label_rules_destroy(struct label_rules *rules)
{
    if (rules) {
        dictionary_destroy(rules->allowed);
        if (rules->has_pattern) {
            regfree(&rules->pattern);
        }
        memory_free(rules);
    }
}

static bool matches_pattern(const struct label_rules *rules, struct text_view label)
{
    char copy[LABEL_TEXT_MAX + 1];
    if (!rules->has_pattern || label.length > LABEL_TEXT_MAX) {
        return false;
    }
    memcpy(copy, label.start, label.length);
    copy[label.length] = '\0';
    return regexec(&rules->pattern, copy, 0, NULL, 0) == 0;
}

struct label_ruling label_rules_mask(const struct label_rules *rules, struct text_view text)
{
    enum personal_data kind = rules->keeps_personal ? PERSONAL_NONE : personal_data_find(text);
    if (kind != PERSONAL_NONE) {
        return (struct label_ruling){TEXT_VIEW(LABEL_MASKED), LABEL_PERSONAL, kind};
    }
    return (struct label_ruling){text, LABEL_KEPT, PERSONAL_NONE};
}

struct label_ruling label_rules_apply(const struct label_rules *rules, struct text_view label)
{
    uint32_t id = 0;
    bool is_restricted = rules->allowed || rules->has_pattern;
    if (rules->allowed && dictionary_find(rules->allowed, label, &id)) {
        return (struct label_ruling){label, LABEL_KEPT, PERSONAL_NONE};
    }
    struct label_ruling masked = label_rules_mask(rules, label);
    if (masked.fate != LABEL_KEPT || !is_restricted || matches_pattern(rules, label)) {
        return masked;
    }
    return (struct label_ruling){TEXT_VIEW(LABEL_OTHER), LABEL_NOT_ALLOWED, PERSONAL_NONE};
}
