/*
 * Which labels may leave the pod as they are: those allowed by list or pattern, and of these only
 * what does not look like personal data. The others become one constant, and are counted.
 */
#ifndef SERIN_TAP_LABEL_RULES_H
#define SERIN_TAP_LABEL_RULES_H

#include "base/memory.h"
#include "base/text.h"
#include "serin/error.h"
#include "tap/personal_data.h"

#include <stdbool.h>
#include <stddef.h>

#define LABEL_OTHER  "(other)"  /* stands for labels that are not allowed, or too many */
#define LABEL_MASKED "(masked)" /* stands for what looks like personal data */

struct label_rules;

struct label_rules_options {
    char *const *allowed; /* with neither list nor pattern everything is allowed */
    size_t allowed_count;
    const char *pattern; /* POSIX extended regular expression for the whole label, or NULL */
    bool keeps_personal; /* nothing is masked */
};

/* Fails with SERIN_INVALID (the pattern) and SERIN_NO_MEMORY. */
SERIN_MUST_CHECK enum serin_status label_rules_create(const struct label_rules_options *options,
                                                      struct label_rules **out,
                                                      struct serin_error *err);
void label_rules_destroy(struct label_rules *rules); /* NULL is fine */
DEFINE_CLEANUP(label_rules)

enum label_fate { LABEL_KEPT, LABEL_NOT_ALLOWED, LABEL_PERSONAL };

struct label_ruling {
    struct text_view text; /* what to count instead; the label itself when it is kept */
    enum label_fate fate;
    enum personal_data kind; /* when the fate is LABEL_PERSONAL */
};

/* A label named in the list is kept whatever it looks like. */
struct label_ruling label_rules_apply(const struct label_rules *rules, struct text_view label);

/* The same for texts that no list knows, such as slice values: only masking. */
struct label_ruling label_rules_mask(const struct label_rules *rules, struct text_view text);

#endif
