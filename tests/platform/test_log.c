#include "platform/log.h"

#include "base/text.h"
#include "support/fake_clock.h"
#include "support/temp_folder.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <fcntl.h>
#include <jansson.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define NOON INT64_C(1769860800250) /* 2026-01-31T12:00:00.250Z */

/* A log that writes into a file, with a clock that the test moves. */
struct fixture {
    struct fake_clock fake;
    struct log *log;
    const char *path;
    int fd;
    char text[64 * 1024];
};

static void open_log(struct fixture *fixture, enum log_format format)
{
    fixture->fake = fake_clock_at(NOON);
    fixture->path = temp_path("log");
    fixture->fd = open(fixture->path, O_RDWR | O_CREAT | O_TRUNC, 0600);
    fixture->log = log_create(&(struct log_settings){.fd = fixture->fd,
                                                     .format = format,
                                                     .clock = &fixture->fake.clock,
                                                     .burst = 3,
                                                     .window_ms = 1000});
    cr_assert(ne(ptr, fixture->log, NULL));
}

static const char *read_log(struct fixture *fixture)
{
    ssize_t got = pread(fixture->fd, fixture->text, sizeof(fixture->text) - 1, 0);
    cr_assert(ge(long, got, 0));
    fixture->text[got] = '\0';
    return fixture->text;
}

static size_t count_lines(const char *text)
{
    size_t lines = 0;
    for (const char *c = text; *c != '\0'; c++) {
        lines += *c == '\n';
    }
    return lines;
}

static void close_log(struct fixture *fixture)
{
    log_destroy(fixture->log);
    (void)close(fixture->fd);
}

/* The one line of the log as a JSON object; the caller frees it. */
static json_t *parse_line(struct fixture *fixture)
{
    const char *text = read_log(fixture);
    cr_assert(eq(sz, count_lines(text), 1), "%s", text);
    json_error_t error;
    json_t *object = json_loads(text, JSON_REJECT_DUPLICATES, &error);
    cr_assert(ne(ptr, object, NULL), "%s: %s", error.text, text);
    return object;
}

Test(log, a_json_line_has_time_level_message_and_typed_fields_in_order)
{
    struct fixture fixture;
    open_log(&fixture, LOG_FORMAT_JSON);
    log_info(fixture.log, "analysis answered", log_text("stream", "checkout"),
             log_u64("samples", UINT64_MAX), log_i64("offset", -5), log_double("delta", -0.163),
             log_bool("cached", true), log_text("rollout", NULL));
    cr_assert(eq(str, (char *)read_log(&fixture),
                 "{\"ts\":\"2026-01-31T12:00:00.250Z\",\"level\":\"info\","
                 "\"msg\":\"analysis answered\",\"stream\":\"checkout\","
                 "\"samples\":18446744073709551615,\"offset\":-5,\"delta\":-0.163,"
                 "\"cached\":true,\"rollout\":null}\n"));
    close_log(&fixture);
}

Test(log, a_logfmt_line_quotes_only_what_needs_it)
{
    struct fixture fixture;
    open_log(&fixture, LOG_FORMAT_LOGFMT);
    log_warning(fixture.log, "source slow", log_text("address", "127.0.0.1:9090"),
                log_text("note", "a b"), log_text("empty", ""), log_text("pair", "a=b"),
                log_bool("ok", false));
    cr_assert(eq(str, (char *)read_log(&fixture),
                 "ts=2026-01-31T12:00:00.250Z level=warning msg=\"source slow\" "
                 "address=127.0.0.1:9090 note=\"a b\" empty=\"\" pair=\"a=b\" ok=false\n"));
    close_log(&fixture);
}

Test(log, a_message_needs_no_fields)
{
    struct fixture fixture;
    open_log(&fixture, LOG_FORMAT_LOGFMT);
    log_info(fixture.log, "stopped", LOG_NONE);
    cr_assert(eq(str, (char *)read_log(&fixture),
                 "ts=2026-01-31T12:00:00.250Z level=info msg=stopped\n"));
    close_log(&fixture);
}

