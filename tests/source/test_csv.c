#include "source/csv.h"

#include "base/buffer.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <string.h>

#define VIEW(literal) ((struct text_view)TEXT_VIEW(literal))

/* Rows as they were read: "line:field|field;" each. */
struct seen {
    struct buffer *rows;
    size_t refuse_line;
};

static enum serin_status collect(void *context, const struct csv_row *row, struct serin_error *err)
{
    struct seen *seen = context;
    buffer_printf(seen->rows, "%zu:", row->line);
    for (size_t i = 0; i < row->count; i++) {
        buffer_append_text(seen->rows, i > 0 ? "|" : "");
        buffer_append_view(seen->rows, row->fields[i]);
    }
    buffer_append_char(seen->rows, ';');
    if (row->line == seen->refuse_line) {
        serin_error_at(err, "label");
        return serin_fail(err, SERIN_CONFLICT, "not this one");
    }
    return SERIN_OK;
}

static enum serin_status read_pieces(struct text_view text, size_t piece, struct seen *seen,
                                     struct serin_error *err)
{
    owned(csv_reader) reader = csv_reader_create(collect, seen);
    cr_assert(ne(ptr, reader, NULL));
    for (size_t at = 0; at < text.length; at += piece) {
        size_t length = text.length - at < piece ? text.length - at : piece;
        /* A copy of the exact size lets the sanitizer see a read past the end. */
        owned_memory char *copy = memory_allocate(length, 1);
        memcpy(copy, text.start + at, length);
        TRY(csv_reader_push(reader, copy, length, err));
    }
    return csv_reader_finish(reader, err);
}

struct good_case {
    const char *name;
    struct text_view text;
    const char *rows;
};

Test(csv, reads_what_rfc_4180_describes_whatever_the_pieces)
{
    static const struct good_case cases[] = {
        {"two rows",                    TEXT_VIEW("a,b\n1,2\n"),              "1:a|b;2:1|2;"            },
        {"no last line end",            TEXT_VIEW("a,b\n1,2"),                "1:a|b;2:1|2;"            },
        {"CRLF",                        TEXT_VIEW("a,b\r\n1,2\r\n"),          "1:a|b;2:1|2;"            },
        {"mixed line ends",             TEXT_VIEW("a,b\r\n1,2\n3,4"),         "1:a|b;2:1|2;3:3|4;"      },
        {"a byte order mark",
         TEXT_VIEW("\xEF\xBB\xBF"
                   "a\n1\n"),
         "1:a;2:1;"                                                                                     },
        {"a mark before quotes",        TEXT_VIEW("\xEF\xBB\xBF\"a\"\n1\n"),  "1:a;2:1;"                },
        {"a mark elsewhere is text",
         TEXT_VIEW("a\n\xEF\xBB\xBF"
                   "1\n"),
         "1:a;2:\xEF\xBB\xBF"
         "1;"                                                                                           },
        {"empty fields",                TEXT_VIEW(",,\n,,\n"),                "1:||;2:||;"              },
        {"a trailing comma",            TEXT_VIEW("a,\nb,"),                  "1:a|;2:b|;"              },
        {"quoted fields",               TEXT_VIEW("\"a\",\"b,c\"\n"),         "1:a|b,c;"                },
        {"an empty quoted field",       TEXT_VIEW("\"\",\"\"\n"),             "1:|;"                    },
        {"doubled quotes",              TEXT_VIEW("\"a\"\"b\",\"\"\"\"\n"),   "1:a\"b|\";"              },
        {"quotes only",                 TEXT_VIEW("\"\"\"\"\"\"\n"),          "1:\"\";"                 },
        {"a line feed in quotes",       TEXT_VIEW("a,b\n\"x\ny\",1\n2,3\n"),  "1:a|b;2:x\ny|1;4:2|3;"   },
        {"CRLF in quotes",              TEXT_VIEW("a\n\"x\r\ny\"\r\nz\n"),    "1:a;2:x\r\ny;4:z;"       },
        {"a carriage return in quotes", TEXT_VIEW("\"x\ry\"\n"),              "1:x\ry;"                 },
        {"spaces belong to fields",     TEXT_VIEW("a , b\n"),                 "1:a | b;"                },
        {"letters of all kinds",        TEXT_VIEW("\xC3\xA9,\xE2\x82\xAC\n"), "1:\xC3\xA9|\xE2\x82\xAC;"},
        {"empty lines are skipped",     TEXT_VIEW("\n\r\na,b\n\n1,2\n\n"),    "3:a|b;5:1|2;"            },
        {"but are rows of one field",   TEXT_VIEW("a\n\nb\n"),                "1:a;2:;3:b;"             },
        {"nothing",                     TEXT_VIEW(""),                        ""                        },
        {"only line ends",              TEXT_VIEW("\n\r\n\n"),                ""                        },
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        const struct good_case *c = &cases[i];
        for (size_t piece = 1; piece <= c->text.length + 1; piece++) {
            owned(buffer) rows = buffer_create(1000);
            struct seen seen = {.rows = rows};
            struct serin_error err = {0};
            cr_expect(eq(int, read_pieces(c->text, piece, &seen, &err), SERIN_OK), "%s: %s",
                      c->name, err.detail);
            cr_expect(eq(str, (char *)buffer_text(rows), (char *)c->rows), "%s", c->name);
        }
    }
}

