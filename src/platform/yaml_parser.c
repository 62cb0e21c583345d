#include "platform/yaml_parser.h"

#include <string.h>

/* The library counts from 0. */
struct node_position yaml_position(yaml_mark_t mark)
{
    return (struct node_position){(uint32_t)mark.line + 1, (uint32_t)mark.column + 1};
}

/* The first byte of a line, counted from 0; NULL when there are not so many. */
static const char *line_start(struct text_view bytes, size_t line)
{
    const char *at = bytes.start;
    const char *end = bytes.start + bytes.length;
    for (size_t i = 0; i < line && at; i++) {
        const char *line_end = memchr(at, '\n', (size_t)(end - at));
        at = line_end ? line_end + 1 : NULL;
    }
    return at;
}

/* The commonest mistake, of which the library only says that a character cannot start a token. */
static bool is_indented_by_tab(struct text_view bytes, size_t line)
{
    const char *at = line_start(bytes, line);
    const char *end = bytes.start + bytes.length;
    while (at && at < end && *at == ' ') {
        at++;
    }
    return at && at < end && *at == '\t';
}

/* Where a byte is; used for bytes that are no characters, so the column counts bytes. */
static struct node_position position_of_byte(struct text_view bytes, size_t offset)
{
    struct node_position position = {1, 1};
    for (size_t i = 0; i < offset && i < bytes.length; i++) {
        bool ends_line = bytes.start[i] == '\n';
        position.line += ends_line ? 1 : 0;
        position.column = ends_line ? 1 : position.column + 1;
    }
    return position;
}

enum serin_status yaml_refuse_syntax(const yaml_parser_t *parser, struct text_view bytes,
                                     struct serin_error *err)
{
    if (parser->error == YAML_MEMORY_ERROR) {
        return serin_fail(err, SERIN_NO_MEMORY, "no memory for the document");
    }
    const char *problem = parser->problem ? parser->problem : "not YAML";
    char where[NODE_POSITION_SIZE];
    if (parser->error == YAML_READER_ERROR) {
        struct node_position position = position_of_byte(bytes, parser->problem_offset);
        return serin_fail(err, SERIN_INVALID, "%s%s", node_position_text(position, where), problem);
    }
    bool has_tab = is_indented_by_tab(bytes, parser->problem_mark.line);
    return serin_fail(err, SERIN_INVALID, "%s%s%s%s%s",
                      node_position_text(yaml_position(parser->problem_mark), where), problem,
                      parser->context ? " " : "", parser->context ? parser->context : "",
                      has_tab ? "; indent with spaces, not with tabs" : "");
}

enum serin_status yaml_strip_mark(struct text_view *bytes, struct serin_error *err)
{
    static const struct text_view utf8 = TEXT_VIEW("\xEF\xBB\xBF");
    static const struct text_view utf16_big = TEXT_VIEW("\xFE\xFF");
    static const struct text_view utf16_little = TEXT_VIEW("\xFF\xFE");
    if (text_starts_with(*bytes, utf16_big) || text_starts_with(*bytes, utf16_little)) {
        return serin_fail(err, SERIN_INVALID, "the file is UTF-16; save it as UTF-8");
    }
    if (text_starts_with(*bytes, utf8)) {
        *bytes = (struct text_view){bytes->start + utf8.length, bytes->length - utf8.length};
    }
    return SERIN_OK;
}