static const char *const hostile[] = {
    "line one\nline two",
    "\r{\"level\":\"info\"}",
    "\x1b[31mred\x1b[0m",
    "bell\a backspace\b tab\t",
    "right to left \xe2\x80\xae gpj.exe",
    "zero\xe2\x80\x8bwidth",
    "next\xc2\x85line",
    "separator\xe2\x80\xa8 paragraph\xe2\x80\xa9",
    "bom\xef\xbb\xbf",
    "tag \xf3\xa0\x80\x81",
    "\xff\xfe not utf8 \xc3",
    "overlong \xc0\xaf",
    "quote \" backslash \\ end",
    "\",\"level\":\"error\",\"x\":\"",
    "emoji \xf0\x9f\x98\x80 and é",
};

Test(log, hostile_text_stays_one_valid_line_without_control_characters)
{
    for (size_t i = 0; i < ARRAY_LENGTH(hostile); i++) {
        struct fixture fixture;
        open_log(&fixture, LOG_FORMAT_JSON);
        log_info(fixture.log, "refused", log_text("value", hostile[i]), log_bool("after", true));
        json_t *object = parse_line(&fixture);
        cr_assert(eq(str, (char *)json_string_value(json_object_get(object, "level")), "info"));
        cr_assert(eq(sz, json_object_size(object), 5));
        for (const char *c = fixture.text; c[1] != '\0'; c++) {
            bool is_control = (unsigned char)*c < 0x20 || *c == 0x7f;
            cr_assert(not(is_control), "case %zu", i);
        }
        cr_assert(eq(ptr, strstr(fixture.text, "\xe2\x80"), NULL), "case %zu", i);
        cr_assert(eq(ptr, strstr(fixture.text, "\xc2\x85"), NULL), "case %zu", i);
        json_decref(object);
        close_log(&fixture);
    }
}

Test(log, text_that_is_utf8_survives_the_round_trip)
{
    for (size_t i = 0; i < ARRAY_LENGTH(hostile); i++) {
        const struct text_view view = text_view_of(hostile[i]);
        if (!text_is_utf8(view)) {
            continue;
        }
        struct fixture fixture;
        open_log(&fixture, LOG_FORMAT_JSON);
        log_info(fixture.log, "refused", log_text("value", hostile[i]));
        json_t *object = parse_line(&fixture);
        cr_assert(eq(str, (char *)json_string_value(json_object_get(object, "value")),
                     (char *)hostile[i]));
        json_decref(object);
        close_log(&fixture);
    }
}

Test(log, hostile_text_stays_one_line_of_logfmt)
{
    struct fixture fixture;
    open_log(&fixture, LOG_FORMAT_LOGFMT);
    for (size_t i = 0; i < ARRAY_LENGTH(hostile); i++) {
        log_info(fixture.log, "refused", log_text("value", hostile[i]));
    }
    const char *text = read_log(&fixture);
    cr_assert(eq(sz, count_lines(text), ARRAY_LENGTH(hostile)));
    cr_assert(eq(ptr, strchr(text, '\x1b'), NULL));
    cr_assert(eq(ptr, strchr(text, '\r'), NULL));
    close_log(&fixture);
}

Test(log, a_zero_byte_inside_a_text_is_escaped)
{
    struct fixture fixture;
    open_log(&fixture, LOG_FORMAT_JSON);
    log_info(fixture.log, "refused", log_bytes("value", "a\0b", 3));
    cr_assert(ne(ptr, strstr(read_log(&fixture), "\"a\\u0000b\""), NULL));
    close_log(&fixture);
}

