#include "analysis/otlp.h"

#include "platform/gzip.h"
#include "support/cells.h"
#include "support/intake.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <criterion/parameterized.h>

static const char streams[] =
    "[{\"name\":\"checkout\",\"slices\":[\"region\"],\"otlp\":{\"event_name\":\"segment\","
    "\"arm\":\"hash\",\"pod\":\"pod\",\"count\":\"n\",\"slices\":{\"region\":\"cloud.region\"}}},"
    "{\"name\":\"search\",\"keyed\":true,\"retention\":\"1d\",\"otlp\":{\"service\":\"find\","
    "\"scope\":\"rank\",\"label\":\"body\",\"arm\":\"hash\",\"pod\":\"pod\",\"time\":\"at\"}}]";

#define TEXT(key, value) "{\"key\":\"" key "\",\"value\":{\"stringValue\":\"" value "\"}}"
#define INT(key, value)  "{\"key\":\"" key "\",\"value\":{\"intValue\":\"" value "\"}}"
#define REQUEST(resource, scope, records)                                                          \
    "{\"resourceLogs\":[{\"resource\":{\"attributes\":[" resource "]},\"scopeLogs\":[{\"scope\":"  \
    "{\"name\":\"" scope "\"},\"logRecords\":[" records "]}]}]}"
#define POD TEXT("hash", "canary") "," TEXT("pod", "p")
#define RECORD(more)                                                                               \
    "{\"timeUnixNano\":\"1769860800000000000\",\"eventName\":\"segment\",\"attributes\":[" more "]}"

static enum serin_status feed(struct intake *intake, struct text_view body, bool is_gzip,
                              struct otlp_result *out, struct serin_error *err)
{
    struct ingest_request about = {.now_ms = NOW_MS, .is_gzip = is_gzip};
    return otlp_ingest(intake->catalog, intake->store, &about, body, out, err);
}

static struct otlp_result feed_text(struct intake *intake, const char *body)
{
    struct otlp_result result = {0};
    struct serin_error err = {0};
    require_ok(feed(intake, text_view_of(body), false, &result, &err), &err);
    return result;
}

Test(otlp, records_become_events_of_the_streams_that_want_them)
{
    struct intake intake;
    open_intake_with(&intake, streams);
    struct otlp_result result = feed_text(
        &intake,
        REQUEST(
            POD "," TEXT("service.name", "find") "," TEXT("cloud.region", "eu"), "rank",
            RECORD(TEXT("label", "x") "," TEXT("reference", "y") "," INT(
                "n", "4")) ","
                           "{\"observedTimeUnixNano\":1769860800000000000,\"body\":{"
                           "\"stringValue\":\"q\"},"
                           "\"attributes\":[" TEXT("key", "1") "," TEXT(
                               "at",
                               "2026-01-31T12:00:00Z") "]},"
                                                       "{\"body\":{},\"attributes\":[" TEXT(
                                                           "key",
                                                           "1") "," TEXT("reference",
                                                                         "r") "," INT("at",
                                                                                      "176986080000"
                                                                                      "0") "]}"));
    cr_assert(eq(u64, result.records, 3));
    /* The first record is one of search too, by service and scope, but lacks its time. */
    cr_assert(eq(u64, result.rejected, 1));
    cr_assert(eq(u64, result.events, 3));
    owned(block_tables) plain = fetch_tables(intake.store, &plain_stream, NOW_MS);
    cr_assert(eq(u64, cell_of(plain, ARM_CANARY, "y", "x"), 4));
    owned(block_tables) keyed = fetch_tables(intake.store, &keyed_stream, NOW_MS);
    cr_assert(eq(u64, cell_of(keyed, ARM_CANARY, "r", "q"), 1));
    close_intake(&intake);
}

Test(otlp, records_that_no_stream_wants_are_passed_over)
{
    struct intake intake;
    open_intake_with(&intake, streams);
    struct otlp_result result =
        feed_text(&intake, REQUEST(POD, "rank",
                                   "{\"body\":{\"stringValue\":\"started\"}},"
                                   "{\"eventName\":\"segments\"},"
                                   "{\"attributes\":[" TEXT("event.name", "other") "]}"));
    cr_assert(eq(u64, result.records, 3));
    cr_assert(eq(u64, result.events + result.rejected, 0));
    close_intake(&intake);
}

