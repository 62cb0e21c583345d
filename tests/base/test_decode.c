#include "base/decode.h"
#include "support/sample.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>

/* ---- documents -------------------------------------------------------------------------------*/

/* A map under construction; every value stands one line below the one before. */
struct draft {
    struct document_builder *builder;
    uint32_t line;
};

static struct draft draft_start(void)
{
    struct draft draft = {document_builder_create(&document_limits_request), 1};
    cr_assert(ne(ptr, draft.builder, NULL));
    document_builder_at(draft.builder, (struct node_position){1, 1});
    cr_assert(eq(int, document_open_map(draft.builder, NULL), SERIN_OK));
    return draft;
}

static struct document_builder *draft_key(struct draft *draft, const char *key)
{
    draft->line++;
    document_builder_at(draft->builder, (struct node_position){draft->line, 3});
    cr_assert(eq(int, document_add_key(draft->builder, text_view_of(key), NULL), SERIN_OK));
    document_builder_at(draft->builder, (struct node_position){draft->line, 11});
    return draft->builder;
}

static void draft_text(struct draft *draft, const char *key, const char *text)
{
    cr_assert(eq(int, document_add_text(draft_key(draft, key), text_view_of(text), NULL), 0));
}

static void draft_untyped(struct draft *draft, const char *key, const char *text)
{
    cr_assert(eq(int, document_add_untyped(draft_key(draft, key), text_view_of(text), NULL), 0));
}

static void draft_uint64(struct draft *draft, const char *key, uint64_t value)
{
    cr_assert(eq(int, document_add_uint64(draft_key(draft, key), value, NULL), 0));
}

static void draft_real(struct draft *draft, const char *key, double value)
{
    cr_assert(eq(int, document_add_real(draft_key(draft, key), value, NULL), 0));
}

static void draft_open_list(struct draft *draft, const char *key)
{
    cr_assert(eq(int, document_open_list(draft_key(draft, key), NULL), 0));
}

static void draft_open_map(struct draft *draft, const char *key)
{
    cr_assert(eq(int, document_open_map(draft_key(draft, key), NULL), 0));
}

static void draft_item(struct draft *draft, const char *text)
{
    cr_assert(eq(int, document_add_text(draft->builder, text_view_of(text), NULL), 0));
}

static void draft_open_item(struct draft *draft)
{
    cr_assert(eq(int, document_open_map(draft->builder, NULL), 0));
}

static void draft_close(struct draft *draft)
{
    document_close(draft->builder);
}

static struct document *draft_finish(struct draft *draft)
{
    draft_close(draft);
    struct document *document = document_builder_take(draft->builder);
    document_builder_destroy(draft->builder);
    return document;
}

/* A document with a value for every field. */
static struct document *full_document(void)
{
    struct draft draft = draft_start();
    draft_text(&draft, "stream", "checkout");
    draft_text(&draft, "design", "shift");
    draft_real(&draft, "margin", 0.05);
    draft_uint64(&draft, "samples", 1000000);
    draft_text(&draft, "window", "1h30m");
    draft_text(&draft, "body", "10MiB");
    cr_assert(eq(int, document_add_bool(draft_key(&draft, "enabled"), false, NULL), 0));
    draft_text(&draft, "note", "");
    draft_text(&draft, "token", "0123456789");
    draft_open_list(&draft, "slices");
    draft_item(&draft, "region");
    draft_item(&draft, "device");
    draft_close(&draft);
    draft_open_map(&draft, "limits");
    draft_text(&draft, "owner", "ops");
    draft_close(&draft);
    draft_open_list(&draft, "rules");
    draft_open_item(&draft);
    draft_text(&draft, "name", "first");
    draft_uint64(&draft, "weight", 2);
    draft_close(&draft);
    draft_open_item(&draft);
    draft_text(&draft, "name", "second");
    draft_open_list(&draft, "tags");
    draft_close(&draft);
    draft_close(&draft);
    draft_close(&draft);
    draft_open_map(&draft, "labels");
    draft_text(&draft, "eu", "x");
    draft_text(&draft, "emea", "y");
    draft_close(&draft);
    return draft_finish(&draft);
}

