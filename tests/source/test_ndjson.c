#include "source/ndjson.h"

#include "source/event_line.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <string.h>

#define EVENT(label)                                                                               \
    "{\"stream\":\"s\",\"time\":1,\"arm\":\"a\",\"pod\":\"p\",\"label\":\"" label "\"}"

struct seen {
    char labels[64];
    size_t events;
    const char *refuse; /* a label to refuse */
};

static enum serin_status collect(void *context, const struct label_event *event,
                                 struct serin_error *err)
{
    struct seen *seen = context;
    if (seen->refuse && text_equals(event->label, seen->refuse)) {
        serin_error_at(err, "label");
        return serin_fail(err, SERIN_NOT_FOUND, "not this one");
    }
    size_t used = strlen(seen->labels);
    memcpy(seen->labels + used, event->label.start, event->label.length);
    seen->events++;
    return SERIN_OK;
}

static enum serin_status read_in_pieces(const char *text, size_t length, size_t piece,
                                        struct seen *seen, struct serin_error *err)
{
    owned(ndjson_reader) reader = ndjson_reader_create(collect, seen);
    cr_assert(ne(ptr, reader, NULL));
    for (size_t at = 0; at < length; at += piece) {
        TRY(ndjson_reader_push(reader, text + at, length - at < piece ? length - at : piece, err));
    }
    return ndjson_reader_finish(reader, err);
}

Test(ndjson, reads_the_same_whatever_the_pieces)
{
    static const char text[] = EVENT("x") "\n\n \t\r\n" EVENT("y") "\r\n" EVENT("z");
    for (size_t piece = 1; piece <= sizeof(text); piece++) {
        struct seen seen = {0};
        struct serin_error err = {0};
        cr_assert(eq(int, read_in_pieces(text, sizeof(text) - 1, piece, &seen, &err), SERIN_OK),
                  "%s", err.detail);
        cr_assert(eq(str, seen.labels, "xyz"), "pieces of %zu", piece);
    }
}

Test(ndjson, names_the_line_and_the_field_of_a_bad_line)
{
    static const char text[] =
        EVENT("x") "\n\n" EVENT("y") "\n{\"stream\":\"s\",\"time\":\"noon\"}\n";
    for (size_t piece = 1; piece <= sizeof(text); piece += 13) {
        struct seen seen = {0};
        struct serin_error err = {0};
        cr_assert(
            eq(int, read_in_pieces(text, sizeof(text) - 1, piece, &seen, &err), SERIN_INVALID));
        cr_assert(eq(str, err.field, "line 4: time"));
    }
}

Test(ndjson, hands_on_what_the_sink_refuses)
{
    static const char text[] = EVENT("x") "\n" EVENT("y");
    struct seen seen = {.refuse = "y"};
    struct serin_error err = {0};
    cr_assert(eq(int, read_in_pieces(text, sizeof(text) - 1, 100, &seen, &err), SERIN_NOT_FOUND));
    cr_assert(eq(str, err.field, "line 2: label"));
    cr_assert(eq(str, err.detail, "not this one"));
}

Test(ndjson, refuses_a_line_that_never_ends)
{
    static char text[3 * EVENT_LINE_BYTES_MAX];
    memset(text, ' ', sizeof(text));
    memcpy(text, EVENT("x") "\n", sizeof(EVENT("x") "\n") - 1);
    static const size_t pieces[] = {1, 1000, sizeof(text)};
    for (size_t i = 0; i < ARRAY_LENGTH(pieces); i++) {
        struct seen seen = {0};
        struct serin_error err = {0};
        cr_assert(
            eq(int, read_in_pieces(text, sizeof(text), pieces[i], &seen, &err), SERIN_TOO_LARGE),
            "pieces of %zu", pieces[i]);
        cr_assert(eq(str, err.field, "line 2"));
    }
}

Test(ndjson, takes_a_line_of_the_greatest_length)
{
    static char text[EVENT_LINE_BYTES_MAX + 1];
    memset(text, ' ', sizeof(text));
    memcpy(text, EVENT("x"), sizeof(EVENT("x")) - 1);
    text[EVENT_LINE_BYTES_MAX] = '\n';
    static const size_t pieces[] = {1, 1000, sizeof(text)};
    for (size_t i = 0; i < ARRAY_LENGTH(pieces); i++) {
        struct seen seen = {0};
        struct serin_error err = {0};
        cr_assert(eq(int, read_in_pieces(text, sizeof(text), pieces[i], &seen, &err), SERIN_OK));
        cr_assert(eq(sz, seen.events, 1));
    }
}

Test(ndjson, an_unavailable_allocation_is_told)
{
    memory_fail_after(1);
    struct ndjson_reader *reader = ndjson_reader_create(collect, NULL);
    memory_fail_after(0);
    cr_assert(eq(ptr, reader, NULL));
}
