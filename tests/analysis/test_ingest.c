#include "analysis/ingest.h"

#include "platform/gzip.h"
#include "support/cells.h"
#include "support/intake.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <criterion/parameterized.h>

static enum serin_status feed(struct intake *intake, const struct ingest_request *request,
                              const char *bytes, size_t length, size_t piece,
                              struct append_result *out, struct serin_error *err)
{
    owned(ingest) ingest = NULL;
    TRY(ingest_create(intake->catalog, intake->store, request, &ingest, err));
    for (size_t at = 0; at < length; at += piece) {
        size_t size = length - at < piece ? length - at : piece;
        enum serin_status status = ingest_push(ingest, bytes + at, size, err);
        if (status != SERIN_OK) {
            struct serin_error again = {0};
            cr_assert(eq(int, ingest_finish(ingest, out, &again), status));
            cr_assert(eq(str, again.detail, err->detail));
            return status;
        }
    }
    return ingest_finish(ingest, out, err);
}

static enum serin_status feed_text(struct intake *intake, const char *body,
                                   struct append_result *out, struct serin_error *err)
{
    struct ingest_request request = {.now_ms = NOW_MS};
    return feed(intake, &request, body, strlen(body), 1000, out, err);
}

#define EVENT(more)                                                                                \
    "{\"stream\":\"checkout\",\"time\":\"2026-01-31T12:00:00Z\",\"arm\":\"canary\",\"pod\":\"p\"," \
    "\"label\":\"x\"" more "}\n"

Test(ingest, takes_lines_into_the_store)
{
    struct intake intake;
    struct append_result result = {0};
    struct serin_error err = {0};
    open_intake(&intake);
    const char *body = EVENT("") EVENT(",\"reference\":\"y\",\"count\":4") EVENT(
        ",\"slices\":{\"region\":\"eu\"}") "{\"stream\":\"search\",\"time\":1769860800000,\"arm\":"
                                           "\"canary\",\"pod\":\"p\",\"label\":\"q\",\"key\":\"1\"}"
                                           "\n{\"stream\":\"search\",\"time\":1769860800000,"
                                           "\"key\":\"1\",\"reference\":\"r\"}";
    require_ok(feed_text(&intake, body, &result, &err), &err);
    cr_assert(eq(u64, result.accepted, 5));
    cr_assert(eq(u64, canary_events(&intake, &plain_stream), 6));
    owned(block_tables) keyed = fetch_tables(intake.store, &keyed_stream, NOW_MS);
    cr_assert(eq(u64, cell_of(keyed, ARM_CANARY, "r", "q"), 1));
    close_intake(&intake);
}

Test(ingest, takes_plain_and_compressed_bodies_in_any_pieces)
{
    struct intake intake;
    struct serin_error err = {0};
    static const char body[] = EVENT("") EVENT("") EVENT("");
    owned_memory char *packed = NULL;
    size_t packed_length = 0;
    uint64_t expected = 0;
    open_intake(&intake);
    require_ok(gzip_deflate(body, sizeof(body) - 1, &packed, &packed_length, &err), &err);
    for (size_t piece = 1; piece < 200; piece += 13) {
        struct ingest_request plain = {.now_ms = NOW_MS};
        struct ingest_request gzip = {.now_ms = NOW_MS, .is_gzip = true};
        struct append_result result = {0};
        require_ok(feed(&intake, &plain, body, sizeof(body) - 1, piece, &result, &err), &err);
        require_ok(feed(&intake, &gzip, packed, packed_length, piece, &result, &err), &err);
        expected += 6;
    }
    cr_assert(eq(u64, canary_events(&intake, &plain_stream), expected));
    close_intake(&intake);
}