static enum serin_status decode_sample(const struct document *document, struct sample *sample,
                                       struct serin_error *err)
{
    serin_error_clear(err);
    return decode_map(&sample_table, document_root(document), "", sample, err);
}

static bool is_zero(const void *value, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (((const unsigned char *)value)[i] != 0) {
            return false;
        }
    }
    return true;
}

/* ---- what is filled --------------------------------------------------------------------------*/

Test(decode, fills_every_kind_of_field)
{
    owned(document) document = full_document();
    struct sample sample = {0};
    struct serin_error err = {0};
    cr_assert(eq(int, decode_sample(document, &sample, &err), SERIN_OK), "%s", err.detail);
    cr_assert(eq(str, sample.stream, "checkout"));
    cr_assert(eq(int, sample.design, SAMPLE_SHIFT));
    cr_assert(sample.has_design);
    cr_assert(eq(dbl, sample.margin, 0.05));
    cr_assert(eq(u64, sample.samples, 1000000));
    cr_assert(eq(i64, sample.window_ms, 5400000));
    cr_assert(eq(u64, sample.body, 10485760));
    cr_assert(not(sample.enabled));
    cr_assert(eq(str, sample.note, ""));
    cr_assert(eq(sz, sample.slice_count, 2));
    cr_assert(eq(str, sample.slices[1], "device"));
    cr_assert(sample.has_limits);
    cr_assert(eq(u64, sample.limits.rows, 200));
    cr_assert(eq(str, sample.limits.owner, "ops"));
    cr_assert(eq(sz, sample.rule_count, 2));
    cr_assert(eq(dbl, sample.rules[0].weight, 2.0));
    cr_assert(eq(str, sample.rules[0].tags[1], "none"));
    cr_assert(eq(str, sample.rules[1].name, "second"));
    cr_assert(eq(dbl, sample.rules[1].weight, 1.0));
    cr_assert(eq(sz, sample.rules[1].tag_count, 0));
    cr_assert(eq(str, sample.labels.longest, "emea"));
    decode_clear(&sample_table, &sample);
    cr_assert(is_zero(&sample, sizeof(sample)));
}

Test(decode, untyped_texts_are_read_as_what_the_field_wants)
{
    struct draft draft = draft_start();
    draft_untyped(&draft, "stream", "7");
    draft_untyped(&draft, "design", "reference");
    draft_untyped(&draft, "margin", "0.05");
    draft_untyped(&draft, "samples", "12");
    draft_untyped(&draft, "window", "90s");
    draft_untyped(&draft, "body", "2048");
    draft_untyped(&draft, "enabled", "false");
    draft_untyped(&draft, "slices", "region,device");
    owned(document) document = draft_finish(&draft);
    struct sample sample = {0};
    struct serin_error err = {0};
    cr_assert(eq(int, decode_sample(document, &sample, &err), SERIN_OK), "%s", err.detail);
    cr_assert(eq(str, sample.stream, "7"));
    cr_assert(eq(int, sample.design, SAMPLE_REFERENCE));
    cr_assert(eq(dbl, sample.margin, 0.05));
    cr_assert(eq(u64, sample.samples, 12));
    cr_assert(eq(i64, sample.window_ms, 90000));
    cr_assert(eq(u64, sample.body, 2048));
    cr_assert(not(sample.enabled));
    cr_assert(eq(sz, sample.slice_count, 2));
    cr_assert(eq(str, sample.slices[0], "region"));
    cr_assert(eq(str, sample.slices[1], "device"));
    decode_clear(&sample_table, &sample);
}

