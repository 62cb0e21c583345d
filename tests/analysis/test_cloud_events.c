#include "analysis/cloud_events.h"

#include "platform/gzip.h"
#include "support/intake.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <criterion/parameterized.h>

#define DATA                                                                                       \
    "{\"stream\":\"checkout\",\"time\":\"2026-01-31T12:00:00Z\",\"arm\":\"canary\",\"pod\":\"p\"," \
    "\"label\":\"x\"}"
#define ENVELOPE(id, more)                                                                         \
    "{\"specversion\":\"1.0\",\"id\":\"" id "\",\"source\":\"/s\",\"type\":\"t\"" more "}"
#define EVENT(id) ENVELOPE(id, ",\"data\":" DATA)

static enum serin_status feed(struct intake *intake, enum cloud_event_mode mode,
                              const struct cloud_event_headers *headers, const char *body,
                              struct cloud_events_result *out, struct serin_error *err)
{
    struct ingest_request about = {.now_ms = NOW_MS};
    struct cloud_events_request request = {
        .mode = mode, .headers = headers, .body = text_view_of(body), .about = &about};
    return cloud_events_ingest(intake->catalog, intake->store, &request, out, err);
}

static struct cloud_events_result feed_batch(struct intake *intake, const char *body)
{
    struct cloud_events_result result = {0};
    struct serin_error err = {0};
    require_ok(feed(intake, CLOUD_EVENT_BATCHED, NULL, body, &result, &err), &err);
    return result;
}

Test(cloud_events, takes_every_mode)
{
    struct intake intake;
    struct serin_error err = {0};
    struct cloud_events_result result = {0};
    struct cloud_event_headers headers = {
        .specversion = "1.0", .id = "9", .source = "/s", .type = "t"};
    open_intake(&intake);
    require_ok(feed(&intake, CLOUD_EVENT_STRUCTURED, NULL, EVENT("1"), &result, &err), &err);
    cr_assert(eq(u64, result.accepted, 1));
    require_ok(feed(&intake, CLOUD_EVENT_BINARY, &headers, DATA, &result, &err), &err);
    cr_assert(eq(u64, result.accepted, 1));
    result = feed_batch(&intake, " [ " EVENT("2") " , " EVENT("3") " ] ");
    cr_assert(eq(u64, result.accepted, 2));
    result = feed_batch(&intake, "[]");
    cr_assert(eq(u64, result.accepted, 0));
    cr_assert(eq(u64, canary_events(&intake, &plain_stream), 4));
    close_intake(&intake);
}

Test(cloud_events, the_envelope_says_what_the_data_leave_out)
{
    struct intake intake;
    open_intake(&intake);
    struct cloud_events_result result =
        feed_batch(&intake, "[" ENVELOPE("1", ",\"subject\":\"checkout\",\"time\":"
                                              "\"2026-01-31T12:00:00Z\",\"data\":{\"arm\":"
                                              "\"canary\",\"pod\":\"p\",\"label\":\"x\"}") "]");
    cr_assert(eq(u64, result.accepted, 1));
    cr_assert(eq(u64, canary_events(&intake, &plain_stream), 1));
    /* A subject that is something else does no harm where the data name the stream. */
    result = feed_batch(&intake, "[" ENVELOPE("2", ",\"subject\":\"order-7\",\"data\":" DATA) "]");
    cr_assert(eq(u64, canary_events(&intake, &plain_stream), 2));
    close_intake(&intake);
}

Test(cloud_events, an_event_counts_once_in_whatever_company_and_mode_it_comes)
{
    struct intake intake;
    struct serin_error err = {0};
    struct cloud_events_result result = {0};
    struct cloud_event_headers headers = {
        .specversion = "1.0", .id = "1", .source = "%2Fs", .type = "t"};
    open_intake(&intake);
    (void)feed_batch(&intake, "[" EVENT("1") "," EVENT("2") "]");
    result = feed_batch(&intake, "[" EVENT("2") "," EVENT("3") "," EVENT("3") "]");
    cr_assert(eq(u64, result.accepted, 3));
    cr_assert(eq(u64, result.repeated, 2));
    require_ok(feed(&intake, CLOUD_EVENT_BINARY, &headers, DATA, &result, &err), &err);
    cr_assert(eq(u64, result.repeated, 1));
    require_ok(feed(&intake, CLOUD_EVENT_STRUCTURED, NULL,
                    "{\"specversion\":\"1.0\",\"id\":\"1\",\"source\":\"/other\",\"type\":\"t\","
                    "\"data\":" DATA "}",
                    &result, &err),
               &err);
    cr_assert(eq(u64, result.repeated, 0));
    cr_assert(eq(u64, canary_events(&intake, &plain_stream), 4));
    close_intake(&intake);
}

struct refusal {
    char event[280]; /* the second of three */
    enum serin_status status;
    char field[32];
    char says[40];
};

