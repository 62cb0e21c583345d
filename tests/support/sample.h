/*
 * A struct with a field of every kind the decoder knows, for tests and fuzzers.
 */
#ifndef TESTS_SUPPORT_SAMPLE_H
#define TESTS_SUPPORT_SAMPLE_H

#include "base/decode.h"

#include <stdint.h>
#include <string.h>

enum sample_design { SAMPLE_REFERENCE = 3, SAMPLE_PAIRED, SAMPLE_SHIFT };

struct sample_limits {
    uint64_t rows;
    char *owner;
};

struct sample_rule {
    char *name;
    double weight;
    char **tags;
    size_t tag_count;
};

/* What the CUSTOM field reads: how many entries a map of any names has, and the longest of them. */
struct sample_names {
    char *longest;
    size_t count;
};

struct sample {
    char *stream;
    bool has_design;
    bool has_limits;
    enum sample_design design;
    double margin;
    uint64_t samples;
    int64_t window_ms;
    uint64_t body;
    bool enabled;
    char *note;
    char *token;
    char **slices;
    size_t slice_count;
    struct sample_limits limits;
    struct sample_rule *rules;
    size_t rule_count;
    struct sample_names labels;
};

static inline void sample_names_release(void *member)
{
    struct sample_names *names = member;
    memory_free(names->longest);
    *names = (struct sample_names){NULL, 0};
}

static inline enum serin_status sample_names_read(const struct node *node, const char *path,
                                                  void *member, struct serin_error *err)
{
    TRY(decode_expect(node, NODE_MAP, path, err));
    struct text_view longest = {NULL, 0};
    for (const struct node *entry = node_first(node); entry; entry = node_next(entry)) {
        char entry_path[DECODE_PATH_SIZE];
        decode_path_field(path, node_key(entry).start, entry_path);
        TRY(decode_expect(entry, NODE_TEXT, entry_path, err));
        longest = node_key(entry).length > longest.length ? node_key(entry) : longest;
    }
    char *copy = memory_copy_text(longest.start, longest.length);
    if (!copy) {
        return serin_fail(err, SERIN_NO_MEMORY, "no memory for the names");
    }
    sample_names_release(member);
    *(struct sample_names *)member = (struct sample_names){copy, node_count(node)};
    return SERIN_OK;
}

static const struct decode_name sample_designs[] = {
    {"reference", SAMPLE_REFERENCE},
    {"paired",    SAMPLE_PAIRED   },
    {"shift",     SAMPLE_SHIFT    },
    {NULL,        0               },
};

static const struct decode_field sample_limit_fields[] = {
    {.name = "rows",
     DECODE_UINT64(struct sample_limits, rows),
     .fallback = "200",
     .minimum = "1",
     .help = "labels told apart"},
    {.name = "owner",
     DECODE_TEXT(struct sample_limits, owner),
     .is_required = true,
     .help = "who set the limits"},
};
static const struct decode_table sample_limit_table =
    DECODE_TABLE(struct sample_limits, sample_limit_fields);

static const struct decode_field sample_rule_fields[] = {
    {.name = "name",
     DECODE_TEXT(struct sample_rule, name),
     .is_required = true,
     .help = "the rule's name"},
    {.name = "weight",
     DECODE_DOUBLE(struct sample_rule, weight),
     .fallback = "1",
     .minimum = "0",
     .help = "how much it counts"},
    {.name = "tags",
     DECODE_TEXT_LIST(struct sample_rule, tags, tag_count),
     .fallback = "all,none",
     .help = "what it applies to"},
};
static const struct decode_table sample_rule_table =
    DECODE_TABLE(struct sample_rule, sample_rule_fields);

static const struct decode_field sample_fields[] = {
    {.name = "stream",
     DECODE_TEXT(struct sample, stream),
     .is_required = true,
     .help = "a stream named in the configuration"},
    {.name = "design",
     DECODE_ENUM(struct sample, design, sample_designs),
     .fallback = "paired",
     .given = offsetof(struct sample, has_design),
     .help = "how the arms are compared"},
    {.name = "margin",
     DECODE_DOUBLE(struct sample, margin),
     .fallback = "0.1",
     .above = "0",
     .below = "1",
     .help = "the loss of NMI we accept"},
    {.name = "samples",
     DECODE_UINT64(struct sample, samples),
     .fallback = "500",
     .maximum = "1000000",
     .help = "per arm"},
    {.name = "window",
     DECODE_DURATION(struct sample, window_ms),
     .fallback = "1h",
     .minimum = "1s",
     .maximum = "1d",
     .help = "how far back"},
    {.name = "body",
     DECODE_SIZE(struct sample, body),
     .fallback = "64KiB",
     .minimum = "1KiB",
     .help = "largest body"},
    {.name = "enabled",
     DECODE_BOOL(struct sample, enabled),
     .fallback = "true",
     .help = "whether it is judged"},
    {.name = "note",
     DECODE_TEXT(struct sample, note),
     .minimum = "0",
     .maximum = "16",
     .help = "for people"},
    {.name = "token",
     DECODE_TEXT(struct sample, token),
     .is_secret = true,
     .minimum = "8",
     .help = "bearer token"},
    {.name = "slices",
     DECODE_TEXT_LIST(struct sample, slices, slice_count),
     .maximum = "3",
     .help = "slice dimensions"},
    {.name = "limits",
     DECODE_MAP(struct sample, limits, &sample_limit_table),
     .given = offsetof(struct sample, has_limits),
     .help = "caps"},
    {.name = "rules",
     DECODE_MAP_LIST(struct sample, rules, rule_count, &sample_rule_table),
     .maximum = "4",
     .help = "rules in order"},
    {.name = "labels",
     DECODE_CUSTOM(struct sample, labels, sample_names_read, sample_names_release),
     .takes = "a map of texts",
     .help = "names of any kind"},
};
static const struct decode_table sample_table = DECODE_TABLE(struct sample, sample_fields);

#endif
