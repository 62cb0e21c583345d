#include "report/json.h"

#include "verdict/answer.h"
#include "verdict_sample.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

static json_t *parsed(const struct buffer *buffer)
{
    json_error_t error;
    const char *text = buffer_text(buffer);
    cr_assert(eq(int, text[strlen(text) - 1], '\n'));
    json_t *value = json_loads(text, JSON_REJECT_DUPLICATES, &error);
    cr_assert(ne(ptr, value, NULL), "%s: %s", error.text, text);
    return value;
}

Test(report_json, a_verdict_has_the_answers_bytes_without_the_id)
{
    struct verdict verdict = broken_canary();
    struct json_writer writer;
    owned(buffer) answer = buffer_create(ANSWER_BYTES_MAX);
    owned(buffer) report = buffer_create(ANSWER_BYTES_MAX);
    json_writer_init(&writer, answer);
    answer_write_json(&verdict, NULL, &writer);
    buffer_append_char(answer, '\n');
    cr_assert(eq(int, report_json(&verdict, report), SERIN_OK));
    cr_assert(eq(str, (char *)buffer_text(report), (char *)buffer_text(answer)));
    json_t *value = parsed(report);
    cr_assert(eq(ptr, json_object_get(value, "id"), NULL));
    json_decref(value);
}

Test(report_json, judged_slices_follow_the_answer_and_say_which_were_pooled)
{
    static const char said[] =
        "\"stratified_by\":\"region\",\"slices\":["
        "{\"dimension\":\"region\",\"value\":\"eu\",\"judged\":\"alone\",\"estimate\":-0.03,"
        "\"lower\":-0.09,\"upper\":0.03,\"canary_samples\":3100,\"stable_samples\":60000,"
        "\"verdict\":\"promote\",\"reason\":\"within_margin\"},"
        "{\"dimension\":\"region\",\"value\":\"us\",\"judged\":\"pooled\",\"estimate\":null,"
        "\"lower\":null,\"upper\":null,\"canary_samples\":20,\"stable_samples\":300,"
        "\"verdict\":\"inconclusive\",\"reason\":\"too_few_samples\"},"
        "{\"dimension\":\"region\",\"value\":null,\"judged\":\"rest\",\"estimate\":0.01,"
        "\"lower\":-0.14,\"upper\":0.16,\"canary_samples\":510,\"stable_samples\":2100,"
        "\"verdict\":\"inconclusive\",\"reason\":\"straddles_margin\"}],\"slices_left_out\":3}\n";
    struct verdict verdict = undecided_canary();
    owned(buffer) report = buffer_create(4096);
    cr_assert(eq(int, report_json(&verdict, report), SERIN_OK));
    json_decref(parsed(report));
    const char *tail = strstr(buffer_text(report), "\"stratified_by\"");
    cr_assert(ne(ptr, (void *)tail, NULL));
    cr_assert(eq(str, (char *)tail, (char *)said));
}

static const char *const score_fields[] = {"samples",
                                           "rows",
                                           "columns",
                                           "nmi",
                                           "nmi_plugin",
                                           "lower",
                                           "upper",
                                           "level",
                                           "normalizer",
                                           "mutual_information",
                                           "entropy_reference",
                                           "entropy_label",
                                           "ami",
                                           "ari",
                                           "homogeneity",
                                           "completeness",
                                           "v_measure",
                                           "purity"};

Test(report_json, a_score_has_exactly_its_fields_in_order)
{
    struct score score = {
        .nmi = {true,      0.1 + 0.2,    0.25,        1.0 / 3.0    },
        .scores = {.rows = 4, .columns = 3, .nmi = 0.31, .purity = 0.5},
        .normalizer = SERIN_ARITHMETIC,
        .level = 0.95,
        .samples = 1234567,
    };
    owned(buffer) buffer = buffer_create(1000);
    cr_assert(eq(int, report_score_json(&score, buffer), SERIN_OK));
    const char *at = buffer_text(buffer);
    for (size_t i = 0; i < sizeof(score_fields) / sizeof(score_fields[0]); i++) {
        char key[40];
        snprintf(key, sizeof(key), "\"%s\":", score_fields[i]);
        const char *found = strstr(at, key);
        cr_assert(ne(ptr, (void *)found, NULL), "%s", key);
        at = found + strlen(key);
    }
    json_t *value = parsed(buffer);
    cr_assert(eq(sz, json_object_size(value), sizeof(score_fields) / sizeof(score_fields[0])));
    cr_assert(eq(dbl, json_real_value(json_object_get(value, "nmi")), 0.1 + 0.2));
    cr_assert(eq(dbl, json_real_value(json_object_get(value, "upper")), 1.0 / 3.0));
    cr_assert(
        eq(str, (char *)json_string_value(json_object_get(value, "normalizer")), "arithmetic"));
    json_decref(value);
}

Test(report_json, an_undefined_score_is_null)
{
    struct score score = {.scores.state = SERIN_TABLE_SINGLE_LABEL, .level = 0.95};
    owned(buffer) buffer = buffer_create(1000);
    cr_assert(eq(int, report_score_json(&score, buffer), SERIN_OK));
    json_t *value = parsed(buffer);
    static const char *const undefined[] = {"nmi", "lower", "upper"};
    for (size_t i = 0; i < 3; i++) {
        bool is_null = json_is_null(json_object_get(value, undefined[i]));
        cr_assert(is_null, "%s", undefined[i]);
    }
    bool is_number = json_is_number(json_object_get(value, "nmi_plugin"));
    cr_assert(is_number);
    json_decref(value);
}
