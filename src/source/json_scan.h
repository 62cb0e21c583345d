/*
 * The lexical pieces of strict JSON on one line: white space, strings, integers.
 *
 * Each function moves `scan->at` past what it read. On failure the position is where the trouble
 * is, and the message says what was expected there.
 */
#ifndef SERIN_SOURCE_JSON_SCAN_H
#define SERIN_SOURCE_JSON_SCAN_H

#include "base/text.h"
#include "serin/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct json_scan {
    const char *start; /* of the line, for columns in messages */
    const char *at;
    const char *end;
    char *spare;       /* where the next text with escapes is unfolded … */
    size_t spare_size; /* … and how much room there is */
};

static inline void json_skip_space(struct json_scan *scan)
{
    while (scan->at < scan->end &&
           (*scan->at == ' ' || *scan->at == '\t' || *scan->at == '\r' || *scan->at == '\n')) {
        scan->at++;
    }
}

/* Whether a line holds nothing but white space. */
static inline bool json_is_blank(struct text_view line)
{
    struct json_scan scan = {.at = line.start, .end = line.start + line.length};
    json_skip_space(&scan);
    return scan.at == scan.end;
}

/* Skips white space and, when it comes next, `token`; whether it did. */
static inline bool json_take(struct json_scan *scan, char token)
{
    json_skip_space(scan);
    if (scan->at < scan->end && *scan->at == token) {
        scan->at++;
        return true;
    }
    return false;
}

/* Whether the literal comes next; if so it is skipped. */
bool json_take_null(struct json_scan *scan);

/*
 * A string without control characters, at most `maximum` bytes long once unescaped: a view into the
 * line, or into the spare room when it has escapes. Fails with SERIN_INVALID.
 */
SERIN_MUST_CHECK enum serin_status json_read_text(struct json_scan *scan, size_t maximum,
                                                  struct text_view *out, struct serin_error *err);

/* An integer of at most 18 digits. Fails with SERIN_INVALID. */
SERIN_MUST_CHECK enum serin_status json_read_integer(struct json_scan *scan, int64_t *out,
                                                     struct serin_error *err);

/* Records that something else was expected here; names column and what stands there instead. */
enum serin_status json_expected(const struct json_scan *scan, const char *what,
                                struct serin_error *err);

#endif
