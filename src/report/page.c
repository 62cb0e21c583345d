#include "report/page.h"

#include "base/number.h"

#include <string.h>

enum { COLUMNS_MIN = 60, COLUMNS_MAX = 100, DRAFT_BYTES_MAX = 4096 };

enum serin_status page_begin(struct page *page, struct buffer *out,
                             const struct report_style *style)
{
    struct buffer *draft = buffer_create(DRAFT_BYTES_MAX);
    if (!draft) {
        return SERIN_NO_MEMORY;
    }
    *page = (struct page){.out = out, .draft = draft, .style = *style};
    return SERIN_OK;
}

enum serin_status page_end(struct page *page)
{
    buffer_destroy(page->draft);
    page->draft = NULL;
    return buffer_status(page->out);
}

size_t page_columns(const struct page *page)
{
    size_t columns = page->style.columns;
    return columns < COLUMNS_MIN ? COLUMNS_MIN : columns > COLUMNS_MAX ? COLUMNS_MAX : columns;
}

void page_add(struct page *page, const char *text)
{
    buffer_append_text(page->draft, text);
}

void page_add_fixed(struct page *page, double value, int decimals)
{
    page_add(page, number_write_fixed(value, decimals, NUMBER_TEXT));
}

void page_add_signed(struct page *page, double value, int decimals)
{
    const char *text = number_write_fixed(value, decimals, NUMBER_TEXT);
    bool is_zero = strspn(text, "0.") == strlen(text);
    page_add(page, text[0] == '-' || is_zero ? "" : "+");
    page_add(page, text);
}

void page_add_double(struct page *page, double value)
{
    page_add(page, number_write_double(value, NUMBER_TEXT));
}

void page_add_count(struct page *page, uint64_t count)
{
    const char *digits = number_write_uint64(count, NUMBER_TEXT);
    size_t length = strlen(digits);
    for (size_t i = 0; i < length; i++) {
        if (i > 0 && (length - i) % 3 == 0) {
            buffer_append_char(page->draft, ',');
        }
        buffer_append_char(page->draft, digits[i]);
    }
}

void page_add_percent(struct page *page, double share)
{
    page_add_fixed(page, share * 100.0, 1);
    page_add(page, " %");
}

/* How many bytes of `label` fit in so many columns. */
static size_t label_that_fits(struct text_view label, size_t columns)
{
    size_t at = 0;
    size_t used = 0;
    while (at < label.length) {
        struct text_shown shown =
            text_show_first((struct text_view){label.start + at, label.length - at});
        if (shown.width > columns - used) {
            break;
        }
        used += shown.width;
        at += shown.taken;
    }
    return at;
}

void page_add_label(struct page *page, struct text_view label, size_t columns)
{
    bool is_whole = label_that_fits(label, columns) == label.length;
    size_t end = is_whole ? label.length : label_that_fits(label, columns - 1);
    for (size_t at = 0; at < end;) {
        struct text_shown shown =
            text_show_first((struct text_view){label.start + at, label.length - at});
        page_add(page, shown.text);
        at += shown.taken;
    }
    if (!is_whole) {
        page_add(page, page->style.unicode ? "…" : "~");
    }
}

size_t page_width(struct text_view text)
{
    size_t width = 0;
    while (text.length > 0) {
        uint32_t code_point = 0;
        size_t length = text_first_character(text, &code_point);
        length = length > 0 ? length : 1;
        text.start += length;
        text.length -= length;
        width++;
    }
    return width;
}

/* Everything visible passes here. */
static void put(struct page *page, struct text_view text)
{
    while (text.length > 0 && page->spaces > 0) {
        buffer_append_char(page->out, ' ');
        page->spaces--;
    }
    buffer_append_view(page->out, text);
}

/* The next word of `rest`, which moves past it. */
static struct text_view next_word(struct text_view *rest)
{
    size_t length = 0;
    while (length < rest->length && rest->start[length] != ' ') {
        length++;
    }
    struct text_view word = {rest->start, length};
    size_t step = length < rest->length ? length + 1 : length;
    rest->start += step;
    rest->length -= step;
    return word;
}

void page_paragraph(struct page *page, const char *first, size_t indent)
{
    struct text_view rest = buffer_view(page->draft);
    size_t used = page_width(text_view_of(first));
    bool at_start = true;
    page_text(page, first);
    while (rest.length > 0) {
        struct text_view word = next_word(&rest);
        size_t width = page_width(word);
        if (!at_start && used + 1 + width > page_columns(page)) {
            page_line_end(page);
            page_spaces(page, indent);
            used = indent;
            at_start = true;
        }
        page_spaces(page, at_start ? 0 : 1);
        put(page, word);
        used += width + (at_start ? 0 : 1);
        at_start = false;
    }
    page_line_end(page);
    buffer_clear(page->draft);
}

void page_cell_left(struct page *page, size_t columns)
{
    struct text_view text = buffer_view(page->draft);
    size_t width = page_width(text);
    put(page, text);
    page_spaces(page, width < columns ? columns - width : 0);
    buffer_clear(page->draft);
}

void page_cell_right(struct page *page, size_t columns)
{
    struct text_view text = buffer_view(page->draft);
    size_t width = page_width(text);
    page_spaces(page, width < columns ? columns - width : 0);
    put(page, text);
    buffer_clear(page->draft);
}

void page_text(struct page *page, const char *text)
{
    put(page, text_view_of(text));
}

void page_spaces(struct page *page, size_t count)
{
    page->spaces += count;
}

void page_line_end(struct page *page)
{
    page->spaces = 0;
    buffer_append_char(page->out, '\n');
}

void page_heading(struct page *page, const char *text)
{
    page_line_end(page);
    page_colour(page, PAGE_BOLD);
    page_text(page, text);
    page_colour(page, PAGE_PLAIN);
    page_line_end(page);
}

void page_colour(struct page *page, enum page_colour colour)
{
    static const char *const codes[] = {
        [PAGE_PLAIN] = "\x1b[0m",  [PAGE_BOLD] = "\x1b[1m",      [PAGE_GREEN] = "\x1b[1;32m",
        [PAGE_RED] = "\x1b[1;31m", [PAGE_YELLOW] = "\x1b[1;33m", [PAGE_DIM] = "\x1b[2m",
    };
    if (page->style.colour) {
        page_text(page, codes[colour]);
    }
}
