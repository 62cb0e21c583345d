/*
 * Structured log lines on a file descriptor: JSON for machines, logfmt for terminals.
 *
 *   log_info(log, "analysis answered", log_text("stream", name), log_u64("samples", samples));
 *   log_info(log, "stopped", LOG_NONE);
 *
 * A line has ts (RFC 3339, UTC, milliseconds), level, msg and then its fields in the order given.
 * It is written by one write(2) of at most LOG_LINE_MAX bytes, so lines of several threads or
 * processes never mix. Texts come from outside: control characters, ANSI sequences, line breaks,
 * direction overrides and bytes that are not UTF-8 are escaped, and a value is cut at
 * LOG_VALUE_MAX bytes, so one event stays one safe line.
 *
 * The same warning or error more often than `burst` times in `window_ms` is written no more until
 * the window ends; how many were left out is then told by a field "suppressed". Lines of level info
 * and debug are a record and never left out.
 */
#ifndef SERIN_PLATFORM_LOG_H
#define SERIN_PLATFORM_LOG_H

#include "base/memory.h"
#include "platform/clock.h"
#include "serin/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { LOG_LINE_MAX = 4096, LOG_VALUE_MAX = 1024 };

enum log_level { LOG_LEVEL_DEBUG, LOG_LEVEL_INFO, LOG_LEVEL_WARNING, LOG_LEVEL_ERROR };
enum log_format { LOG_FORMAT_JSON, LOG_FORMAT_LOGFMT };

struct log_field {
    const char *key; /* a constant of ours: lower case and underscores; NULL: no field */
    enum log_field_kind { LOG_TEXT, LOG_SIGNED, LOG_UNSIGNED, LOG_DOUBLE, LOG_BOOL } kind;
    size_t length; /* of text */
    union {
        const char *text;
        int64_t i64;
        uint64_t u64;
        double number;
        bool flag;
    } value;
};

#define LOG_NONE ((struct log_field){.key = NULL})

struct log_field log_text(const char *key, const char *value); /* NULL is written as null */
struct log_field log_bytes(const char *key, const char *value, size_t length);
struct log_field log_i64(const char *key, int64_t value);
struct log_field log_u64(const char *key, uint64_t value);
struct log_field log_double(const char *key, double value); /* not finite: null */
struct log_field log_bool(const char *key, bool value);

struct log;

struct log_settings {
    int fd; /* stays the caller's; usually STDERR_FILENO */
    enum log_format format;
    const struct clock *clock; /* NULL: the system's */
    uint32_t burst;            /* 0: 20 */
    int64_t window_ms;         /* 0: 10,000 */
};

/* NULL when memory is short. May be used from several threads at once. */
struct log *log_create(const struct log_settings *settings);
/* Tells what is still suppressed, then frees. NULL is fine. */
void log_destroy(struct log *log);
DEFINE_CLEANUP(log)

/* Lines below this level are dropped, in all logs of the process; LOG_LEVEL_INFO at first. */
void log_set_level(enum log_level level);
bool log_enabled(enum log_level level);
/* "debug", "info", "warning", "error"; the reverse fails with SERIN_INVALID. */
const char *log_level_name(enum log_level level);
SERIN_MUST_CHECK enum serin_status log_level_parse(const char *name, enum log_level *out);

/*
 * Writes one line; `message` is a constant of ours. `log` may be NULL: nothing is written. A line
 * that cannot be written is lost: logging never fails its caller.
 */
void log_write(struct log *log, enum log_level level, const char *message,
               const struct log_field *fields, size_t count);

#define LOG_AT(log, level, message, ...)                                                           \
    log_write((log), (level), (message), (const struct log_field[]){__VA_ARGS__},                  \
              sizeof((const struct log_field[]){__VA_ARGS__}) / sizeof(struct log_field))
#define log_debug(log, message, ...)   LOG_AT(log, LOG_LEVEL_DEBUG, message, __VA_ARGS__)
#define log_info(log, message, ...)    LOG_AT(log, LOG_LEVEL_INFO, message, __VA_ARGS__)
#define log_warning(log, message, ...) LOG_AT(log, LOG_LEVEL_WARNING, message, __VA_ARGS__)
#define log_error(log, message, ...)   LOG_AT(log, LOG_LEVEL_ERROR, message, __VA_ARGS__)

#endif
