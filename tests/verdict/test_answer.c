#include "verdict/answer.h"

#include "verdict/reasons.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <float.h>
#include <jansson.h>
#include <math.h>
#include <string.h>

static struct verdict beyond_the_margin(void)
{
    return (struct verdict){
        .decision = DECISION_ROLLBACK,
        .reason = "beyond_margin",
        .margin = 0.1,
        .level = 0.95,
        .plan = 2000,
        .delta = {true, -0.1630004, -0.2012345678, -0.125},
        .arms = {{.nmi = {true, 0.71, 0.68, 0.74}, .samples = 5120},
                  {.nmi = {true, 0.87, 0.86, 0.88}, .samples = 97211}},
        .warnings = {"few_blocks_warning", "labels_new"},
        .warning_count = 2,
    };
}

/* The answer as text in `buffer`. */
static const char *written(const struct verdict *verdict, const char *id, struct buffer *buffer)
{
    struct json_writer writer;
    json_writer_init(&writer, buffer);
    answer_write_json(verdict, id, &writer);
    cr_assert(eq(int, json_writer_finish(&writer), SERIN_OK));
    return buffer_text(buffer);
}

Test(answer, has_every_field_in_the_agreed_order)
{
    struct verdict verdict = beyond_the_margin();
    owned(buffer) buffer = buffer_create(ANSWER_BYTES_MAX);
    cr_assert(eq(
        str, (char *)written(&verdict, "8f14e45fceea167a", buffer),
        "{\"id\":\"8f14e45fceea167a\",\"verdict\":\"rollback\",\"reason\":\"beyond_margin\","
        "\"delta\":{\"estimate\":-0.163,\"lower\":-0.201235,\"upper\":-0.125,\"level\":0.95,"
        "\"margin\":0.1,\"plan\":2000},"
        "\"canary\":{\"nmi\":0.71,\"lower\":0.68,\"upper\":0.74,\"samples\":5120,\"referenced\":1},"
        "\"stable\":{\"nmi\":0.87,\"lower\":0.86,\"upper\":0.88,\"samples\":97211,\"referenced\":1}"
        ","
        "\"warnings\":[\"few_blocks_warning\",\"labels_new\"]}"));
}

Test(answer, undefined_is_null_and_a_forecast_comes_last)
{
    struct verdict verdict = beyond_the_margin();
    verdict.decision = DECISION_INCONCLUSIVE;
    verdict.reason = "too_few_samples";
    verdict.plan = 0; /* a fixed interval has none */
    verdict.delta = (struct estimate){0};
    verdict.arms[ARM_CANARY].nmi = (struct estimate){0};
    verdict.warning_count = 0;
    verdict.has_forecast = true;
    verdict.forecast_samples = 1200;
    verdict.forecast_minutes = 12.3456789;
    owned(buffer) buffer = buffer_create(ANSWER_BYTES_MAX);
    cr_assert(eq(
        str, (char *)written(&verdict, NULL, buffer),
        "{\"verdict\":\"inconclusive\",\"reason\":\"too_few_samples\","
        "\"delta\":{\"estimate\":null,\"lower\":null,\"upper\":null,\"level\":0.95,\"margin\":0.1},"
        "\"canary\":{\"nmi\":null,\"lower\":null,\"upper\":null,\"samples\":5120,\"referenced\":1},"
        "\"stable\":{\"nmi\":0.87,\"lower\":0.86,\"upper\":0.88,\"samples\":97211,\"referenced\":1}"
        ","
        "\"warnings\":[],\"forecast\":{\"samples\":1200,\"minutes\":12.3457}}"));
    buffer_clear(buffer);
    verdict.forecast_minutes = 0.0;
    cr_assert(ne(
        ptr,
        strstr(written(&verdict, NULL, buffer), "\"forecast\":{\"samples\":1200,\"minutes\":null}"),
        NULL));
}

