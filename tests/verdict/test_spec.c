#include "verdict/spec.h"

#include "support/json_document.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <criterion/parameterized.h>
#include <stdio.h>
#include <string.h>

static const struct stream shop = {
    .name = "shop", .slices = {"region", "device"},
         .slice_count = 2
};

static enum serin_status decode(struct document *document, struct spec **out,
                                struct serin_error *err)
{
    enum serin_status status =
        spec_decode(document_root(document), &shop, &judgement_default, out, err);
    document_destroy(document);
    return status;
}

static struct spec *decoded(struct document *document)
{
    struct spec *spec = NULL;
    struct serin_error err = {0};
    enum serin_status status = decode(document, &spec, &err);
    cr_assert(eq(int, status, SERIN_OK), "%s: %s", err.field, err.detail);
    return spec;
}

Test(spec, the_tables_of_fields_hold_together)
{
    struct serin_error err = {0};
    cr_assert(eq(int, decode_table_check(&judgement_table, &err), SERIN_OK), "%s", err.detail);
    cr_assert(eq(int, decode_table_check(&spec_table, &err), SERIN_OK), "%s", err.detail);
    cr_assert(eq(int, decode_table_check(&spec_judgement_table, &err), SERIN_OK), "%s", err.detail);
}

Test(spec, a_stream_without_settings_is_judged_by_the_defaults)
{
    struct judgement judgement;
    memset(&judgement, 0, sizeof(judgement));
    struct document *document = json_document("{}");
    cr_assert(eq(int, decode_map(&judgement_table, document_root(document), "", &judgement, NULL),
                 SERIN_OK));
    document_destroy(document);
    cr_assert(eq(int, judgement.design, judgement_default.design));
    cr_assert(eq(int, judgement.interval, judgement_default.interval));
    cr_assert(eq(int, judgement.normalizer, judgement_default.normalizer));
    cr_assert(eq(int, judgement.label_names, judgement_default.label_names));
    cr_assert(eq(dbl, judgement.margin, judgement_default.margin));
    cr_assert(eq(dbl, judgement.shift_margin, judgement_default.shift_margin));
    cr_assert(eq(dbl, judgement.level, judgement_default.level));
    cr_assert(eq(dbl, judgement.canary_share, judgement_default.canary_share));
    cr_assert(eq(u64, judgement.min_samples, judgement_default.min_samples));
    cr_assert(eq(u64, judgement.plan, judgement_default.plan));
    cr_assert(eq(u64, judgement.label_cap, judgement_default.label_cap));
    cr_assert(eq(int, judgement.merge_rare, judgement_default.merge_rare));
    cr_assert(eq(i64, judgement.warm_up_ms, judgement_default.warm_up_ms));
}

Test(spec, a_request_keeps_the_streams_judgement_unless_it_says_otherwise)
{
    struct judgement strict = judgement_default;
    strict.margin = 0.05;
    strict.plan = 777;
    strict.interval = INTERVAL_FIXED;
    struct document *document = json_document(
        "{\"stream\":\"shop\",\"canary\":\"7d9f\",\"stable\":\"6c8e\",\"level\":0.9}");
    struct spec *spec = NULL;
    struct serin_error err = {0};
    cr_assert(eq(int, spec_decode(document_root(document), &shop, &strict, &spec, &err), SERIN_OK),
              "%s: %s", err.field, err.detail);
    cr_assert(eq(dbl, spec->judgement.margin, 0.05));
    cr_assert(eq(u64, spec->judgement.plan, 777));
    cr_assert(eq(int, spec->judgement.interval, INTERVAL_FIXED));
    cr_assert(eq(dbl, spec->judgement.level, 0.9));
    cr_assert(eq(str, spec->stream, "shop"));
    cr_assert(eq(str, spec->canary, "7d9f"));
    cr_assert(eq(str, spec->stable, "6c8e"));
    cr_assert(spec->window.is_rollout);
    cr_assert(eq(ptr, spec->rollout, NULL));
    spec_destroy(spec);
    document_destroy(document);
}

Test(spec, the_streams_slices_are_judged_unless_the_request_names_its_own)
{
    struct spec *spec = decoded(query_document("stream=shop&canary=a&stable=b"));
    cr_assert(eq(sz, spec->slice_count, 2));
    cr_assert(eq(str, spec->slices[0], "region"));
    cr_assert(eq(str, spec->slices[1], "device"));
    spec_destroy(spec);
    spec = decoded(query_document("stream=shop&canary=a&stable=b&slices=device"));
    cr_assert(eq(sz, spec->slice_count, 1));
    cr_assert(eq(str, spec->slices[0], "device"));
    spec_destroy(spec);
    spec = decoded(
        json_document("{\"stream\":\"shop\",\"canary\":\"a\",\"stable\":\"b\",\"slices\":[]}"));
    cr_assert(eq(sz, spec->slice_count, 0));
    spec_destroy(spec);
}