ParameterizedTestParameters(cloud_events, one_bad_event_refuses_the_request)
{
    static struct refusal cases[] = {
        {"{}", SERIN_INVALID, "event 2: specversion", "missing"},
        {"7", SERIN_INVALID, "event 2", "JSON object"},
        {ENVELOPE("2", ""), SERIN_INVALID, "event 2: data", "label event"},
        {ENVELOPE("2", ",\"data\":null"), SERIN_INVALID, "event 2: data", "JSON object"},
        {ENVELOPE("2", ",\"data\":\"x\""), SERIN_INVALID, "event 2: data", "JSON object"},
        {ENVELOPE("2", ",\"data\":{\"label\":7}"), SERIN_INVALID, "event 2: data.label",
         "a text in double"},
        {ENVELOPE("2", ",\"data\":{\"label\":\"x\"}"), SERIN_INVALID, "event 2: data.stream",
         "missing"},
        {ENVELOPE("2", ",\"subject\":\"checkout\",\"data\":{\"label\":\"x\"}"), SERIN_INVALID,
         "event 2: data.time", "missing"},
        {ENVELOPE("2", ",\"subject\":\"chekout\",\"time\":\"2026-01-31T12:00:00Z\",\"data\":"
                       "{\"arm\":\"a\",\"pod\":\"p\",\"label\":\"x\"}"),
         SERIN_NOT_FOUND, "event 2: data.stream", "unknown stream"},
        {EVENT("2") " 7", SERIN_INVALID, "", "\",\" or \"]\""},
    };
    return cr_make_param_array(struct refusal, cases, ARRAY_LENGTH(cases));
}

ParameterizedTest(struct refusal *c, cloud_events, one_bad_event_refuses_the_request)
{
    struct intake intake;
    struct cloud_events_result result = {.accepted = 77};
    struct serin_error err = {0};
    char body[1024];
    open_intake(&intake);
    (void)snprintf(body, sizeof(body), "[%s,%s,%s]", EVENT("1"), c->event, EVENT("3"));
    enum serin_status status = feed(&intake, CLOUD_EVENT_BATCHED, NULL, body, &result, &err);
    cr_assert(eq(int, status, c->status), "%s: %s", c->event, err.detail);
    cr_assert(eq(str, err.field, c->field), "%s", err.detail);
    cr_assert(ne(ptr, strstr(err.detail, c->says), NULL), "%s", err.detail);
    cr_assert(eq(u64, result.accepted, 77));
    cr_assert(eq(u64, canary_events(&intake, &plain_stream), 0));
    /* Nothing of it is remembered either. */
    (void)feed_batch(&intake, "[" EVENT("1") "]");
    cr_assert(eq(u64, canary_events(&intake, &plain_stream), 1));
    close_intake(&intake);
}

Test(cloud_events, a_compressed_body_is_unpacked_within_bounds)
{
    struct intake intake;
    struct serin_error err = {0};
    struct cloud_events_result result = {0};
    struct ingest_request about = {.now_ms = NOW_MS, .is_gzip = true};
    struct cloud_events_request request = {.mode = CLOUD_EVENT_BATCHED, .about = &about};
    static const char body[] = "[" EVENT("1") "]";
    size_t size = (size_t)17 * 1024 * 1024;
    owned_memory char *spaces = memory_allocate(size, 1);
    owned_memory char *packed = NULL;
    owned_memory char *bomb = NULL;
    size_t length = 0;
    open_intake(&intake);
    require_ok(gzip_deflate(body, sizeof(body) - 1, &packed, &length, &err), &err);
    request.body = (struct text_view){packed, length};
    require_ok(cloud_events_ingest(intake.catalog, intake.store, &request, &result, &err), &err);
    cr_assert(eq(u64, result.accepted, 1));
    memset(spaces, ' ', size);
    require_ok(gzip_deflate(spaces, size, &bomb, &length, &err), &err);
    request.body = (struct text_view){bomb, length};
    cr_assert(eq(int, cloud_events_ingest(intake.catalog, intake.store, &request, &result, &err),
                 SERIN_TOO_LARGE));
    close_intake(&intake);
}

Test(cloud_events, survives_the_failure_of_any_allocation)
{
    struct intake intake;
    struct serin_error err = {0};
    struct cloud_events_result result = {0};
    open_intake(&intake);
    (void)feed_batch(&intake, "[" EVENT("1") "]");
    enum serin_status status = SERIN_NO_MEMORY;
    for (uint64_t attempts = 1; status == SERIN_NO_MEMORY; attempts++) {
        cr_assert(eq(u64, canary_events(&intake, &plain_stream), 1));
        memory_fail_after(attempts);
        status = feed(&intake, CLOUD_EVENT_BATCHED, NULL, "[" EVENT("1") "," EVENT("2") "]",
                      &result, &err);
        memory_fail_after(0);
    }
    cr_assert(eq(int, status, SERIN_OK), "%s", err.detail);
    cr_assert(eq(u64, result.repeated, 1));
    cr_assert(eq(u64, canary_events(&intake, &plain_stream), 2));
    close_intake(&intake);
}