Test(decode, absent_and_null_fields_get_their_fallback)
{
    struct draft draft = draft_start();
    draft_text(&draft, "stream", "checkout");
    cr_assert(eq(int, document_add_null(draft_key(&draft, "margin"), NULL), SERIN_OK));
    cr_assert(eq(int, document_add_null(draft_key(&draft, "limits"), NULL), SERIN_OK));
    owned(document) document = draft_finish(&draft);
    struct sample sample = {.has_design = true, .has_limits = true, .samples = 3};
    struct serin_error err = {0};
    cr_assert(eq(int, decode_sample(document, &sample, &err), SERIN_OK), "%s", err.detail);
    cr_assert(eq(int, sample.design, SAMPLE_PAIRED));
    cr_assert(not(sample.has_design));
    cr_assert(eq(dbl, sample.margin, 0.1));
    cr_assert(eq(u64, sample.samples, 500));
    cr_assert(eq(i64, sample.window_ms, 3600000));
    cr_assert(eq(u64, sample.body, 65536));
    cr_assert(sample.enabled);
    cr_assert(eq(ptr, sample.note, NULL));
    cr_assert(eq(sz, sample.slice_count, 0));
    cr_assert(not(sample.has_limits));
    cr_assert(eq(u64, sample.limits.rows, 200), "an absent section has its fallbacks");
    cr_assert(eq(ptr, sample.limits.owner, NULL), "and does not miss what it requires");
    decode_clear(&sample_table, &sample);
}

Test(decode, what_was_there_before_is_replaced_and_freed)
{
    owned(document) document = full_document();
    struct sample sample = {0};
    struct serin_error err = {0};
    for (int i = 0; i < 2; i++) {
        cr_assert(eq(int, decode_sample(document, &sample, &err), SERIN_OK), "%s", err.detail);
        cr_assert(eq(str, sample.rules[1].name, "second"));
        cr_assert(eq(sz, sample.labels.count, 2));
    }
    decode_clear(&sample_table, &sample);
}

Test(decode, an_overlay_changes_what_it_names_and_nothing_else)
{
    owned(document) full = full_document();
    struct sample sample = {0};
    struct serin_error err = {0};
    cr_assert(eq(int, decode_sample(full, &sample, &err), SERIN_OK), "%s", err.detail);
    struct draft draft = draft_start();
    draft_untyped(&draft, "margin", "0.2");
    draft_open_map(&draft, "limits");
    draft_untyped(&draft, "rows", "9");
    draft_close(&draft);
    owned(document) flags = draft_finish(&draft);
    cr_assert(
        eq(int, decode_overlay(&sample_table, document_root(flags), "", &sample, &err), SERIN_OK),
        "%s", err.detail);
    cr_assert(eq(dbl, sample.margin, 0.2));
    cr_assert(eq(u64, sample.limits.rows, 9));
    cr_assert(eq(str, sample.limits.owner, "ops"));
    cr_assert(eq(str, sample.stream, "checkout"));
    cr_assert(eq(int, sample.design, SAMPLE_SHIFT));
    cr_assert(sample.has_design);
    cr_assert(eq(sz, sample.rule_count, 2));
    decode_clear(&sample_table, &sample);
}

Test(decode, one_map_fills_several_structs)
{
    struct draft draft = draft_start();
    draft_text(&draft, "name", "metrics");
    draft_text(&draft, "owner", "ops");
    owned(document) document = draft_finish(&draft);
    struct sample_rule rule = {.weight = 5.0};
    struct sample_limits limits = {0};
    const struct decode_target targets[] = {
        {&sample_rule_table,  &rule,   true },
        {&sample_limit_table, &limits, false},
    };
    struct serin_error err = {0};
    cr_assert(
        eq(int, decode_map_into(targets, 2, document_root(document), "sources[0]", &err), SERIN_OK),
        "%s", err.detail);
    cr_assert(eq(str, rule.name, "metrics"));
    cr_assert(eq(dbl, rule.weight, 5.0), "a target that keeps its values gets no fallback");
    cr_assert(eq(str, limits.owner, "ops"));
    cr_assert(eq(u64, limits.rows, 200));
    decode_clear(&sample_rule_table, &rule);
    decode_clear(&sample_limit_table, &limits);
}

