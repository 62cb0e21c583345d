#include "source/otlp_logs.h"

#include "base/buffer.h"
#include "base/memory.h"
#include "source/otlp_value.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <criterion/parameterized.h>
#include <string.h>

/* Writes of each record its number, its event's name and what each attribute is. */
struct listing {
    struct buffer *text;
    const char *names; /* of one letter each */
};

static enum serin_status list_record(void *context, const struct otlp_record *record,
                                     struct serin_error *err)
{
    struct listing *listing = context;
    (void)err;
    buffer_append_char(listing->text, (char)('0' + record->number));
    buffer_append(listing->text, record->event_name.start, record->event_name.length);
    for (const char *name = listing->names; *name; name++) {
        struct otlp_room room;
        struct text_view value = {0};
        cr_assert(eq(int,
                     otlp_value_text(otlp_record_value(record, (struct text_view){name, 1}), &room,
                                     &value, NULL),
                     SERIN_OK));
        buffer_append_char(listing->text, ' ');
        buffer_append(listing->text, value.start, value.length);
    }
    buffer_append_char(listing->text, '\n');
    return SERIN_OK;
}

static enum serin_status read(const char *body, const char *names, char *out, size_t size,
                              struct serin_error *err)
{
    owned(buffer) text = buffer_create(4096);
    struct listing listing = {text, names};
    enum serin_status status = otlp_logs_read(text_view_of(body), list_record, &listing, err);
    struct text_view view = buffer_view(text);
    cr_assert(lt(sz, view.length, size));
    memcpy(out, view.start ? view.start : "", view.length);
    out[view.length] = '\0';
    return status;
}

#define TEXT(key, value) "{\"key\":\"" key "\",\"value\":{\"stringValue\":\"" value "\"}}"

Test(otlp_logs, a_record_has_what_is_around_it)
{
    char listed[200];
    struct serin_error err = {0};
    const char *body =
        "{\"resourceLogs\":[{\"resource\":{\"attributes\":[" TEXT("r", "res") "," TEXT(
            "a",
            "no") "]},\"scopeLogs\":[{\"scope\":{\"name\":\"lib\",\"attributes\":"
                  "[" TEXT(
                      "s",
                      "scope") "]},\"logRecords\":[{\"eventName\":\"e\","
                               "\"attributes\":[" TEXT(
                                   "a",
                                   "rec") "],\"body\":{"
                                          "\"kvlistValue"
                                          "\":{"
                                          "\"values\":"
                                          "[" TEXT(
                                              "b",
                                              "bod"
                                              "y") "," TEXT("a",
                                                            "no") "]}}},{\"body\":{\"stringValue\":"
                                                                  "\"hello\"}}]},{\"logRecords\":[{"
                                                                  "}]}]},"
                                                                  "{\"scopeLogs\":[{\"logRecords\":"
                                                                  "[{\"attributes\":[" TEXT(
                                                                      "b", "own") "]}]}]}]}";
    cr_assert(eq(int, read(body, "absr", listed, sizeof(listed), &err), SERIN_OK), "%s",
              err.detail);
    cr_assert(eq(str, listed,
                 "1\"e\" rec body scope res\n"
                 "2 no  scope res\n"
                 "3 no   res\n"
                 "4  own  \n"));
}

Test(otlp_logs, the_order_of_members_and_unknown_ones_do_not_matter)
{
    char listed[200];
    const char *body =
        " {\"future\":[{}], \"resourceLogs\" : [ {\"scopeLogs\":[{\"schemaUrl\":\"x\","
        "\"logRecords\":[{\"attributes\":[{\"value\":{\"stringValue\":\"v\"},\"more\":1,"
        "\"key\":\"\\u0061\"}],\"severityNumber\":9,\"flags\":1,\"traceId\":\"ab\"}],"
        "\"scope\":{\"attributes\":[" TEXT("s", "scope") "]}}],\"resource\":{\"attributes\":[" TEXT(
            "r", "res") "],\"droppedAttributesCount\":0}} ] } ";
    cr_assert(eq(int, read(body, "asr", listed, sizeof(listed), NULL), SERIN_OK));
    cr_assert(eq(str, listed, "1 v scope res\n"));
}

static enum serin_status check_body(void *context, const struct otlp_record *record,
                                    struct serin_error *err)
{
    struct text_view value = otlp_record_value(record, (struct text_view)TEXT_VIEW("body"));
    (void)err;
    cr_assert(text_equals(value, context), "%.*s", (int)value.length, value.start);
    return SERIN_OK;
}