Test(otlp, the_events_name_may_be_an_attribute)
{
    struct intake intake;
    open_intake_with(&intake, streams);
    struct otlp_result result = feed_text(
        &intake,
        REQUEST(POD, "",
                "{\"timeUnixNano\":\"1769860800000000000\","
                "\"attributes\":[" TEXT("event.name", "segment") "," TEXT("label", "x") "]}"));
    cr_assert(eq(u64, result.events, 1));
    close_intake(&intake);
}

struct rejection {
    char attributes[200];
    char says[64];
};

ParameterizedTestParameters(otlp, one_bad_record_is_rejected_and_the_others_count)
{
    static struct rejection cases[] = {
        {TEXT("lable", "x"), "label: neither the record nor its resource has"},
        {TEXT("label", ""), "attribute \"label\"; add it, or name another"},
        {"{\"key\":\"label\",\"value\":{\"doubleValue\":0.5}}",
         "label, from attribute label: \"0.5\" is no text"},
        {TEXT("label", "x") "," TEXT("hash", ""), "arm: neither the record nor"},
        {TEXT("label", "x") "," INT("n", "0"), "count, from attribute n: \"0\" is not a whole"},
        {TEXT("label", "x") "," TEXT("n", "many"), "\"many\" is not a whole number"},
        {TEXT("key", "1") "," TEXT("reference", "r"), "keyed: true"},
    };
    return cr_make_param_array(struct rejection, cases, ARRAY_LENGTH(cases));
}

ParameterizedTest(struct rejection *c, otlp, one_bad_record_is_rejected_and_the_others_count)
{
    struct intake intake;
    char body[1600];
    open_intake_with(&intake, streams);
    (void)snprintf(body, sizeof(body), REQUEST(POD, "", "%s,%s,%s"), RECORD(TEXT("label", "x")),
                   "{\"timeUnixNano\":\"1769860800000000000\",\"eventName\":\"segment\","
                   "\"attributes\":[BAD]}",
                   RECORD(TEXT("label", "z")));
    char *bad = strstr(body, "BAD");
    char rest[800];
    (void)snprintf(rest, sizeof(rest), "%s", bad + strlen("BAD"));
    (void)snprintf(bad, sizeof(body) - (size_t)(bad - body), "%s%s", c->attributes, rest);
    struct otlp_result result = feed_text(&intake, body);
    cr_assert(eq(u64, result.rejected, 1), "%s", c->attributes);
    cr_assert(eq(u64, result.events, 2));
    cr_assert(eq(u64, canary_events(&intake, &plain_stream), 2));
    cr_assert(ne(ptr, strstr(result.reason.detail, "log record 2, stream \"checkout\""), NULL),
              "%s", result.reason.detail);
    cr_assert(ne(ptr, strstr(result.reason.detail, c->says), NULL), "%s", result.reason.detail);
    close_intake(&intake);
}

Test(otlp, a_time_out_of_bounds_or_unknown_is_rejected)
{
    struct intake intake;
    open_intake_with(&intake, streams);
    const char *const times[] = {"\"0\"", "\"1769864400001000000\"", "\"1769255999999000000\""};
    const char *const says[] = {"neither timeUnixNano", "more than an hour ahead", "older than"};
    for (size_t i = 0; i < ARRAY_LENGTH(times); i++) {
        char body[600];
        (void)snprintf(body, sizeof(body),
                       REQUEST(POD, "",
                               "{\"timeUnixNano\":%s,\"eventName\":\"segment\","
                               "\"attributes\":[" TEXT("label", "x") "]}"),
                       times[i]);
        struct otlp_result result = feed_text(&intake, body);
        cr_assert(eq(u64, result.rejected, 1), "%s", times[i]);
        cr_assert(ne(ptr, strstr(result.reason.detail, says[i]), NULL), "%s", result.reason.detail);
    }
    close_intake(&intake);
}

