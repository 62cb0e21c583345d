#include "tap/event_reader.h"

#include "tap/cut_points.h"
#include "tap/event_fields.h"
#include "tap/field_path.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <string.h>

/* ---- paths ----------------------------------------------------------------------------------- */

Test(field_path, names_are_separated_by_dots)
{
    static const struct {
        const char *text;
        const char *names; /* joined by "|"; NULL: refused */
    } cases[] = {
        {"label",             "label"          },
        {"$.payload.segment", "payload|segment"},
        {"payload.segment",   "payload|segment"},
        {"a\\.b.c\\\\d",      "a.b|c\\d"       },
        {"$",                 "$"              },
        {"1.2.3.4.5.6.7.8",   "1|2|3|4|5|6|7|8"},
        {"1.2.3.4.5.6.7.8.9", NULL             },
        {"",                  NULL             },
        {"$.",                NULL             },
        {"a..b",              NULL             },
        {"a.",                NULL             },
        {".a",                NULL             },
        {"a\\",               NULL             },
        {"a\nb",              NULL             },
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        struct field_path path;
        struct serin_error err = {0};
        enum serin_status status = field_path_parse(text_view_of(cases[i].text), &path, &err);
        cr_assert(eq(int, status, cases[i].names ? SERIN_OK : SERIN_INVALID), "%s", cases[i].text);
        char joined[FIELD_PATH_BYTES_MAX * 2] = "";
        for (size_t level = 0; status == SERIN_OK && level < path.depth; level++) {
            struct text_view name = field_path_name(&path, level);
            (void)snprintf(joined + strlen(joined), sizeof(joined) - strlen(joined), "%s%.*s",
                           level ? "|" : "", (int)name.length, name.start);
        }
        if (cases[i].names) {
            cr_assert(eq(str, joined, (char *)cases[i].names));
        }
    }
}

Test(field_path, what_is_too_long_is_refused)
{
    char text[FIELD_PATH_BYTES_MAX + 2];
    struct field_path path;
    memset(text, 'a', sizeof(text));
    struct text_view longest = {text, FIELD_PATH_BYTES_MAX};
    struct text_view longer = {text, FIELD_PATH_BYTES_MAX + 1};
    cr_assert(eq(int, field_path_parse(longest, &path, NULL), SERIN_OK));
    cr_assert(eq(sz, field_path_name(&path, 0).length, FIELD_PATH_BYTES_MAX));
    cr_assert(eq(int, field_path_parse(longer, &path, NULL), SERIN_INVALID));
}

/* ---- fields ---------------------------------------------------------------------------------- */

enum { FIELDS = 3 };

/* The values at a, b.c and b.d.e, joined by "|", "-" for none; NULL when the line is refused. */
static const char *read_fields(const char *line)
{
    static char joined[1024];
    static const char *const texts[FIELDS] = {"a", "b.c", "b.d.e"};
    static struct event_fields_scratch scratch;
    struct field_path paths[FIELDS];
    struct text_view values[FIELDS];
    for (size_t i = 0; i < FIELDS; i++) {
        cr_assert(eq(int, field_path_parse(text_view_of(texts[i]), &paths[i], NULL), SERIN_OK));
    }
    if (event_fields_read(text_view_of(line), paths, FIELDS, &scratch, values, NULL) != SERIN_OK) {
        return NULL;
    }
    joined[0] = '\0';
    for (size_t i = 0; i < FIELDS; i++) {
        size_t used = strlen(joined);
        (void)snprintf(joined + used, sizeof(joined) - used, "%s%.*s", i ? "|" : "",
                       values[i].start ? (int)values[i].length : 1,
                       values[i].start ? values[i].start : "-");
    }
    return joined;
}

Test(event_fields, values_are_found_at_any_depth_whatever_stands_around_them)
{
    static const struct {
        const char *line;
        const char *values;
    } cases[] = {
        {"{\"a\":\"x\"}",                                         "x|-|-"       },
        {"{\"b\":{\"d\":{\"e\":\"z\"},\"c\":\"y\"},\"a\":\"x\"}", "x|y|z"       },
        {" { \"a\" : 1.5e3 , \"b\" : { \"c\" : true } } ",        "1.5e3|true|-"},
        {"{\"a\":null,\"b\":null}",                               "-|-|-"       },
        {"{\"b\":[1,{\"c\":2}],\"z\":{\"a\":9}}",                 "-|-|-"       },
        {"{\"b\":\"text\"}",                                      "-|-|-"       },
        {"{\"b\":{},\"b\":{\"c\":1}}",                            "-|1|-"       },
        {"{\"a\":\"\\u00e9\\n\"}",                                NULL          },
        {"{\"a\":\"\\u00e9\"}",                                   "\xc3\xa9|-|-"},
        {"{\"\\u0061\":\"x\"}",                                   "x|-|-"       },
        {"{}",                                                    "-|-|-"       },
        {"{\"a\":{}}",                                            NULL          },
        {"{\"a\":[1]}",                                           NULL          },
        {"{\"a\":1,\"a\":2}",                                     NULL          },
        {"{\"a\":1",                                              NULL          },
        {"{\"a\":1}x",                                            NULL          },
        {"[]",                                                    NULL          },
        {"{\"b\":{\"c\":1}",                                      NULL          },
        {"{\"a\":tru}",                                           NULL          },
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        const char *values = read_fields(cases[i].line);
        cr_assert(eq(int, values != NULL, cases[i].values != NULL), "%s", cases[i].line);
        if (values) {
            cr_assert(eq(str, (char *)values, (char *)cases[i].values), "%s", cases[i].line);
        }
    }
}

