/*
 * The lexical pieces of strict JSON on one line: white space, strings, integers; and lists.
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
#include <string.h>

struct json_scan {
    const char *start; /* of the line, for columns in messages */
    const char *at;
    const char *end;
    char *spare;       /* where the next text with escapes is unfolded … */
    size_t spare_size; /* … and how much room there is */
};

/* A scan of a whole text, with no spare room yet. */
static inline struct json_scan json_scan_of(struct text_view text)
{
    const char *start = text.length > 0 ? text.start : "";
    return (struct json_scan){.start = start, .at = start, .end = start + text.length};
}

/* The first byte in [at, end) that is not white space, or the end. */
static inline const char *json_after_space(const char *at, const char *end)
{
    while (at < end && (*at == ' ' || *at == '\t' || *at == '\r' || *at == '\n')) {
        at++;
    }
    return at;
}

static inline void json_skip_space(struct json_scan *scan)
{
    scan->at = json_after_space(scan->at, scan->end);
}

/* Whether a line holds nothing but white space. */
static inline bool json_is_blank(struct text_view line)
{
    const char *end = line.start + line.length;
    return json_after_space(line.start, end) == end;
}

/* Skips white space and, when it comes next, `token`; whether it did. */
static inline bool json_take(struct json_scan *scan, char token)
{
    const char *at = json_after_space(scan->at, scan->end);
    bool is_next = at < scan->end && *at == token;
    scan->at = at + is_next;
    return is_next;
}

/* Whether the literal null comes next; if so it is skipped. */
static inline bool json_take_null(struct json_scan *scan)
{
    json_skip_space(scan);
    if (scan->at == scan->end || *scan->at != 'n' || scan->end - scan->at < 4 ||
        memcmp(scan->at, "null", 4) != 0) {
        return false;
    }
    scan->at += 4;
    return true;
}

/*
 * A string without control characters, at most `maximum` bytes long once unescaped: a view into the
 * line, or into the spare room when it has escapes. Fails with SERIN_INVALID.
 */
SERIN_MUST_CHECK enum serin_status json_read_text(struct json_scan *scan, size_t maximum,
                                                  struct text_view *out, struct serin_error *err);

/*
 * The name of an object's member, at most `maximum` bytes long, and the colon behind it. A name
 * with escapes stands in the spare room only until the next text does. Fails with SERIN_INVALID.
 */
SERIN_MUST_CHECK enum serin_status json_read_name(struct json_scan *scan, size_t maximum,
                                                  struct text_view *out, struct serin_error *err);

/* An integer of at most 18 digits. Fails with SERIN_INVALID. */
SERIN_MUST_CHECK enum serin_status json_read_integer(struct json_scan *scan, int64_t *out,
                                                     struct serin_error *err);

/* Reads the next item of a list, before which `scan` stands. */
typedef enum serin_status json_item_reader(void *context, struct json_scan *scan,
                                           struct serin_error *err);

/*
 * A list, each item of it by `read`. `what` names the list in messages. Fails with SERIN_INVALID
 * and as `read` does.
 */
SERIN_MUST_CHECK enum serin_status json_read_list(struct json_scan *scan, const char *what,
                                                  json_item_reader *read, void *context,
                                                  struct serin_error *err);

/* Records that something else was expected here; names column and what stands there instead. */
enum serin_status json_expected(const struct json_scan *scan, const char *what,
                                struct serin_error *err);

/* White space and then the end, which `what` names in messages. Fails with SERIN_INVALID. */
SERIN_MUST_CHECK static inline enum serin_status
json_read_end(struct json_scan *scan, const char *what, struct serin_error *err)
{
    json_skip_space(scan);
    return scan->at == scan->end ? SERIN_OK : json_expected(scan, what, err);
}

#endif
