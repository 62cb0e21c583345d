#include "study/remaining.h"

#include "platform/terminal.h"

#include <stdio.h>
#include <unistd.h>

enum { BAR_MS = 200, LINE_MS = 30000, BAR_WIDTH = 30 };

void remaining_begin(struct remaining *remaining, const char *label, size_t total, bool is_quiet)
{
    struct monotonic_time now = clock_monotonic(clock_system());
    *remaining = (struct remaining){
        .label = label,
        .total = total,
        .started = now,
        .shown = now,
        .is_terminal = terminal_inspect(STDERR_FILENO).is_terminal,
        .is_quiet = is_quiet,
    };
}

/* "3 min 20 s left", from the chunks done so far: they come in mixed order. */
static void write_left(const struct remaining *remaining, struct monotonic_time now, char *out,
                       size_t size)
{
    size_t timed = remaining->done - remaining->at_start;
    if (timed == 0) {
        (void)snprintf(out, size, "…");
        return;
    }
    double elapsed_s = (double)monotonic_elapsed_ms(remaining->started, now) / 1000.0;
    double left_s = elapsed_s / (double)timed * (double)(remaining->total - remaining->done);
    long whole_s = (long)left_s;
    (void)snprintf(out, size, "%ld min %02ld s left", whole_s / 60, whole_s % 60);
}

static void show_bar(struct remaining *remaining, const char *left)
{
    char bar[BAR_WIDTH + 1];
    size_t filled = remaining->done * BAR_WIDTH / remaining->total;
    for (size_t i = 0; i < BAR_WIDTH; i++) {
        bar[i] = i < filled ? '#' : '.';
    }
    bar[BAR_WIDTH] = '\0';
    fprintf(stderr, "\r\x1b[K%-12s %3zu %% [%s] %s", remaining->label,
            remaining->done * 100 / remaining->total, bar, left);
    remaining->is_bar = true;
}

void remaining_advance(struct remaining *remaining, bool is_free)
{
    char left[48];
    remaining->done++;
    remaining->at_start += is_free ? 1 : 0;
    if (remaining->is_quiet || is_free) {
        return;
    }
    struct monotonic_time now = clock_monotonic(clock_system());
    if (monotonic_elapsed_ms(remaining->shown, now) < (remaining->is_terminal ? BAR_MS : LINE_MS)) {
        return;
    }
    remaining->shown = now;
    write_left(remaining, now, left, sizeof(left));
    if (remaining->is_terminal) {
        show_bar(remaining, left);
    } else {
        fprintf(stderr, "%s: %zu of %zu chunks, %s\n", remaining->label, remaining->done,
                remaining->total, left);
    }
}

void remaining_end(struct remaining *remaining)
{
    if (remaining->is_bar) {
        fprintf(stderr, "\r\x1b[K");
    }
}