/* Doubles at the edges of everything. */
static const double extremes[] = {
    0.0,      -0.0,         1.0,         -1.0, DBL_MAX,     -DBL_MAX, DBL_MIN,   -DBL_MIN,
    4.9e-324, INFINITY,     -INFINITY,   NAN,  DBL_EPSILON, 0.1,      1.0 / 3.0, -2.0 / 3.0,
    1e-15,    -1.23456e-16, 9.999999e20, 1e21, -9.99999e-5, 123456.5, 0.9999999, -0.99999949};
enum { EXTREMES = sizeof(extremes) / sizeof(extremes[0]) };

static const char *longest_reason(void)
{
    const char *longest = "";
    for (size_t i = 0; i < reason_count; i++) {
        longest = strlen(reasons[i].name) > strlen(longest) ? reasons[i].name : longest;
    }
    return longest;
}

static struct estimate extreme_estimate(uint64_t *state)
{
    double numbers[3];
    for (size_t i = 0; i < 3; i++) {
        *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        numbers[i] = extremes[(*state >> 33) % EXTREMES];
    }
    return (struct estimate){(*state >> 60) != 0, numbers[0], numbers[1], numbers[2]};
}

static void expect_finite_or_null(json_t *value)
{
    const char *key = NULL;
    json_t *member = NULL;
    if (json_is_object(value)) {
        json_object_foreach(value, key, member)
        {
            expect_finite_or_null(member);
        }
        return;
    }
    bool is_fine = json_is_null(value) || json_is_string(value) || json_is_array(value) ||
                   (json_is_real(value) && isfinite(json_real_value(value)));
    cr_assert(is_fine);
}

Test(answer, whatever_the_numbers_it_is_short_strict_and_finite)
{
    char id[ANSWER_ID_MAX + 1];
    memset(id, 'f', ANSWER_ID_MAX);
    id[ANSWER_ID_MAX] = '\0';
    uint64_t state = 3;
    owned(buffer) buffer = buffer_create(ANSWER_BYTES_MAX - 1);
    for (int i = 0; i < 20000; i++) {
        struct verdict verdict = {
            .decision = DECISION_INCONCLUSIVE,
            .reason = longest_reason(),
            .margin = 0.1234567890123456,
            .level = 0.9999999999999999,
            .plan = UINT64_C(1000000000000),
            .delta = extreme_estimate(&state),
            .arms = {{.nmi = extreme_estimate(&state), .samples = UINT64_MAX},
                     {.nmi = extreme_estimate(&state), .samples = UINT64_MAX}},
            .warning_count = WARNINGS_MAX,
            .has_forecast = true,
            .forecast_samples = UINT64_MAX,
            .forecast_minutes = extreme_estimate(&state).value,
        };
        for (size_t w = 0; w < WARNINGS_MAX; w++) {
            verdict.warnings[w] = longest_reason();
        }
        buffer_clear(buffer);
        const char *text = written(&verdict, id, buffer);
        json_error_t error;
        json_t *parsed = json_loads(text, JSON_REJECT_DUPLICATES | JSON_DECODE_INT_AS_REAL, &error);
        cr_assert(ne(ptr, parsed, NULL), "%s in %s", error.text, text);
        cr_assert(lt(sz, strlen(text), ANSWER_BYTES_MAX));
        expect_finite_or_null(parsed);
        json_decref(parsed);
    }
}

Test(answer, numbers_keep_six_digits)
{
    static const struct {
        double value;
        double rounded;
    } cases[] = {
        {0.1234565,    0.123457  },
        {-0.1234565,   -0.123457 },
        {0.99999951,   1.0       },
        {123456.7,     123457.0  },
        {1234567.0,    1234570.0 },
        {1e-7,         1e-7      },
        {1.2345678e-9, 1.23457e-9},
        {1e-17,        0.0       },
        {-1e-300,      0.0       },
        {0.0,          0.0       },
        {1e21,         1e21      },
        {-1.0,         -1.0      },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        cr_assert(eq(dbl, answer_round(cases[i].value), cases[i].rounded), "%g", cases[i].value);
        cr_assert(
            not(signbit(answer_round(cases[i].value)) && answer_round(cases[i].value) == 0.0));
    }
}