Test(decode, a_null_document_is_an_empty_map)
{
    owned(document_builder) builder = document_builder_create(&document_limits_request);
    cr_assert(eq(int, document_add_null(builder, NULL), SERIN_OK));
    owned(document) document = document_builder_take(builder);
    struct sample_rule rule = {0};
    struct serin_error err = {0};
    cr_assert(eq(int, decode_map(&sample_rule_table, document_root(document), "", &rule, &err),
                 SERIN_INVALID));
    cr_assert(eq(str, err.field, "name"));
    cr_assert(eq(str, err.detail, "is required: the rule's name"));
}

/* ---- what is refused -------------------------------------------------------------------------*/

enum value_type { TYPED, UNTYPED, WHOLE, REAL, TRUTH, LIST, MAP };

struct refusal {
    const char *key;
    enum value_type type;
    const char *text;
    double number;
    const char *field;
    const char *detail;
};

static void draft_value(struct draft *draft, const struct refusal *value)
{
    struct document_builder *builder = draft_key(draft, value->key);
    struct text_view text = text_view_of(value->text);
    enum serin_status status = SERIN_BUG;
    switch (value->type) {
    case TYPED:
        status = document_add_text(builder, text, NULL);
        break;
    case UNTYPED:
        status = document_add_untyped(builder, text, NULL);
        break;
    case WHOLE:
        status = document_add_int64(builder, (int64_t)value->number, NULL);
        break;
    case REAL:
        status = document_add_real(builder, value->number, NULL);
        break;
    case TRUTH:
        status = document_add_bool(builder, value->number != 0.0, NULL);
        break;
    case LIST:
        status = document_open_list(builder, NULL);
        document_close(builder);
        break;
    case MAP:
        status = document_open_map(builder, NULL);
        document_close(builder);
        break;
    }
    cr_assert(eq(int, status, SERIN_OK));
}