struct bad_case {
    const char *name;
    struct text_view text;
    const char *field;
    const char *detail;
};

Test(csv, says_where_and_what_is_wrong_whatever_the_pieces)
{
    static const char bare_quote[] =
        "a quote inside a field that does not start with one; put quotes around the whole field "
        "and double those inside";
    static const char never_closed[] = "the quote that opens here is never closed";
    static const struct bad_case cases[] = {
        {"too few fields",        TEXT_VIEW("a,b\n1\n"),              "line 2",           "1 field where the header has 2"              },
        {"too many fields",       TEXT_VIEW("a\n1\n2,3\n"),           "line 3",           "2 fields where the header has 1"             },
        {"a bare quote",          TEXT_VIEW("a\nx\"y\n"),             "line 2, column 2", bare_quote                                    },
        {"two bare quotes",       TEXT_VIEW("a,b\nx,y \"z\" \n"),     "line 2, column 5", bare_quote                                    },
        {"never closed",          TEXT_VIEW("a,b\n1,\"2\n3,4\n"),     "line 2, column 3", never_closed                                  },
        {"a lone quote",          TEXT_VIEW("\""),                    "line 1, column 1", never_closed                                  },
        {"closed and reopened",   TEXT_VIEW("\"a\"\n\"\"\"\n"),       "line 2, column 1", never_closed                                  },
        {"text after the quote",  TEXT_VIEW("a\n\"x\"y\n"),           "line 2, column 4",
         "text after the closing quote; double a quote that belongs to the field"                                                       },
        {"after lines in quotes", TEXT_VIEW("a\n\"x\n\xC3\xA9\"y\n"), "line 3, column 3",
         "text after the closing quote; double a quote that belongs to the field"                                                       },
        {"a carriage return",     TEXT_VIEW("a,b\rc,d\r"),            "line 1, column 4",
         "a carriage return without a line feed; end lines with LF or CRLF"                                                             },
        {"a zero byte",           TEXT_VIEW("a\nb\0c\n"),             "line 2, column 2",
         "a zero byte; this is not a text file"                                                                                         },
        {"not UTF-8",             TEXT_VIEW("a,b\n\xC3\xA9,\xE9\n"),  "line 2, column 3",
         "not UTF-8: byte 0xe9; save the file as UTF-8"                                                                                 },
        {"UTF-16",
         TEXT_VIEW("\xFF\xFE"
                   "a"),
         "line 1, column 1",                                                              "not UTF-8: byte 0xff; save the file as UTF-8"},
        {"a cut character",       TEXT_VIEW("a\n\xE2\x82"),           "line 2, column 1",
         "not UTF-8: byte 0xe2; save the file as UTF-8"                                                                                 },
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        const struct bad_case *c = &cases[i];
        for (size_t piece = 1; piece <= c->text.length; piece++) {
            owned(buffer) rows = buffer_create(1000);
            struct seen seen = {.rows = rows};
            struct serin_error err = {0};
            cr_expect(eq(int, read_pieces(c->text, piece, &seen, &err), SERIN_INVALID), "%s",
                      c->name);
            cr_expect(eq(str, err.field, (char *)c->field), "%s", c->name);
            cr_expect(eq(str, err.detail, (char *)c->detail), "%s", c->name);
        }
    }
}

Test(csv, a_failing_sink_ends_the_reading_at_its_line)
{
    owned(buffer) rows = buffer_create(1000);
    struct seen seen = {.rows = rows, .refuse_line = 2};
    struct serin_error err = {0};
    cr_assert(eq(int, read_pieces(VIEW("a\nb\nc\n"), 100, &seen, &err), SERIN_CONFLICT));
    cr_assert(eq(str, err.field, "line 2: label"));
    cr_assert(eq(str, err.detail, "not this one"));
    cr_assert(eq(str, (char *)buffer_text(rows), "1:a;2:b;"));
}