Test(ingest, a_repeated_name_counts_once)
{
    struct intake intake;
    struct serin_error err = {0};
    static const char body[] = EVENT("");
    open_intake(&intake);
    for (int i = 0; i < 3; i++) {
        struct ingest_request request = {.now_ms = NOW_MS, .batch = TEXT_VIEW("b-1")};
        struct append_result result = {0};
        require_ok(feed(&intake, &request, body, sizeof(body) - 1, 50, &result, &err), &err);
        cr_assert(eq(u64, result.accepted, 1));
        cr_assert(eq(int, result.duplicate, i > 0));
    }
    cr_assert(eq(u64, canary_events(&intake, &plain_stream), 1));
    close_intake(&intake);
}

struct refusal {
    char line[360]; /* the third of the body, after two good ones */
    enum serin_status status;
    char field[24];
    char says[48];
};

ParameterizedTestParameters(ingest, one_bad_line_refuses_the_batch)
{
    static struct refusal cases[] = {
        {"{}",                                                                                 SERIN_INVALID,   "line 3: stream", "missing"                      },
        {"nonsense",                                                                           SERIN_INVALID,   "line 3",         "JSON object"                  },
        {"{\"stream\":\"chekout\",\"time\":1769860800000,\"arm\":\"a\",\"pod\":\"p\",\"label\":"
         "\"x\"}",                                                                    SERIN_NOT_FOUND, "line 3: stream", "chekout"                      },
        {"{\"stream\":\"scraped\",\"time\":1769860800000,\"arm\":\"a\",\"pod\":\"p\",\"label\":"
         "\"x\"}",                                                                    SERIN_INVALID,   "line 3: stream", "only streams of the embedded" },
        {"{\"stream\":\"checkout\",\"time\":1769864400001,\"arm\":\"a\",\"pod\":\"p\",\"label\":"
         "\"x\"}",                                                                    SERIN_INVALID,   "line 3: time",   "more than an hour ahead"      },
        {"{\"stream\":\"checkout\",\"time\":1769255999999,\"arm\":\"a\",\"pod\":\"p\",\"label\":"
         "\"x\"}",                                                                    SERIN_INVALID,   "line 3: time",   "older than the 7d that"       },
        {"{\"stream\":\"checkout\",\"time\":1769860800,\"arm\":\"a\",\"pod\":\"p\",\"label\":"
         "\"x\"}",                                                                    SERIN_INVALID,   "line 3: time",   "looks like seconds"           },
        {"{\"stream\":\"checkout\",\"time\":1769860800000,\"arm\":\"a\",\"pod\":\"p\",\"label\":"
         "\"x\","
         "\"slices\":{\"device\":\"phone\"}}",                                        SERIN_INVALID,   "line 3: slices", "no slice dimension \"device\""},
        {"{\"stream\":\"checkout\",\"time\":1769860800000,\"key\":\"1\",\"reference\":\"r\"}",
         SERIN_INVALID,                                                                                         "line 3: label",  "keyed: true"                  },
    };
    return cr_make_param_array(struct refusal, cases, ARRAY_LENGTH(cases));
}

ParameterizedTest(struct refusal *c, ingest, one_bad_line_refuses_the_batch)
{
    struct intake intake;
    struct append_result result = {.accepted = 77};
    struct serin_error err = {0};
    char body[1024];
    open_intake(&intake);
    (void)snprintf(body, sizeof(body), "%s%s%s\n%s", EVENT(""), EVENT(""), c->line, EVENT(""));
    cr_assert(eq(int, feed_text(&intake, body, &result, &err), c->status), "%s", err.detail);
    cr_assert(eq(str, err.field, c->field), "%s", err.detail);
    cr_assert(ne(ptr, strstr(err.detail, c->says), NULL), "%s", err.detail);
    cr_assert(eq(u64, result.accepted, 77));
    cr_assert(eq(u64, canary_events(&intake, &plain_stream), 0));
    close_intake(&intake);
}

static bool may_write_search(void *context, const char *stream)
{
    (void)context;
    return strcmp(stream, "search") == 0;
}

Test(ingest, a_sender_writes_only_where_it_may)
{
    struct intake intake;
    struct serin_error err = {0};
    struct append_result result = {0};
    struct ingest_request request = {.now_ms = NOW_MS, .may_write = may_write_search};
    static const char body[] = EVENT("");
    open_intake(&intake);
    cr_assert(eq(int, feed(&intake, &request, body, sizeof(body) - 1, 1000, &result, &err),
                 SERIN_DENIED));
    cr_assert(eq(str, err.field, "line 1: stream"));
    close_intake(&intake);
}