Test(decode, refusals_say_where_what_and_what_else)
{
    static const struct refusal cases[] = {
        {"stream",  WHOLE,   "",                  12,      "stream",
         "found 12; expected a text, not empty; put it in quotes"                                                                 },
        {"stream",  TYPED,   "",                  0,       "stream",       "found \"\"; expected a text, not empty"               },
        {"stream",  UNTYPED, "",                  0,       "stream",       "found \"\"; expected a text, not empty"               },
        {"stream",  LIST,    "",                  0,       "stream",       "found a list of 0 items; expected a text, not empty"  },
        {"note",    TYPED,   "seventeen letters", 0,       "note",
         "found \"seventeen letters\"; expected a text, at least 0 and at most 16 bytes"                                          },
        {"design",  TYPED,   "refrence",          0,       "design",
         "found \"refrence\", did you mean \"reference\"? expected one of reference, paired, "
         "shift"                                                                                                                  },
        {"design",  TYPED,   "zzz\n",             0,       "design",
         "found \"zzz\\n\"; expected one of reference, paired, shift"                                                             },
        {"design",  WHOLE,   "",                  1,       "design",       "found 1; expected one of reference, paired, shift"    },
        {"margin",  WHOLE,   "",                  0,       "margin",       "found 0; expected a number, above 0 and below 1"      },
        {"margin",  REAL,    "",                  1.0,     "margin",       "found 1; expected a number, above 0 and below 1"      },
        {"margin",  TYPED,   "0.1",               0,       "margin",
         "found \"0.1\"; expected a number, above 0 and below 1; leave the quotes out"                                            },
        {"margin",  UNTYPED, "1e999",             0,       "margin",
         "found \"1e999\"; expected a number, above 0 and below 1"                                                                },
        {"samples", WHOLE,   "",                  -1,      "samples",      "found -1; expected a whole number, at most 1000000"   },
        {"samples", REAL,    "",                  2.5,     "samples",
         "found 2.5; expected a whole number, at most 1000000"                                                                    },
        {"samples", WHOLE,   "",                  1000001, "samples",
         "found 1000001; expected a whole number, at most 1000000"                                                                },
        {"samples", UNTYPED, "1x",                0,       "samples",
         "found \"1x\"; expected a whole number, at most 1000000"                                                                 },
        {"window",  WHOLE,   "",                  90,      "window",
         "found 90; expected a duration such as 90s or 1h30m, at least 1s and at most 1d"                                         },
        {"window",  TYPED,   "25h",               0,       "window",
         "found \"25h\"; expected a duration such as 90s or 1h30m, at least 1s and at most 1d"                                    },
        {"body",    TYPED,   "64kb",              0,       "body",
         "found \"64kb\"; expected a size such as 64KiB, at least 1KiB"                                                           },
        {"body",    WHOLE,   "",                  1023,    "body",
         "found 1023; expected a size such as 64KiB, at least 1KiB"                                                               },
        {"enabled", TYPED,   "yes",               0,       "enabled",      "found \"yes\"; expected true or false"                },
        {"enabled", UNTYPED, "1",                 0,       "enabled",      "found \"1\"; expected true or false"                  },
        {"token",   TYPED,   "s3cret",            0,       "token",
         "found another value; expected a text, at least 8 bytes"                                                                 },
        {"slices",  TYPED,   "region",            0,       "slices",
         "found \"region\"; expected a list of texts, at most 3 items"                                                            },
        {"slices",  UNTYPED, "a,b,c,d",           0,       "slices",
         "found \"a,b,c,d\"; expected a list of texts, at most 3 items"                                                           },
        {"slices",  UNTYPED, "a,,b",              0,       "slices",
         "found \"a,,b\"; expected a list of texts, at most 3 items"                                                              },
        {"limits",  TRUTH,   "",                  1,       "limits",       "found true; expected a map"                           },
        {"limits",  MAP,     "",                  0,       "limits.owner", "is required: who set the limits"                      },
        {"rules",   MAP,     "",                  0,       "rules",        "found a map; expected a list of maps, at most 4 items"},
        {"labels",  LIST,    "",                  0,       "labels",       "found a list of 0 items; expected a map"              },
        {"desing",  TYPED,   "shift",             0,       "desing",
         "unknown key \"desing\", did you mean \"design\"? known: stream, design, margin, "
         "samples, window, body, enabled, note, token, slices, limits, rules, labels"                                             },
        {"\x1B[2J", TYPED,   "",                  0,       "\"\\x1b[2J\"",
         "unknown key \"\\x1b[2J\"; known: stream, design, margin, samples, window, body, "
         "enabled, note, token, slices, limits, rules, labels"                                                                    },
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        struct draft draft = draft_start();
        draft_value(&draft, &cases[i]);
        if (strcmp(cases[i].key, "stream") != 0) {
            draft_text(&draft, "stream", "checkout");
        }
        owned(document) document = draft_finish(&draft);
        struct sample sample = {0};
        struct serin_error err = {0};
        cr_assert(eq(int, decode_sample(document, &sample, &err), SERIN_INVALID), "%s",
                  cases[i].detail);
        cr_assert(eq(str, err.field, (char *)cases[i].field), "%s", cases[i].detail);
        cr_assert(eq(int, strncmp(err.detail, "line 2, column ", 15), 0), "%s", err.detail);
        cr_assert(eq(str, strchr(err.detail, ':') + 2, (char *)cases[i].detail));
        cr_assert(is_zero(&sample, sizeof(sample)), "%s", cases[i].detail);
    }
}