Test(spec, a_body_and_a_query_ask_the_same_question)
{
    struct spec *body = decoded(json_document(
        "{\"stream\":\"shop\",\"canary\":\"a\",\"stable\":\"b\",\"rollout\":\"checkout\","
        "\"namespace\":\"web\",\"window\":\"30m\",\"design\":\"shift\",\"margin\":0.2,"
        "\"shift_margin\":0.01,\"interval\":\"fixed\",\"normalizer\":\"min\",\"min_samples\":750,"
        "\"label_names\":\"fixed\",\"slices\":[\"device\",\"region\"]}"));
    struct spec *query = decoded(query_document(
        "stream=shop&canary=a&stable=b&rollout=checkout&namespace=web&window=30m&design=shift&"
        "margin=0.2&shift_margin=0.01&interval=fixed&normalizer=min&min_samples=750&"
        "label_names=fixed&slices=device,region"));
    struct spec *both[] = {body, query};
    for (size_t i = 0; i < 2; i++) {
        cr_assert(eq(str, both[i]->rollout, "checkout"));
        cr_assert(eq(str, both[i]->namespace_, "web"));
        cr_assert(not(both[i]->window.is_rollout));
        cr_assert(eq(i64, both[i]->window.width_ms, 30 * 60 * 1000));
        cr_assert(eq(int, both[i]->judgement.design, DESIGN_SHIFT));
        cr_assert(eq(dbl, both[i]->judgement.margin, 0.2));
        cr_assert(eq(dbl, judgement_margin(&both[i]->judgement), 0.01));
        cr_assert(eq(int, both[i]->judgement.interval, INTERVAL_FIXED));
        cr_assert(eq(int, both[i]->judgement.normalizer, SERIN_MIN));
        cr_assert(eq(u64, both[i]->judgement.min_samples, 750));
        cr_assert(eq(int, both[i]->judgement.label_names, LABEL_NAMES_FIXED));
        cr_assert(eq(sz, both[i]->slice_count, 2));
        cr_assert(eq(str, both[i]->slices[0], "device"));
        spec_destroy(both[i]);
    }
}

struct refusal {
    char query[120];
    char field[24];
    char says[64];
};

ParameterizedTestParameters(spec, refuses_naming_field_and_remedy)
{
    static struct refusal cases[] = {
        {"canary=a&stable=b",                                         "stream",       "required"                      },
        {"stream=shop&stable=b",                                      "canary",       "required"                      },
        {"stream=shop&canary=a",                                      "stable",       "required"                      },
        {"stream=shop&canary=&stable=b",                              "canary",       "podTemplateHashValue: Latest"  },
        {"stream=shop&canary=a&stable=",                              "stable",       "podTemplateHashValue: Stable"  },
        {"stream=shop&canary={{args.canary}}&stable=b",               "canary",       "template that nobody filled in"},
        {"stream=shop&canary=a&stable={{args.s}}",                    "stable",       "template that nobody filled in"},
        {"stream=shop&canary=a\nb&stable=b",                          "canary",       "no arm value has"              },
        {"stream=shop&canary=a&stable=a",                             "stable",       "same arm as canary"            },
        {"stream=shop&canary=a&stable=b&window=yesterday",            "window",       "or a duration above 0"         },
        {"stream=shop&canary=a&stable=b&window=0s",                   "window",       "\"30m\""                       },
        {"stream=shop&canary=a&stable=b&design=paird",                "design",       "reference, paired"             },
        {"stream=shop&canary=a&stable=b&margin=0",                    "margin",       "above 0"                       },
        {"stream=shop&canary=a&stable=b&margin=1",                    "margin",       "below 1"                       },
        {"stream=shop&canary=a&stable=b&margin=nan",                  "margin",       "number"                        },
        {"stream=shop&canary=a&stable=b&shift_margin=2",              "shift_margin", "below 1"                       },
        {"stream=shop&canary=a&stable=b&level=0.4",                   "level",        "0.5"                           },
        {"stream=shop&canary=a&stable=b&level=1",                     "level",        "below 1"                       },
        {"stream=shop&canary=a&stable=b&min_samples=9",               "min_samples",  "10"                            },
        {"stream=shop&canary=a&stable=b&min_samples=-1",              "min_samples",  "number"                        },
        {"stream=shop&canary=a&stable=b&interval=daily",              "interval",     "sequential"                    },
        {"stream=shop&canary=a&stable=b&normalizer=mean",             "normalizer",   "geometric"                     },
        {"stream=shop&canary=a&stable=b&label_names=stable",          "label_names",  "free"                          },
        {"stream=shop&canary=a&stable=b&slices=country",              "slices[0]",    "allowed: region, device"       },
        {"stream=shop&canary=a&stable=b&slices=region,region",        "slices[1]",    "named twice"                   },
        {"stream=shop&canary=a&stable=b&design=paired&slices=region", "slices",       "design paired"                 },
        {"stream=shop&canary=a&stable=b&plan=10",                     "plan",         ""                              },
        {"stream=shop&canary=a&stable=b&margins=0.1",                 "margins",      "margin"                        },
    };
    return cr_make_param_array(struct refusal, cases, sizeof(cases) / sizeof(cases[0]));
}