Test(ingest, a_compressed_body_must_be_whole)
{
    struct intake intake;
    struct serin_error err = {0};
    static const char body[] = EVENT("");
    owned_memory char *packed = NULL;
    size_t length = 0;
    struct ingest_request request = {.now_ms = NOW_MS, .is_gzip = true};
    struct append_result result = {0};
    open_intake(&intake);
    require_ok(gzip_deflate(body, sizeof(body) - 1, &packed, &length, &err), &err);
    for (size_t cut = 0; cut < length; cut++) {
        cr_assert(
            eq(int, feed(&intake, &request, packed, cut, 1000, &result, &err), SERIN_INVALID));
    }
    cr_assert(eq(int, feed(&intake, &request, body, sizeof(body) - 1, 1000, &result, &err),
                 SERIN_INVALID));
    cr_assert(eq(u64, canary_events(&intake, &plain_stream), 0));
    close_intake(&intake);
}

Test(ingest, a_body_that_unfolds_without_end_is_stopped)
{
    struct intake intake;
    struct serin_error err = {0};
    size_t size = (size_t)INGEST_BODY_BYTES_MAX + 1000;
    owned_memory char *body = memory_allocate(size, 1);
    owned_memory char *packed = NULL;
    size_t length = 0;
    struct ingest_request request = {.now_ms = NOW_MS, .is_gzip = true};
    struct append_result result = {0};
    open_intake(&intake);
    memset(body, '\n', size);
    require_ok(gzip_deflate(body, size, &packed, &length, &err), &err);
    cr_assert(
        eq(int, feed(&intake, &request, packed, length, 65536, &result, &err), SERIN_TOO_LARGE));
    request.is_gzip = false;
    cr_assert(eq(int, feed(&intake, &request, body, size, 65536, &result, &err), SERIN_TOO_LARGE));
    close_intake(&intake);
}

Test(ingest, a_batchs_name_is_short_and_printable)
{
    struct intake intake;
    struct ingest *ingest = NULL;
    struct serin_error err = {0};
    char long_name[300];
    memset(long_name, 'n', sizeof(long_name));
    open_intake(&intake);
    struct ingest_request control = {.batch = TEXT_VIEW("a\nb")};
    struct ingest_request endless = {
        .batch = {long_name, 257}
    };
    cr_assert(eq(int, ingest_create(intake.catalog, intake.store, &control, &ingest, &err),
                 SERIN_INVALID));
    cr_assert(eq(str, err.field, "Idempotency-Key"));
    cr_assert(eq(int, ingest_create(intake.catalog, intake.store, &endless, &ingest, &err),
                 SERIN_INVALID));
    close_intake(&intake);
}

Test(ingest, survives_the_failure_of_any_allocation)
{
    struct intake intake;
    struct serin_error err = {0};
    struct append_result result = {0};
    static const char body[] = EVENT("") EVENT(",\"reference\":\"y\"");
    owned_memory char *packed = NULL;
    size_t length = 0;
    open_intake(&intake);
    require_ok(gzip_deflate(body, sizeof(body) - 1, &packed, &length, &err), &err);
    struct ingest_request request = {.now_ms = NOW_MS, .is_gzip = true};
    enum serin_status status = SERIN_NO_MEMORY;
    for (uint64_t attempts = 1; status == SERIN_NO_MEMORY; attempts++) {
        cr_assert(eq(u64, canary_events(&intake, &plain_stream), 0));
        memory_fail_after(attempts);
        status = feed(&intake, &request, packed, length, 1000, &result, &err);
        memory_fail_after(0);
    }
    cr_assert(eq(int, status, SERIN_OK), "%s", err.detail);
    cr_assert(eq(u64, canary_events(&intake, &plain_stream), 2));
    close_intake(&intake);
}