Test(decode, places_are_those_of_the_value_the_key_or_the_map)
{
    struct draft bad_value = draft_start();
    draft_text(&bad_value, "stream", "checkout");
    draft_real(&bad_value, "margin", 2.0);
    struct draft bad_key = draft_start();
    draft_text(&bad_key, "stream", "checkout");
    draft_text(&bad_key, "nonsense", "");
    struct draft empty = draft_start();
    struct draft *const drafts[] = {&bad_value, &bad_key, &empty};
    static const char *const places[] = {
        "line 3, column 11: ", "line 3, column 3: ", "line 1, column 1: "};
    for (size_t i = 0; i < ARRAY_LENGTH(drafts); i++) {
        owned(document) document = draft_finish(drafts[i]);
        struct sample sample = {0};
        struct serin_error err = {0};
        cr_assert(eq(int, decode_sample(document, &sample, &err), SERIN_INVALID));
        cr_assert(eq(int, strncmp(err.detail, places[i], strlen(places[i])), 0), "%s", err.detail);
    }
}

Test(decode, paths_lead_into_lists_and_sections)
{
    struct draft draft = draft_start();
    draft_text(&draft, "stream", "checkout");
    draft_open_list(&draft, "rules");
    draft_open_item(&draft);
    draft_text(&draft, "name", "first");
    draft_close(&draft);
    draft_open_item(&draft);
    draft_text(&draft, "name", "second");
    draft_open_list(&draft, "tags");
    draft_item(&draft, "x");
    draft_open_item(&draft);
    draft_close(&draft);
    draft_close(&draft);
    draft_close(&draft);
    draft_close(&draft);
    owned(document) document = draft_finish(&draft);
    struct sample sample = {0};
    struct serin_error err = {0};
    cr_assert(eq(int, decode_sample(document, &sample, &err), SERIN_INVALID));
    cr_assert(eq(str, err.field, "rules[1].tags[1]"));
    cr_assert(eq(str, err.detail, "line 6, column 11: found a map; expected a text"));
    cr_assert(is_zero(&sample, sizeof(sample)));
}

Test(decode, a_long_path_is_cut_at_a_character_boundary)
{
    char name[2 * DECODE_PATH_SIZE + 1] = "";
    for (size_t i = 0; i + 2 < sizeof(name); i += 2) {
        memcpy(name + i, "\xC3\xA9", 2);
    }
    char out[DECODE_PATH_SIZE];
    cr_assert(text_is_utf8(text_view_of(decode_path_field("", name, out))));
    cr_assert(text_is_utf8(text_view_of(decode_path_field("a", name, out))));
    cr_assert(text_is_utf8(text_view_of(decode_path_item(name, 3, out))));
    cr_assert(eq(sz, strlen(out), DECODE_PATH_SIZE - 2));
}

/* ---- memory ----------------------------------------------------------------------------------*/

Test(decode, every_missing_allocation_is_reported_and_leaves_nothing)
{
    owned(document) document = full_document();
    bool has_failed = true;
    uint64_t tries = 0;
    while (has_failed) {
        struct sample sample = {0};
        struct serin_error err = {0};
        memory_fail_after(++tries);
        enum serin_status status = decode_sample(document, &sample, &err);
        memory_fail_after(0);
        has_failed = status != SERIN_OK;
        cr_assert(eq(int, status, has_failed ? SERIN_NO_MEMORY : SERIN_OK));
        cr_assert(eq(int, is_zero(&sample, sizeof(sample)), has_failed));
        cr_assert(lt(u64, tries, 100));
        decode_clear(&sample_table, &sample);
    }
    cr_assert(gt(u64, tries, 10));
}

Test(decode, a_message_without_memory_is_still_a_failure)
{
    struct draft draft = draft_start();
    draft_text(&draft, "nonsense", "");
    owned(document) document = draft_finish(&draft);
    struct sample sample = {0};
    struct serin_error err = {0};
    memory_fail_after(1);
    cr_assert(eq(int, decode_sample(document, &sample, &err), SERIN_NO_MEMORY));
    memory_fail_after(0);
}

/* ---- tables ----------------------------------------------------------------------------------*/

Test(decode, the_sample_table_has_no_fault)
{
    struct serin_error err = {0};
    cr_assert(eq(int, decode_table_check(&sample_table, &err), SERIN_OK), "%s", err.detail);
}