ParameterizedTest(struct refusal *c, spec, refuses_naming_field_and_remedy)
{
    struct spec *spec = NULL;
    struct serin_error err = {0};
    cr_assert(eq(int, decode(query_document(c->query), &spec, &err), SERIN_INVALID), "%s",
              c->query);
    cr_assert(eq(ptr, spec, NULL));
    cr_assert(eq(str, err.field, c->field), "%s: %s", c->query, err.detail);
    cr_assert(ne(ptr, strstr(err.detail, c->says), NULL), "%s: %s", c->query, err.detail);
}

Test(spec, without_a_stream_any_slice_dimension_is_allowed)
{
    struct document *document = query_document("stream=x&canary=a&stable=b&slices=country");
    struct spec *spec = NULL;
    cr_assert(eq(int, spec_decode(document_root(document), NULL, &judgement_default, &spec, NULL),
                 SERIN_OK));
    cr_assert(eq(str, spec->slices[0], "country"));
    spec_destroy(spec);
    document_destroy(document);
}

Test(spec, the_streams_name_is_found_before_anything_else_is_decoded)
{
    struct document *document = query_document("nonsense=1&stream=shop");
    const char *name = NULL;
    cr_assert(eq(int, spec_stream_name(document_root(document), &name, NULL), SERIN_OK));
    cr_assert(eq(str, (char *)name, "shop"));
    document_destroy(document);
    const char *bad[] = {"{}",  "{\"stream\":null}", "{\"stream\":3}", "{\"stream\":\"\"}", "[]",
                         "null"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct serin_error err = {0};
        document = json_document(bad[i]);
        cr_assert(eq(int, spec_stream_name(document_root(document), &name, &err), SERIN_INVALID),
                  "%s", bad[i]);
        cr_assert(ne(str, err.detail, ""), "%s", bad[i]);
        document_destroy(document);
    }
}

Test(spec, running_out_of_memory_anywhere_is_told_and_leaks_nothing)
{
    struct document *document =
        json_document("{\"stream\":\"shop\",\"canary\":\"a\",\"stable\":\"b\",\"rollout\":\"r\"}");
    enum serin_status status = SERIN_NO_MEMORY;
    for (uint64_t n = 1; status != SERIN_OK; n++) {
        cr_assert(lt(u64, n, 100));
        struct spec *spec = NULL;
        memory_fail_after(n);
        status = spec_decode(document_root(document), &shop, &judgement_default, &spec, NULL);
        memory_fail_after(0);
        cr_assert(status == SERIN_OK || status == SERIN_NO_MEMORY);
        cr_assert(status == SERIN_OK || spec == NULL);
        spec_destroy(spec);
    }
    document_destroy(document);
}

Test(spec, every_choice_has_its_word)
{
    cr_assert(eq(str, (char *)design_name(DESIGN_PAIRED), "paired"));
    cr_assert(eq(str, (char *)interval_kind_name(INTERVAL_FIXED), "fixed"));
    cr_assert(eq(str, (char *)label_names_name(LABEL_NAMES_FIXED), "fixed"));
    struct judgement judgement = judgement_default;
    cr_assert(eq(int, judgement_confidence(&judgement).interval, SERIN_SEQUENTIAL));
    judgement.interval = INTERVAL_FIXED;
    cr_assert(eq(int, judgement_confidence(&judgement).interval, SERIN_FIXED));
    cr_assert(eq(dbl, judgement_margin(&judgement), judgement.margin));
}
