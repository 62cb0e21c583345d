#include "source/json_row.h"

#include "base/memory.h"
#include "source/json_skip.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>

struct skip_case {
    const char *text;
    size_t length; /* of the value; 0: it is refused */
};

Test(json_row, values_of_every_kind_are_passed_over)
{
    static const struct skip_case cases[] = {
        {"null,",                        4 },
        {"true]",                        4 },
        {"false",                        5 },
        {"0",                            1 },
        {"-0.5e+10 ",                    8 },
        {"12}",                          2 },
        {"\"\" ",                        2 },
        {"\"a\\\"b\\u00e9\" ",           12},
        {"\"\\ud83d\\ude00\"",           14},
        {"[]",                           2 },
        {"[ ] ",                         3 },
        {"{}",                           2 },
        {"[1,[2,{}],\"]\"]x",            14},
        {"{\"a\":[1],\"b\":{\"c\":{}}}", 22},
        {" [ 1 , { \"a\" : 2 } ] ,",     20},
        {"",                             0 },
        {"nul",                          0 },
        {"True",                         0 },
        {"01",                           0 },
        {"-",                            0 },
        {"1.",                           0 },
        {".5",                           0 },
        {"1e",                           0 },
        {"+1",                           0 },
        {"\"abc",                        0 },
        {"\"\\x\"",                      0 },
        {"\"\\u12g4\"",                  0 },
        {"\"\\ud83d\"",                  0 },
        {"\"\\ude00\\ud83d\"",           0 },
        {"\"\t\"",                       0 },
        {"[1,]",                         0 },
        {"[1 2]",                        0 },
        {"[1",                           0 },
        {"[1}",                          0 },
        {"{\"a\"}",                      0 },
        {"{\"a\":}",                     0 },
        {"{\"a\":1,}",                   0 },
        {"{1:2}",                        0 },
        {"]",                            0 },
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        const char *text = cases[i].text;
        struct json_scan scan = {.start = text, .at = text, .end = text + strlen(text)};
        struct serin_error err = {0};
        enum serin_status status = json_skip_value(&scan, &err);
        cr_expect(eq(int, status, cases[i].length > 0 ? SERIN_OK : SERIN_INVALID), "%s: %s", text,
                  err.detail);
        if (cases[i].length > 0) {
            cr_expect(eq(sz, (size_t)(scan.at - text), cases[i].length), "%s", text);
        }
    }
}

Test(json_row, levels_are_limited)
{
    char text[2 * JSON_DEPTH_MAX + 3];
    for (size_t depth = JSON_DEPTH_MAX; depth <= JSON_DEPTH_MAX + 1; depth++) {
        memset(text, '[', depth);
        text[depth] = '1';
        memset(text + depth + 1, ']', depth);
        struct json_scan scan = {.start = text, .at = text, .end = text + 2 * depth + 1};
        cr_assert(eq(int, json_skip_value(&scan, NULL),
                     depth == JSON_DEPTH_MAX ? SERIN_OK : SERIN_INVALID));
    }
}

Test(json_row, a_refused_line_leaves_the_values_alone)
{
    static const struct text_view names[] = {TEXT_VIEW("a"), TEXT_VIEW("b")};
    static const struct text_view line = TEXT_VIEW("{\"a\":1,\"b\":[]}");
    struct json_row_scratch scratch;
    struct text_view values[2] = {TEXT_VIEW("old"), TEXT_VIEW("old")};
    struct serin_error err = {0};
    cr_assert(eq(int, json_row_parse(line, names, 2, &scratch, values, &err), SERIN_INVALID));
    cr_assert(eq(str, err.field, "b"));
    cr_assert(text_equals(values[0], "old"));
}

Test(json_row, names_and_texts_may_be_written_with_escapes)
{
    static const struct text_view names[] = {TEXT_VIEW("label"), TEXT_VIEW("reference")};
    static const struct text_view line =
        TEXT_VIEW("{\"\\u006cabel\":\"\\u00e9\\/\",\"reference\":\"\\ud83d\\ude00\"}");
    struct json_row_scratch scratch;
    struct text_view values[2];
    cr_assert(eq(int, json_row_parse(line, names, 2, &scratch, values, NULL), SERIN_OK));
    cr_assert(text_equals(values[0], "\xC3\xA9/"));
    cr_assert(text_equals(values[1], "\xF0\x9F\x98\x80"));
}

/* Every wanted field at its longest, all written with escapes: the room suffices. */
Test(json_row, the_room_for_escapes_suffices_for_every_field)
{
    enum { ESCAPED = 6 * JSON_ROW_TEXT_MAX };
    char names_text[JSON_ROW_FIELDS_MAX][2];
    struct text_view names[JSON_ROW_FIELDS_MAX];
    struct text_view values[JSON_ROW_FIELDS_MAX];
    static char line[JSON_ROW_FIELDS_MAX * (ESCAPED + 16)];
    struct json_row_scratch scratch;
    size_t used = 0;
    for (size_t i = 0; i < JSON_ROW_FIELDS_MAX; i++) {
        names_text[i][0] = (char)('a' + i);
        names[i] = (struct text_view){names_text[i], 1};
        memcpy(line + used, i == 0 ? "{\"" : ",\"", 2);
        line[used + 2] = names_text[i][0];
        memcpy(line + used + 3, "\":\"", 3);
        used += 6;
        for (size_t c = 0; c < JSON_ROW_TEXT_MAX; c++, used += 6) {
            memcpy(line + used, "\\u0041", 6);
        }
        line[used++] = '"';
    }
    line[used++] = '}';
    cr_assert(eq(int,
                 json_row_parse((struct text_view){line, used}, names, JSON_ROW_FIELDS_MAX,
                                &scratch, values, NULL),
                 SERIN_OK));
    for (size_t i = 0; i < JSON_ROW_FIELDS_MAX; i++) {
        cr_assert(eq(sz, values[i].length, JSON_ROW_TEXT_MAX));
        cr_assert(eq(chr, values[i].start[JSON_ROW_TEXT_MAX - 1], 'A'));
    }
}
