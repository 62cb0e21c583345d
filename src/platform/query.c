#include "platform/query.h"

#include "base/buffer.h"

#include <string.h>

/* Decodes one name or value into `out`, which is emptied first. */
static enum serin_status decode_piece(struct text_view piece, struct buffer *out,
                                      struct serin_error *err)
{
    buffer_clear(out);
    for (size_t i = 0; i < piece.length; i++) {
        char byte = piece.start[i];
        if (byte == '+') {
            byte = ' ';
        }
        if (byte != '%') {
            buffer_append_char(out, byte);
            continue;
        }
        int high = i + 1 < piece.length ? text_hex_digit(piece.start[i + 1]) : -1;
        int low = i + 2 < piece.length ? text_hex_digit(piece.start[i + 2]) : -1;
        if (high < 0 || low < 0) {
            size_t length = piece.length - i < 3 ? piece.length - i : 3;
            return serin_fail(err, SERIN_INVALID,
                              "%s in the query is not \"%%\" and two hexadecimal digits; write a "
                              "percent sign as %%25",
                              TEXT_QUOTE(((struct text_view){piece.start + i, length})));
        }
        buffer_append_char(out, (char)(high * 16 + low));
        i += 2;
    }
    enum serin_status status = buffer_status(out);
    return status == SERIN_OK ? SERIN_OK : serin_fail(err, status, "no memory for the query");
}

/* "name=value" or "name". */
static enum serin_status add_parameter(struct text_view parameter, struct buffer *scratch,
                                       struct document_builder *builder, struct serin_error *err)
{
    const char *equals = memchr(parameter.start, '=', parameter.length);
    size_t name_length = equals ? (size_t)(equals - parameter.start) : parameter.length;
    size_t value_start = equals ? name_length + 1 : parameter.length;
    TRY(decode_piece((struct text_view){parameter.start, name_length}, scratch, err));
    if (buffer_view(scratch).length == 0) {
        return serin_fail(err, SERIN_INVALID, "%s in the query has no name", TEXT_QUOTE(parameter));
    }
    TRY(document_add_key(builder, buffer_view(scratch), err));
    TRY(decode_piece(
        (struct text_view){parameter.start + value_start, parameter.length - value_start}, scratch,
        err));
    return document_add_untyped(builder, buffer_view(scratch), err);
}

static enum serin_status add_parameters(struct text_view query, struct buffer *scratch,
                                        struct document_builder *builder, struct serin_error *err)
{
    TRY(document_open_map(builder, err));
    while (query.length > 0) {
        const char *end = memchr(query.start, '&', query.length);
        size_t length = end ? (size_t)(end - query.start) : query.length;
        if (length > 0) {
            TRY(add_parameter((struct text_view){query.start, length}, scratch, builder, err));
        }
        size_t used = end ? length + 1 : length;
        query = (struct text_view){query.start + used, query.length - used};
    }
    document_close(builder);
    return SERIN_OK;
}

enum serin_status query_parse(struct text_view query, const struct document_limits *limits,
                              struct document **out, struct serin_error *err)
{
    TRY(document_check_size(limits, query.length, err));
    owned(buffer) scratch = buffer_create(limits->bytes);
    owned(document_builder) builder = document_builder_create(limits);
    if (!scratch || !builder) {
        return serin_fail(err, SERIN_NO_MEMORY, "no memory for the query");
    }
    TRY(add_parameters(query, scratch, builder, err));
    *out = document_builder_take(builder);
    return SERIN_OK;
}