Test(otlp, a_request_counts_once_however_often_it_comes)
{
    struct intake intake;
    static const char body[] = REQUEST(POD, "", RECORD(TEXT("label", "x")) "," RECORD(""));
    open_intake_with(&intake, streams);
    struct otlp_result result = feed_text(&intake, body);
    cr_assert(eq(u64, result.rejected, 1));
    cr_assert(not(result.is_repeat));
    result = feed_text(&intake, body);
    cr_assert(result.is_repeat);
    cr_assert(eq(u64, result.events, 0));
    result = feed_text(&intake, REQUEST(POD, "", RECORD(TEXT("label", "x"))));
    cr_assert(eq(u64, result.events, 1), "another request with the same record");
    cr_assert(eq(u64, canary_events(&intake, &plain_stream), 2));
    close_intake(&intake);
}

Test(otlp, a_record_with_an_id_counts_once_in_whatever_request_it_comes)
{
    struct intake intake;
    open_intake_with(&intake, streams);
    (void)feed_text(&intake,
                    REQUEST(POD, "", RECORD(TEXT("label", "x") "," TEXT("log.record.uid", "01"))));
    struct otlp_result result = feed_text(
        &intake,
        REQUEST(POD, "",
                RECORD(TEXT("label", "x") "," TEXT("log.record.uid", "01")) "," RECORD(
                    TEXT("label", "x") "," TEXT(
                        "log.record.uid",
                        "02")) "," RECORD(TEXT("label", "x") "," TEXT("log.record.uid", "02"))));
    cr_assert(eq(u64, result.events, 1));
    cr_assert(eq(u64, result.repeated, 2));
    cr_assert(eq(u64, canary_events(&intake, &plain_stream), 2));
    close_intake(&intake);
}

struct refusal {
    char body[80];
    enum serin_status status;
};

ParameterizedTestParameters(otlp, a_body_of_another_form_is_refused_whole)
{
    static struct refusal cases[] = {
        {"",                                                          SERIN_INVALID},
        {"[]",                                                        SERIN_INVALID},
        {"{\"resourceLogs\":[{\"scopeLogs\":[{\"logRecords\":[{}]}]", SERIN_INVALID},
    };
    return cr_make_param_array(struct refusal, cases, ARRAY_LENGTH(cases));
}

ParameterizedTest(struct refusal *c, otlp, a_body_of_another_form_is_refused_whole)
{
    struct intake intake;
    struct otlp_result result = {.records = 77};
    struct serin_error err = {0};
    open_intake_with(&intake, streams);
    cr_assert(eq(int, feed(&intake, text_view_of(c->body), false, &result, &err), c->status));
    cr_assert(eq(u64, result.records, 77));
    close_intake(&intake);
}

Test(otlp, what_comes_after_good_records_can_still_refuse_them)
{
    struct intake intake;
    struct otlp_result result = {0};
    struct serin_error err = {0};
    open_intake_with(&intake, streams);
    struct text_view body =
        TEXT_VIEW(REQUEST(POD, "", RECORD(TEXT("label", "x")) ",{\"attributes\":7}"));
    cr_assert(eq(int, feed(&intake, body, false, &result, &err), SERIN_INVALID));
    cr_assert(eq(str, err.field, "log record 2"));
    cr_assert(eq(u64, canary_events(&intake, &plain_stream), 0));
    close_intake(&intake);
}

Test(otlp, needs_a_stream_that_takes_records)
{
    struct intake intake;
    struct otlp_result result = {0};
    struct serin_error err = {0};
    open_intake(&intake);
    cr_assert(eq(int, feed(&intake, (struct text_view)TEXT_VIEW("{}"), false, &result, &err),
                 SERIN_INVALID));
    cr_assert(ne(ptr, strstr(err.detail, "key otlp"), NULL), "%s", err.detail);
    close_intake(&intake);
}

static bool may_write_nothing(void *context, const char *stream)
{
    (void)context;
    (void)stream;
    return false;
}