Test(log, a_long_value_is_cut_at_a_character_and_marked)
{
    char text[3001];
    for (size_t i = 0; i < 3000; i += 3) {
        memcpy(text + i, "\xe2\x82\xac", 3);
    }
    text[3000] = '\0';
    struct fixture fixture;
    open_log(&fixture, LOG_FORMAT_JSON);
    log_info(fixture.log, "long", log_text("value", text), log_u64("after", 1));
    json_t *object = parse_line(&fixture);
    const char *value = json_string_value(json_object_get(object, "value"));
    cr_assert(eq(sz, strlen(value), LOG_VALUE_MAX / 3 * 3 + strlen("…")));
    cr_assert(eq(str, (char *)value + strlen(value) - strlen("…"), "…"));
    cr_assert(eq(u64, json_integer_value(json_object_get(object, "after")), 1));
    json_decref(object);
    close_log(&fixture);
}

Test(log, a_line_never_passes_its_limit_and_says_when_fields_are_missing)
{
    char text[2001];
    memset(text, '\n', 2000);
    text[2000] = '\0';
    static const enum log_format formats[] = {LOG_FORMAT_JSON, LOG_FORMAT_LOGFMT};
    for (size_t i = 0; i < ARRAY_LENGTH(formats); i++) {
        struct fixture fixture;
        open_log(&fixture, formats[i]);
        log_info(fixture.log, "long", log_text("a", text), log_text("b", text), log_text("c", text),
                 log_text("d", text), log_text("e", text));
        const char *line = read_log(&fixture);
        cr_assert(le(sz, strlen(line), LOG_LINE_MAX));
        cr_assert(eq(sz, count_lines(line), 1));
        cr_assert(ne(ptr, strstr(line, "truncated"), NULL));
        close_log(&fixture);
    }
    cr_assert(le(int, LOG_LINE_MAX, PIPE_BUF));
}

Test(log, a_cut_json_line_is_still_json)
{
    char text[1001];
    memset(text, 'x', 1000);
    text[1000] = '\0';
    struct fixture fixture;
    open_log(&fixture, LOG_FORMAT_JSON);
    log_info(fixture.log, "long", log_text("a", text), log_text("b", text), log_text("c", text),
             log_text("d", text), log_text("e", text));
    json_t *object = parse_line(&fixture);
    cr_assert(eq(int, json_typeof(json_object_get(object, "truncated")), JSON_TRUE));
    cr_assert(eq(ptr, json_object_get(object, "e"), NULL));
    json_decref(object);
    close_log(&fixture);
}

Test(log, numbers_that_are_not_finite_are_null)
{
    struct fixture fixture;
    open_log(&fixture, LOG_FORMAT_JSON);
    log_info(fixture.log, "odd", log_double("a", (double)NAN), log_double("b", (double)INFINITY));
    json_t *object = parse_line(&fixture);
    cr_assert(eq(int, json_typeof(json_object_get(object, "a")), JSON_NULL));
    cr_assert(eq(int, json_typeof(json_object_get(object, "b")), JSON_NULL));
    json_decref(object);
    close_log(&fixture);
}

Test(log, lines_below_the_level_are_dropped)
{
    struct fixture fixture;
    open_log(&fixture, LOG_FORMAT_LOGFMT);
    log_debug(fixture.log, "unseen", LOG_NONE);
    cr_assert(eq(sz, count_lines(read_log(&fixture)), 0));
    log_set_level(LOG_LEVEL_DEBUG);
    log_debug(fixture.log, "seen", LOG_NONE);
    cr_assert(eq(sz, count_lines(read_log(&fixture)), 1));
    log_set_level(LOG_LEVEL_ERROR);
    log_warning(fixture.log, "unseen", LOG_NONE);
    cr_assert(eq(sz, count_lines(read_log(&fixture)), 1));
    close_log(&fixture);
}