/* ---- maxima ---------------------------------------------------------------------------------- */

static enum serin_status read_filled(const char *head, size_t length, const char *tail,
                                     struct serin_error *err)
{
    size_t size = strlen(head) + length + strlen(tail);
    owned_memory char *text = memory_allocate(size, 1);
    owned(buffer) rows = buffer_create(4 * 1024 * 1024);
    struct seen seen = {.rows = rows};
    memcpy(text, head, strlen(head));
    memset(text + strlen(head), 'x', length);
    memcpy(text + size - strlen(tail), tail, strlen(tail));
    return read_pieces((struct text_view){text, size}, 50000, &seen, err);
}

Test(csv, a_field_may_be_long_but_not_longer)
{
    struct serin_error err = {0};
    cr_assert(eq(int, read_filled("a\n", CSV_FIELD_BYTES_MAX, "\n", &err), SERIN_OK));
    cr_assert(eq(int, read_filled("a\n", CSV_FIELD_BYTES_MAX + 1, "\n", &err), SERIN_TOO_LARGE));
    cr_assert(eq(str, err.field, "line 2, column 1"));
    cr_assert(eq(str, err.detail, "a field longer than 65536 bytes"));
}

Test(csv, a_row_that_never_ends_is_refused)
{
    struct serin_error err = {0};
    cr_assert(eq(int, read_filled("a\n\"", 2 * CSV_ROW_BYTES_MAX, "", &err), SERIN_INVALID));
    cr_assert(eq(str, err.detail, "the quote that opens here is never closed"));
    cr_assert(eq(int, read_filled("a\n\"x", 60000, "\n\n\n", &err), SERIN_INVALID));
    serin_error_clear(&err);
    owned_memory char *commas = memory_allocate(2 * CSV_COLUMNS_MAX, 1);
    owned(buffer) rows = buffer_create(100000);
    struct seen seen = {.rows = rows};
    memset(commas, ',', CSV_COLUMNS_MAX);
    struct text_view text = {commas, CSV_COLUMNS_MAX - 1};
    cr_assert(eq(int, read_pieces(text, 777, &seen, &err), SERIN_OK));
    text.length++;
    cr_assert(eq(int, read_pieces(text, 777, &seen, &err), SERIN_TOO_LARGE));
    cr_assert(eq(str, err.detail, "more than 4096 fields in one row"));
}

Test(csv, a_row_of_many_long_fields_is_too_long)
{
    enum { SIZE = CSV_ROW_BYTES_MAX + 10 };
    owned_memory char *text = memory_allocate(SIZE, 1);
    owned(buffer) rows = buffer_create(4 * 1024 * 1024);
    struct serin_error err = {0};
    struct seen seen = {.rows = rows};
    memset(text, 'x', SIZE);
    for (size_t at = 50000; at < SIZE; at += 50000) {
        text[at] = ',';
    }
    cr_assert(
        eq(int, read_pieces((struct text_view){text, SIZE}, SIZE, &seen, &err), SERIN_TOO_LARGE));
    cr_assert(eq(str, err.field, "line 1"));
    text[CSV_ROW_BYTES_MAX] = '\n';
    cr_assert(eq(int,
                 read_pieces((struct text_view){text, CSV_ROW_BYTES_MAX + 1}, SIZE, &seen, &err),
                 SERIN_OK));
}

Test(csv, every_failed_allocation_is_told)
{
    bool done = false;
    for (uint64_t failing = 1; !done; failing++) {
        char storage[4096] = "";
        struct seen seen = {.rows = buffer_create(sizeof(storage))};
        buffer_append(seen.rows, storage, sizeof(storage) - 100);
        memory_fail_after(failing);
        owned(csv_reader) reader = csv_reader_create(collect, &seen);
        static const char text[] = "a,b\n\"x\"\"y\",2\n3,4";
        enum serin_status status = SERIN_NO_MEMORY;
        if (reader) {
            status = csv_reader_push(reader, text, sizeof(text) - 1, NULL);
        }
        if (status == SERIN_OK) {
            status = csv_reader_finish(reader, NULL);
        }
        memory_fail_after(0);
        buffer_destroy(seen.rows);
        done = status == SERIN_OK;
        cr_assert(done || status == SERIN_NO_MEMORY);
        cr_assert(lt(u64, failing, 100));
    }
}
