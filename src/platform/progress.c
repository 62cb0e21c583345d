#include "platform/progress.h"

#include "base/number.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { SILENT_MS = 1000, REDRAW_MS = 100, LINE_MAX_BYTES = 256, BAR_COLUMNS = 30 };

struct progress {
    struct progress_settings settings;
    struct monotonic_time started;
    uint64_t done;
    int64_t drawn_ms; /* since `started`; -1: never */
};

struct progress *progress_create(const struct progress_settings *settings)
{
    struct progress *progress = memory_allocate(1, sizeof(*progress));
    if (progress) {
        progress->settings = *settings;
        progress->started = clock_monotonic(settings->clock);
        progress->drawn_ms = -1;
    }
    return progress;
}

/* Back to the line's start and wipe what stood there. */
#define RESTART_LINE "\r\x1b[K"

static void show(const struct progress *progress, const char *text, size_t length)
{
    /* A bar that cannot be drawn is no reason to stop the work it tells of. */
    ssize_t written = write(progress->settings.fd, text, length);
    (void)written;
}

/* Longer lines would wrap, and a wrapped line cannot be wiped. */
static int label_width(const struct progress *progress)
{
    enum { NUMBERS = 22, MOST = 120 };
    size_t columns = progress->settings.terminal.columns;
    size_t room = columns > NUMBERS ? columns - NUMBERS : 0;
    return room < MOST ? (int)room : MOST;
}

static size_t bar_width(const struct progress *progress, size_t text_width)
{
    size_t columns = progress->settings.terminal.columns;
    size_t taken = text_width + 4; /* " [", "]" and the last column, where some terminals wrap */
    size_t room = columns > taken ? columns - taken : 0;
    return room < BAR_COLUMNS ? room : BAR_COLUMNS;
}

/* "label 1234" where the end is unknown, else "label  42 % [#####......]". */
static size_t compose(const struct progress *progress, char *out, size_t size)
{
    uint64_t done = progress->done;
    const struct progress_settings *settings = &progress->settings;
    if (settings->total == 0) {
        int length = snprintf(out, size, RESTART_LINE "%.*s %s", label_width(progress),
                              settings->label, number_write_uint64(done, NUMBER_TEXT));
        return length > 0 ? (size_t)length : 0;
    }
    double share = done >= settings->total ? 1.0 : (double)done / (double)settings->total;
    int prefix = snprintf(out, size, RESTART_LINE "%.*s %3d %%", label_width(progress),
                          settings->label, (int)(share * 100.0));
    if (prefix < 0) {
        return 0;
    }
    size_t length = (size_t)prefix;
    size_t width = bar_width(progress, length - strlen(RESTART_LINE));
    size_t filled = (size_t)(share * (double)width);
    if (width > 0) {
        out[length++] = ' ';
        out[length++] = '[';
        memset(out + length, '#', filled);
        memset(out + length + filled, '.', width - filled);
        length += width;
        out[length++] = ']';
    }
    return length;
}

void progress_advance(struct progress *progress, uint64_t more)
{
    if (!progress || !progress->settings.terminal.is_terminal) {
        return;
    }
    progress->done += more;
    int64_t now_ms =
        monotonic_elapsed_ms(progress->started, clock_monotonic(progress->settings.clock));
    bool is_early = now_ms <= SILENT_MS;
    bool is_fresh = progress->drawn_ms >= 0 && now_ms - progress->drawn_ms < REDRAW_MS;
    if (is_early || is_fresh) {
        return;
    }
    char line[LINE_MAX_BYTES];
    size_t length = compose(progress, line, sizeof(line));
    show(progress, line, length);
    progress->drawn_ms = now_ms;
}

void progress_destroy(struct progress *progress)
{
    if (progress && progress->drawn_ms >= 0) {
        show(progress, RESTART_LINE, strlen(RESTART_LINE));
    }
    memory_free(progress);
}
