/*
 * One log line under construction: fields appended until the line is full, every text made safe.
 */
#ifndef SERIN_PLATFORM_LOG_LINE_H
#define SERIN_PLATFORM_LOG_LINE_H

#include "platform/log.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct log_line {
    enum log_format format;
    size_t length;
    bool truncated; /* a field did not fit and was left out */
    char bytes[LOG_LINE_MAX];
};

/* Starts a line with ts, level and msg. */
void log_line_begin(struct log_line *line, enum log_format format, int64_t unix_ms,
                    enum log_level level, const char *message);

/* Adds a field whole, or leaves it out and marks the line as truncated. */
void log_line_field(struct log_line *line, const struct log_field *field);

/* Ends the line, with a newline. */
void log_line_end(struct log_line *line);

#endif