Test(decode, every_field_describes_what_it_takes)
{
    static const char *const descriptions[] = {
        "a text, not empty",
        "one of reference, paired, shift",
        "a number, above 0 and below 1",
        "a whole number, at most 1000000",
        "a duration such as 90s or 1h30m, at least 1s and at most 1d",
        "a size such as 64KiB, at least 1KiB",
        "true or false",
        "a text, at least 0 and at most 16 bytes",
        "a text, at least 8 bytes",
        "a list of texts, at most 3 items",
        "a map",
        "a list of maps, at most 4 items",
        "a map of texts",
    };
    cr_assert(eq(sz, sample_table.count, ARRAY_LENGTH(descriptions)));
    for (size_t i = 0; i < sample_table.count; i++) {
        owned(buffer) buffer = buffer_create(200);
        decode_describe(&sample_table.fields[i], buffer);
        cr_assert(eq(str, (char *)buffer_text(buffer), (char *)descriptions[i]));
    }
}

struct faulty_row {
    struct decode_field field;
    const char *detail;
};

Test(decode, faults_of_a_table_are_found)
{
    static const struct decode_name no_names[] = {
        {NULL, 0}
    };
    static const struct faulty_row rows[] = {
        {{.name = "", .help = "h", DECODE_TEXT(struct sample, stream)},                         "row 0 has no name"         },
        {{.name = "a", DECODE_TEXT(struct sample, stream)},                                     "row \"a\" has no help text"},
        {{.name = "a", .help = "h", .kind = DECODE_KIND_ENUM, .names = no_names},
         "row \"a\" lacks what its kind needs, or has more"                                                                 },
        {{.name = "a", .help = "h", .kind = DECODE_KIND_MAP},
         "row \"a\" lacks what its kind needs, or has more"                                                                 },
        {{.name = "a", .help = "h", .kind = DECODE_KIND_CUSTOM, .read = sample_names_read},
         "row \"a\" lacks what its kind needs, or has more"                                                                 },
        {{.name = "a",
          .help = "h",
          DECODE_TEXT(struct sample, stream),
          .is_required = true,
          .fallback = "x"},
         "row \"a\" is required and has a fallback"                                                                         },
        {{.name = "a", .help = "h", DECODE_DOUBLE(struct sample, margin), .above = "zero"},
         "row \"a\" has a limit that its kind cannot read"                                                                  },
        {{.name = "a", .help = "h", DECODE_BOOL(struct sample, enabled), .minimum = "0"},
         "row \"a\" has a limit that its kind cannot read"                                                                  },
        {{.name = "a",
          .help = "h",
          DECODE_DOUBLE(struct sample, margin),
          .below = "1",
          .fallback = "1"},
         "row \"a\" has a fallback that it would refuse"                                                                    },
        {{.name = "a",
          .help = "h",
          .fallback = "x",
          DECODE_MAP(struct sample, limits, &sample_limit_table)},
         "row \"a\" has a fallback that it would refuse"                                                                    },
        {{.name = "a", .help = "h", .kind = DECODE_KIND_TEXT, .offset = sizeof(struct sample)},
         "row \"a\" lies outside the struct"                                                                                },
    };
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        const struct decode_table table = {&rows[i].field, 1, sizeof(struct sample)};
        struct serin_error err = {0};
        cr_assert(eq(int, decode_table_check(&table, &err), SERIN_BUG), "%s", rows[i].detail);
        cr_assert(eq(str, err.detail, (char *)rows[i].detail));
    }
    const struct decode_field twins[] = {sample_fields[0], sample_fields[0]};
    const struct decode_table table = DECODE_TABLE(struct sample, twins);
    struct serin_error err = {0};
    cr_assert(eq(int, decode_table_check(&table, &err), SERIN_BUG));
    cr_assert(eq(str, err.detail, "row \"stream\" is named twice"));
}