/* ---- cut points ------------------------------------------------------------------------------ */

Test(cut_points, numbers_are_named_by_their_range)
{
    static char *const texts[] = {"-1", "0.20", "1e3"};
    static const struct {
        const char *number;
        const char *name; /* NULL: no number */
    } cases[] = {
        {"-7",      "<-1"       },
        {"-1",      "[-1,0.20)" },
        {"0",       "[-1,0.20)" },
        {"0.2",     "[0.20,1e3)"},
        {"999.999", "[0.20,1e3)"},
        {"1000",    ">=1e3"     },
        {"1e300",   ">=1e3"     },
        {"1e999",   NULL        },
        {"NaN",     NULL        },
        {"s4",      NULL        },
        {"",        NULL        },
    };
    struct cut_points cuts;
    cr_assert(eq(int, cut_points_parse(texts, 3, &cuts, NULL), SERIN_OK));
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        struct text_view name = {0};
        enum serin_status status = cut_points_name(&cuts, text_view_of(cases[i].number), &name);
        cr_assert(eq(int, status == SERIN_OK, cases[i].name != NULL), "%s", cases[i].number);
        cr_assert(cases[i].name == NULL || text_equals(name, cases[i].name), "%s", cases[i].number);
    }
}

Test(cut_points, those_that_do_not_rise_are_refused)
{
    static char *const falling[] = {"1", "0.5"};
    static char *const equal[] = {"1", "1.0"};
    static char *const word[] = {"one"};
    struct cut_points cuts;
    cr_assert(eq(int, cut_points_parse(falling, 2, &cuts, NULL), SERIN_INVALID));
    cr_assert(eq(int, cut_points_parse(equal, 2, &cuts, NULL), SERIN_INVALID));
    cr_assert(eq(int, cut_points_parse(word, 1, &cuts, NULL), SERIN_INVALID));
}

/* ---- events ---------------------------------------------------------------------------------- */

static struct tap_options some_options(void)
{
    static char *slices[] = {"region", "device=client.device"};
    return (struct tap_options){.label_field = "out.label",
                                .reference_field = "reference",
                                .key_field = "key",
                                .time_field = "time",
                                .count_field = "n",
                                .slices = slices,
                                .slice_count = 2};
}

Test(event_reader, a_line_becomes_an_event)
{
    struct tap_options options = some_options();
    owned(event_reader) reader = NULL;
    struct label_event event;
    cr_assert(eq(int, event_reader_create(&options, &reader, NULL), SERIN_OK));
    struct text_view line = text_view_of(
        "{\"out\":{\"label\":\"s1\"},\"reference\":\"s2\",\"key\":7,\"n\":3,\"region\":\"eu\","
        "\"client\":{\"device\":\"phone\"},\"time\":\"2026-01-31T12:00:00.250Z\"}");
    cr_assert(eq(int, event_reader_read(reader, line, &event), LINE_COUNTED));
    cr_assert(text_equals(event.label, "s1") && text_equals(event.reference, "s2"));
    cr_assert(text_equals(event.key, "7") && event.has_key && event.has_reference);
    cr_assert(eq(u64, event.count, 3));
    cr_assert(eq(i64, event.time_ms, INT64_C(1769860800250)));
    cr_assert(eq(sz, event.slice_count, 2));
    cr_assert(text_equals(event.slices[1].dimension, "device"));
    cr_assert(text_equals(event.slices[1].value, "phone"));
}