Test(otlp_logs, the_body_is_called_body_unless_something_else_is)
{
    static const char plain[] = "{\"resourceLogs\":[{\"scopeLogs\":[{\"logRecords\":[{\"body\":"
                                "{\"stringValue\":\"s4\"}}]}]}]}";
    static const char other[] =
        "{\"resourceLogs\":[{\"scopeLogs\":[{\"logRecords\":[{\"body\":"
        "{\"stringValue\":\"s4\"},\"attributes\":[" TEXT("body", "s5") "]}]}]}]}";
    char s4[] = "{\"stringValue\":\"s4\"}";
    char s5[] = "{\"stringValue\":\"s5\"}";
    cr_assert(eq(int, otlp_logs_read(text_view_of(plain), check_body, s4, NULL), SERIN_OK));
    cr_assert(eq(int, otlp_logs_read(text_view_of(other), check_body, s5, NULL), SERIN_OK));
}

struct refusal {
    char body[120];
    char field[16];
    char says[40];
};

ParameterizedTestParameters(otlp_logs, refuses_what_has_another_form)
{
    static struct refusal cases[] = {
        {"",                                                                                    "",             "a JSON object"    },
        {"[]",                                                                                  "",             "a JSON object"    },
        {"{\"resourceLogs\":[]} x",                                                             "",             "end of the body"  },
        {"{\"resourceLogs\":{}}",                                                               "",             "a list"           },
        {"{\"resourceLogs\":[7]}",                                                              "",             "a JSON object"    },
        {"{\"resourceLogs\":[{\"resource\":7}]}",                                               "",             "a JSON object"    },
        {"{\"resourceLogs\":[{\"scopeLogs\":[{\"scope\":[]}]}]}",                               "",             "a JSON object"    },
        {"{\"resourceLogs\":[{\"scopeLogs\":[{\"logRecords\":[{},7]}]}]}",                      "log record 2",
         "a JSON object"                                                                                                           },
        {"{\"resourceLogs\":[{\"scopeLogs\":[{\"logRecords\":[{\"body\":7}]}]}]}",              "log record 1",
         "a JSON object"                                                                                                           },
        {"{\"resourceLogs\":[{\"scopeLogs\":[{\"logRecords\":[{\"attributes\":[[]]}]}]}]}",
         "log record 1",                                                                                        "a JSON object"    },
        {"{\"resourceLogs\":[{\"scopeLogs\":[{\"logRecords\":[{\"body\":{},\"body\":{}}]}]}]}",
         "log record 1",                                                                                        "given twice"      },
        {"{\"resourceLogs\":[{\"scopeLogs\":[{\"logRecords\":[{}]}]}]",                         "",             "but the line ends"},
    };
    return cr_make_param_array(struct refusal, cases, ARRAY_LENGTH(cases));
}

ParameterizedTest(struct refusal *c, otlp_logs, refuses_what_has_another_form)
{
    char listed[64];
    struct serin_error err = {0};
    cr_assert(eq(int, read(c->body, "a", listed, sizeof(listed), &err), SERIN_INVALID), "%s",
              c->body);
    cr_assert(eq(str, err.field, c->field), "%s: %s", c->body, err.detail);
    cr_assert(ne(ptr, strstr(err.detail, c->says), NULL), "%s: %s", c->body, err.detail);
}

Test(otlp_logs, attributes_without_end_are_stopped)
{
    owned(buffer) body = buffer_create(1 << 20);
    struct listing listing = {body, ""};
    struct serin_error err = {0};
    buffer_append_text(body, "{\"resourceLogs\":[{\"resource\":{\"attributes\":[{}");
    for (int i = 0; i < OTLP_ATTRIBUTES_MAX; i++) {
        buffer_append_text(body, ",{}");
    }
    buffer_append_text(body, "]}}]}");
    cr_assert(
        eq(int, otlp_logs_read(buffer_view(body), list_record, &listing, &err), SERIN_TOO_LARGE));
    cr_assert(ne(ptr, strstr(err.detail, "more than 1024 attributes"), NULL), "%s", err.detail);
}

Test(otlp_logs, survives_the_failure_of_any_allocation)
{
    const char *body = "{\"resourceLogs\":[{\"resource\":{\"attributes\":[" TEXT(
        "r", "res") "]},\"scopeLogs\":[{\"logRecords\":[{\"attributes\":[" TEXT("a",
                                                                                "x") "]}]}]}]}";
    owned(buffer) text = buffer_create(4096);
    struct listing listing = {text, ""};
    enum serin_status status = SERIN_NO_MEMORY;
    uint64_t attempts = 0;
    while (status == SERIN_NO_MEMORY) {
        memory_fail_after(++attempts);
        status = otlp_logs_read(text_view_of(body), list_record, &listing, NULL);
        memory_fail_after(0);
    }
    cr_assert(eq(int, status, SERIN_OK));
    cr_assert(gt(u64, attempts, 2));
}
