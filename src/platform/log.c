#include "platform/log.h"

#include "platform/log_line.h"
#include "platform/thread.h"

#include <errno.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

enum { REPEAT_SLOTS = 32, DEFAULT_BURST = 20, DEFAULT_WINDOW_MS = 10000 };

/* How often a warning or error was seen in the window that is running for it. */
struct repeat {
    const char *message; /* NULL: the slot is free */
    enum log_level level;
    struct monotonic_time since;
    uint32_t written;
    uint64_t suppressed;
};

struct log {
    struct log_settings settings;
    pthread_mutex_t mutex; /* guards repeats */
    struct repeat repeats[REPEAT_SLOTS];
};

static atomic_int lowest_level = LOG_LEVEL_INFO;

static const char *const level_names[] = {
    [LOG_LEVEL_DEBUG] = "debug",
    [LOG_LEVEL_INFO] = "info",
    [LOG_LEVEL_WARNING] = "warning",
    [LOG_LEVEL_ERROR] = "error",
};

/* ---- levels and fields -------------------------------------------------------------------------
 */

void log_set_level(enum log_level level)
{
    atomic_store(&lowest_level, (int)level);
}

bool log_enabled(enum log_level level)
{
    return (int)level >= atomic_load(&lowest_level);
}

const char *log_level_name(enum log_level level)
{
    return level_names[level];
}

enum serin_status log_level_parse(const char *name, enum log_level *out)
{
    for (size_t i = 0; i < ARRAY_LENGTH(level_names); i++) {
        if (strcmp(level_names[i], name) == 0) {
            *out = (enum log_level)i;
            return SERIN_OK;
        }
    }
    return SERIN_INVALID;
}

struct log_field log_text(const char *key, const char *value)
{
    return log_bytes(key, value, value ? strlen(value) : 0);
}

struct log_field log_bytes(const char *key, const char *value, size_t length)
{
    return (struct log_field){
        .key = key, .kind = LOG_TEXT, .length = length, .value = {.text = value}};
}

struct log_field log_i64(const char *key, int64_t value)
{
    return (struct log_field){.key = key, .kind = LOG_SIGNED, .value = {.i64 = value}};
}

struct log_field log_u64(const char *key, uint64_t value)
{
    return (struct log_field){.key = key, .kind = LOG_UNSIGNED, .value = {.u64 = value}};
}

struct log_field log_double(const char *key, double value)
{
    return (struct log_field){.key = key, .kind = LOG_DOUBLE, .value = {.number = value}};
}

struct log_field log_bool(const char *key, bool value)
{
    return (struct log_field){.key = key, .kind = LOG_BOOL, .value = {.flag = value}};
}

/* ---- writing -----------------------------------------------------------------------------------
 */

struct log *log_create(const struct log_settings *settings)
{
    struct log *log = memory_allocate(1, sizeof(*log));
    if (!log) {
        return NULL;
    }
    log->settings = *settings;
    if (!log->settings.clock) {
        log->settings.clock = clock_system();
    }
    if (log->settings.burst == 0) {
        log->settings.burst = DEFAULT_BURST;
    }
    if (log->settings.window_ms == 0) {
        log->settings.window_ms = DEFAULT_WINDOW_MS;
    }
    mutex_init(&log->mutex);
    return log;
}

static void write_line(const struct log *log, enum log_level level, const char *message,
                       const struct log_field *fields, size_t count)
{
    struct log_line line;
    log_line_begin(&line, log->settings.format, clock_wall(log->settings.clock).unix_ms, level,
                   message);
    for (size_t i = 0; i < count; i++) {
        log_line_field(&line, &fields[i]);
    }
    log_line_end(&line);
    /* Repeated only where nothing at all was written: the rest of a line would be a second line. */
    while (write(log->settings.fd, line.bytes, line.length) < 0 && errno == EINTR) {
    }
}

/* ---- repeated warnings and errors --------------------------------------------------------------
 */

static bool is_over(const struct log *log, const struct repeat *repeat, struct monotonic_time now)
{
    return monotonic_elapsed_ms(repeat->since, now) >= log->settings.window_ms;
}

/* The slot of this message, else a free one, else NULL. */
static struct repeat *find_slot(struct log *log, enum log_level level, const char *message)
{
    struct repeat *unused = NULL;
    for (size_t i = 0; i < REPEAT_SLOTS; i++) {
        struct repeat *slot = &log->repeats[i];
        if (!slot->message) {
            unused = unused ? unused : slot;
        } else if (slot->level == level && strcmp(slot->message, message) == 0) {
            return slot;
        }
    }
    return unused;
}

/* Whether the line may be written. With every slot taken by another message, it may. */
static bool admit(struct log *log, enum log_level level, const char *message,
                  struct monotonic_time now)
{
    if (level < LOG_LEVEL_WARNING) {
        return true;
    }
    scoped_lock held = mutex_hold(&log->mutex);
    struct repeat *slot = find_slot(log, level, message);
    if (!slot) {
        return true;
    }
    if (!slot->message) {
        *slot = (struct repeat){.message = message, .level = level, .since = now};
    }
    if (slot->written < log->settings.burst) {
        slot->written++;
        return true;
    }
    slot->suppressed++;
    return false;
}

/* Frees one slot whose window is over (or any, when `all`) and tells what it held. */
static bool take_finished(struct log *log, struct monotonic_time now, bool all, struct repeat *out)
{
    scoped_lock held = mutex_hold(&log->mutex);
    for (size_t i = 0; i < REPEAT_SLOTS; i++) {
        struct repeat *slot = &log->repeats[i];
        if (slot->message && (all || is_over(log, slot, now))) {
            *out = *slot;
            *slot = (struct repeat){.message = NULL};
            return true;
        }
    }
    return false;
}

static void tell_suppressed(struct log *log, struct monotonic_time now, bool all)
{
    struct repeat finished = {.message = NULL};
    while (take_finished(log, now, all, &finished)) {
        if (finished.suppressed > 0) {
            const struct log_field told = log_u64("suppressed", finished.suppressed);
            write_line(log, finished.level, finished.message, &told, 1);
        }
    }
}

void log_write(struct log *log, enum log_level level, const char *message,
               const struct log_field *fields, size_t count)
{
    if (!log || !log_enabled(level)) {
        return;
    }
    struct monotonic_time now = clock_monotonic(log->settings.clock);
    tell_suppressed(log, now, false);
    if (admit(log, level, message, now)) {
        write_line(log, level, message, fields, count);
    }
}

void log_destroy(struct log *log)
{
    if (log) {
        tell_suppressed(log, clock_monotonic(log->settings.clock), true);
        mutex_clear(&log->mutex);
        memory_free(log);
    }
}