Test(event_reader, lines_that_are_no_events_are_told_apart)
{
    static const struct {
        const char *line;
        enum line_fate fate;
    } cases[] = {
        {"{\"out\":{\"label\":\"s\"}}",                        LINE_COUNTED      },
        {" \t\r",                                              LINE_BLANK        },
        {"",                                                   LINE_BLANK        },
        {"starting up",                                        LINE_NOT_JSON     },
        {"{\"out\":{\"label\":{}}}",                           LINE_NOT_JSON     },
        {"{\"key\":1,\"reference\":\"s\"}",                    LINE_REFERENCE    },
        {"{\"reference\":\"s\"}",                              LINE_WITHOUT_LABEL},
        {"{\"msg\":\"hello\"}",                                LINE_WITHOUT_LABEL},
        {"{\"out\":{\"label\":\"\"}}",                         LINE_WITHOUT_LABEL},
        {"{\"out\":{\"label\":\"s\"},\"n\":0}",                LINE_BAD_COUNT    },
        {"{\"out\":{\"label\":\"s\"},\"n\":1.5}",              LINE_BAD_COUNT    },
        {"{\"out\":{\"label\":\"s\"},\"n\":\"two\"}",          LINE_BAD_COUNT    },
        {"{\"out\":{\"label\":\"s\"},\"n\":9007199254740993}", LINE_BAD_COUNT    },
    };
    struct tap_options options = some_options();
    owned(event_reader) reader = NULL;
    struct label_event event;
    cr_assert(eq(int, event_reader_create(&options, &reader, NULL), SERIN_OK));
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        enum line_fate fate = event_reader_read(reader, text_view_of(cases[i].line), &event);
        cr_assert(eq(int, fate, cases[i].fate), "%s", cases[i].line);
    }
}

Test(event_reader, times_come_in_seconds_milliseconds_or_rfc_3339)
{
    static const struct {
        const char *time;
        int64_t time_ms;
    } cases[] = {
        {"1700000000",               INT64_C(1700000000000)},
        {"1700000000.25",            INT64_C(1700000000250)},
        {"\"1700000000\"",           INT64_C(1700000000000)},
        {"1700000000123",            INT64_C(1700000000123)},
        {"\"2023-11-14T22:13:20Z\"", INT64_C(1700000000000)},
        {"null",                     EVENT_TIME_ABSENT     },
        {"\"yesterday\"",            EVENT_TIME_UNREADABLE },
        {"-5",                       EVENT_TIME_UNREADABLE },
        {"1e30",                     EVENT_TIME_UNREADABLE },
        {"\"1950-01-01T00:00:00Z\"", EVENT_TIME_UNREADABLE },
    };
    struct tap_options options = some_options();
    owned(event_reader) reader = NULL;
    struct label_event event;
    cr_assert(eq(int, event_reader_create(&options, &reader, NULL), SERIN_OK));
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        char line[128];
        (void)snprintf(line, sizeof(line), "{\"out\":{\"label\":\"s\"},\"time\":%s}",
                       cases[i].time);
        cr_assert(eq(int, event_reader_read(reader, text_view_of(line), &event), LINE_COUNTED));
        cr_assert(eq(i64, event.time_ms, cases[i].time_ms), "%s", cases[i].time);
    }
}

Test(event_reader, numbers_are_cut_and_words_among_them_refused)
{
    static char *cuts[] = {"0.5"};
    struct tap_options options = some_options();
    options.cut_points = options.reference_cut_points = cuts;
    options.cut_point_count = options.reference_cut_point_count = 1;
    owned(event_reader) reader = NULL;
    struct label_event event;
    cr_assert(eq(int, event_reader_create(&options, &reader, NULL), SERIN_OK));
    struct text_view line = text_view_of("{\"out\":{\"label\":0.73},\"reference\":0.1}");
    cr_assert(eq(int, event_reader_read(reader, line, &event), LINE_COUNTED));
    cr_assert(text_equals(event.label, ">=0.5") && text_equals(event.reference, "<0.5"));
    line = text_view_of("{\"out\":{\"label\":0.73}}");
    cr_assert(eq(int, event_reader_read(reader, line, &event), LINE_COUNTED));
    cr_assert(not(event.has_reference));
    line = text_view_of("{\"out\":{\"label\":\"high\"}}");
    cr_assert(eq(int, event_reader_read(reader, line, &event), LINE_NOT_A_NUMBER));
}

Test(event_reader, dimensions_must_be_able_to_name_a_label_of_prometheus)
{
    static char *bad[] = {"geo.region", "pod", "label", "__x", "", "region,x", "2nd", "=x"};
    for (size_t i = 0; i < ARRAY_LENGTH(bad); i++) {
        struct tap_options options = some_options();
        struct serin_error err = {0};
        owned(event_reader) reader = NULL;
        options.slices = &bad[i];
        options.slice_count = 1;
        cr_assert(eq(int, event_reader_create(&options, &reader, &err), SERIN_INVALID), "%s",
                  bad[i]);
        cr_assert(eq(str, err.field, "slices"));
    }
}