Test(log, levels_have_names_and_names_have_levels)
{
    for (int level = LOG_LEVEL_DEBUG; level <= LOG_LEVEL_ERROR; level++) {
        enum log_level back = LOG_LEVEL_DEBUG;
        cr_assert(eq(int, log_level_parse(log_level_name((enum log_level)level), &back), SERIN_OK));
        cr_assert(eq(int, (int)back, level));
    }
    enum log_level back = LOG_LEVEL_ERROR;
    cr_assert(eq(int, log_level_parse("loud", &back), SERIN_INVALID));
    cr_assert(eq(int, (int)back, LOG_LEVEL_ERROR));
}

Test(log, repeated_warnings_are_suppressed_and_counted_when_the_window_ends)
{
    struct fixture fixture;
    open_log(&fixture, LOG_FORMAT_LOGFMT);
    for (int i = 0; i < 10; i++) {
        log_warning(fixture.log, "source down", log_i64("attempt", i));
    }
    log_error(fixture.log, "other", LOG_NONE);
    cr_assert(eq(sz, count_lines(read_log(&fixture)), 4));
    fake_clock_advance(&fixture.fake, 1000);
    log_warning(fixture.log, "source down", log_i64("attempt", 10));
    const char *text = read_log(&fixture);
    cr_assert(eq(sz, count_lines(text), 6));
    cr_assert(ne(ptr, strstr(text, "msg=\"source down\" suppressed=7\n"), NULL));
    cr_assert(ne(ptr, strstr(text, "msg=\"source down\" attempt=10\n"), NULL));
    close_log(&fixture);
}

Test(log, what_is_suppressed_is_told_by_the_next_line_of_any_kind)
{
    struct fixture fixture;
    open_log(&fixture, LOG_FORMAT_LOGFMT);
    for (int i = 0; i < 5; i++) {
        log_warning(fixture.log, "source down", LOG_NONE);
    }
    fake_clock_advance(&fixture.fake, 1000);
    log_info(fixture.log, "unrelated", LOG_NONE);
    const char *text = read_log(&fixture);
    const char *told = strstr(text, "suppressed=2");
    cr_assert(ne(ptr, (void *)told, NULL));
    cr_assert(lt(ptr, (void *)told, strstr(text, "unrelated")));
    close_log(&fixture);
}

Test(log, what_is_suppressed_is_told_at_the_end)
{
    struct fixture fixture;
    open_log(&fixture, LOG_FORMAT_LOGFMT);
    for (int i = 0; i < 5; i++) {
        log_error(fixture.log, "broken", LOG_NONE);
    }
    log_destroy(fixture.log);
    cr_assert(ne(ptr, strstr(read_log(&fixture), "level=error msg=broken suppressed=2\n"), NULL));
    (void)close(fixture.fd);
}

Test(log, the_record_of_level_info_is_never_suppressed)
{
    struct fixture fixture;
    open_log(&fixture, LOG_FORMAT_LOGFMT);
    for (int i = 0; i < 100; i++) {
        log_info(fixture.log, "analysis answered", LOG_NONE);
    }
    cr_assert(eq(sz, count_lines(read_log(&fixture)), 100));
    close_log(&fixture);
}

Test(log, more_kinds_of_warnings_than_can_be_watched_are_all_written)
{
    static char messages[64][16];
    struct fixture fixture;
    open_log(&fixture, LOG_FORMAT_LOGFMT);
    for (size_t i = 0; i < 64; i++) {
        (void)snprintf(messages[i], sizeof(messages[i]), "message %zu", i);
        log_warning(fixture.log, messages[i], LOG_NONE);
    }
    cr_assert(eq(sz, count_lines(read_log(&fixture)), 64));
    close_log(&fixture);
}

Test(log, no_log_and_no_memory_are_survived)
{
    log_info(NULL, "nothing happens", LOG_NONE);
    log_destroy(NULL);
    memory_fail_after(1);
    struct log *log = log_create(&(struct log_settings){.fd = STDERR_FILENO});
    memory_fail_after(0);
    cr_assert(eq(ptr, log, NULL));
}
