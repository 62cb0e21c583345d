/*
 * A page of plain text under construction: wrapped paragraphs, headings, aligned cells, colour.
 */
#ifndef SERIN_REPORT_PAGE_H
#define SERIN_REPORT_PAGE_H

#include "base/buffer.h"
#include "base/text.h"
#include "serin/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How the reader sees the page. */
struct report_style {
    size_t columns; /* width to wrap at; taken as 60 to 100 */
    bool colour;    /* ANSI colours */
    bool unicode;   /* the locale shows UTF-8; else ASCII alone, but for the labels themselves */
};

enum page_colour { PAGE_PLAIN, PAGE_BOLD, PAGE_GREEN, PAGE_RED, PAGE_YELLOW, PAGE_DIM };

/* Its members are page.c's business. */
struct page {
    struct buffer *out;
    struct buffer *draft; /* the paragraph or cell being put together */
    size_t spaces;        /* owed before the next text; a line's end drops them */
    struct report_style style;
};

/*
 * Starts a page that will be appended to `out`, which must outlive it. Fails with SERIN_NO_MEMORY.
 * page_end frees what it holds and tells the sticky status of what was written.
 */
SERIN_MUST_CHECK enum serin_status page_begin(struct page *page, struct buffer *out,
                                              const struct report_style *style);
SERIN_MUST_CHECK enum serin_status page_end(struct page *page);

size_t page_columns(const struct page *page);

/* Pieces of the next paragraph or cell. */
void page_add(struct page *page, const char *text);
void page_add_fixed(struct page *page, double value, int decimals);
void page_add_signed(struct page *page, double value, int decimals); /* "+0.031", "-0.002" */
void page_add_double(struct page *page, double value);               /* "0.1" */
void page_add_count(struct page *page, uint64_t count);              /* "97,211" */
void page_add_percent(struct page *page, double share);              /* "12.1 %" */

/* A label from outside: at most `columns` characters, at least 1; what hides is escaped. */
void page_add_label(struct page *page, struct text_view label, size_t columns);

/* Writes the pieces as a paragraph: the first line after `first`, the others after `indent` spaces.
 */
void page_paragraph(struct page *page, const char *first, size_t indent);

/* Writes the pieces as a cell of `columns` characters, spaces after or before them. */
void page_cell_left(struct page *page, size_t columns);
void page_cell_right(struct page *page, size_t columns);

/* Directly to the page, without wrapping. */
void page_text(struct page *page, const char *text);
void page_spaces(struct page *page, size_t count);
void page_line_end(struct page *page);
void page_heading(struct page *page, const char *text); /* an empty line, then bold text */
void page_colour(struct page *page, enum page_colour colour);

/* Characters of a text; bytes that are not UTF-8 count as one each. */
size_t page_width(struct text_view text);

#endif