Test(otlp, a_sender_writes_only_where_it_may)
{
    struct intake intake;
    struct otlp_result result = {0};
    struct serin_error err = {0};
    struct ingest_request about = {.now_ms = NOW_MS, .may_write = may_write_nothing};
    open_intake_with(&intake, streams);
    struct text_view body = TEXT_VIEW(REQUEST(POD, "", RECORD(TEXT("label", "x"))));
    require_ok(otlp_ingest(intake.catalog, intake.store, &about, body, &result, &err), &err);
    cr_assert(eq(u64, result.rejected, 1));
    cr_assert(ne(ptr, strstr(result.reason.detail, "may not write"), NULL));
    close_intake(&intake);
}

Test(otlp, survives_the_failure_of_any_allocation)
{
    struct intake intake;
    struct serin_error err = {0};
    struct otlp_result result = {0};
    static const char body[] = REQUEST(
        POD, "", RECORD(TEXT("label", "x") "," TEXT("log.record.uid", "01")) "," RECORD(""));
    owned_memory char *packed = NULL;
    size_t length = 0;
    open_intake_with(&intake, streams);
    require_ok(gzip_deflate(body, sizeof(body) - 1, &packed, &length, &err), &err);
    enum serin_status status = SERIN_NO_MEMORY;
    for (uint64_t attempts = 1; status == SERIN_NO_MEMORY; attempts++) {
        cr_assert(eq(u64, canary_events(&intake, &plain_stream), 0));
        memory_fail_after(attempts);
        status = feed(&intake, (struct text_view){packed, length}, true, &result, &err);
        memory_fail_after(0);
    }
    cr_assert(eq(int, status, SERIN_OK), "%s", err.detail);
    cr_assert(eq(u64, canary_events(&intake, &plain_stream), 1));
    close_intake(&intake);
}

struct mapping_refusal {
    char stream[200];
    char field[32];
    char says[48];
};

ParameterizedTestParameters(otlp, a_mapping_that_cannot_work_is_refused)
{
    static struct mapping_refusal cases[] = {
        {"{\"name\":\"s\",\"otlp\":{}}",                                                        "streams[0].otlp",           "give it event_name"     },
        {"{\"name\":\"s\",\"otlp\":{\"event_nam\":\"e\"}}",                                     "streams[0].otlp.event_nam",
         "event_name"                                                                                                                                 },
        {"{\"name\":\"s\",\"otlp\":{\"scope\":\"\"}}",                                          "streams[0].otlp.scope",     "empty"                  },
        {"{\"name\":\"s\",\"otlp\":{\"scope\":\"e\",\"slices\":{\"region\":\"r\"}}}",
         "streams[0].otlp.slices",                                                                                           "no slice dimension"     },
        {"{\"name\":\"s\",\"slices\":[\"a\"],\"otlp\":{\"scope\":\"e\",\"slices\":{\"a\":7}}}",
         "streams[0].otlp.slices.a",                                                                                         "a text"                 },
        {"{\"name\":\"s\",\"source\":\"metrics\",\"metric\":\"m\",\"label\":\"l\",\"pod\":\"p\","
         "\"arm\":{\"label\":\"h\"},\"otlp\":{\"scope\":\"e\"}}",                      "streams[0].otlp",           "only the embedded store"},
    };
    return cr_make_param_array(struct mapping_refusal, cases, ARRAY_LENGTH(cases));
}

ParameterizedTest(struct mapping_refusal *c, otlp, a_mapping_that_cannot_work_is_refused)
{
    char text[256];
    struct serin_error err = {0};
    struct catalog *catalog = NULL;
    (void)snprintf(text, sizeof(text), "[%s]", c->stream);
    owned(document) list = json_document(text);
    owned(document) sources = json_document(
        "[{\"name\":\"metrics\",\"type\":\"prometheus\",\"url\":\"http://127.0.0.1:1\"}]");
    cr_assert(eq(int,
                 catalog_create(document_root(sources), document_root(list), NULL, &catalog, &err),
                 SERIN_INVALID));
    cr_assert(eq(str, err.field, c->field), "%s", err.detail);
    cr_assert(ne(ptr, strstr(err.detail, c->says), NULL), "%s", err.detail);
}
