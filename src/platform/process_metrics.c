#include "platform/process_metrics.h"

#include "base/number.h"
#include "base/text.h"
#include "platform/file.h"

#include <dirent.h>
#include <stdbool.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

static const struct metric_family build_info = {
    .name = "serin_build_info",
    .kind = METRIC_GAUGE,
    .help = "Always 1; the labels tell what is running.",
    .labels = {"version"},
};
static const struct metric_family start_time = {
    .name = "process_start_time_seconds",
    .kind = METRIC_GAUGE,
    .help = "Start time of the process since the Unix epoch, in seconds.",
};
static const struct metric_family cpu_seconds = {
    .name = "process_cpu_seconds_total",
    .kind = METRIC_COUNTER,
    .help = "User and system CPU time spent, in seconds.",
};
static const struct metric_family resident_memory = {
    .name = "process_resident_memory_bytes",
    .kind = METRIC_GAUGE,
    .help = "Resident memory, in bytes.",
};
static const struct metric_family virtual_memory = {
    .name = "process_virtual_memory_bytes",
    .kind = METRIC_GAUGE,
    .help = "Virtual memory, in bytes.",
};
static const struct metric_family open_descriptors = {
    .name = "process_open_fds",
    .kind = METRIC_GAUGE,
    .help = "Open file descriptors.",
};
static const struct metric_family most_descriptors = {
    .name = "process_max_fds",
    .kind = METRIC_GAUGE,
    .help = "Most file descriptors the process may open.",
};

static const struct metric_family *const families[] = {
    &build_info,     &start_time,       &cpu_seconds,      &resident_memory,
    &virtual_memory, &open_descriptors, &most_descriptors,
};

static void set(struct metrics *metrics, const struct metric_family *family, double value)
{
    metrics_set(metrics, family, METRIC_UNLABELLED, value);
}

/* ---- /proc -------------------------------------------------------------------------------------
 */

enum { PROC_FILE_MAX = 16 * 1024 };

/* Field number `wanted` (from 0) of space-separated numbers. */
static bool field_at(const char *text, size_t wanted, uint64_t *out)
{
    const char *field = text;
    for (size_t i = 0; i < wanted; i++) {
        field += strcspn(field, " ");
        field += strspn(field, " ");
    }
    struct text_view view = {field, strcspn(field, " \n")};
    return number_parse_uint64(view, out) == SERIN_OK;
}

static void update_memory(struct metrics *metrics)
{
    owned_memory char *text = NULL;
    size_t length = 0;
    if (file_read("/proc/self/statm", PROC_FILE_MAX, &text, &length, NULL) != SERIN_OK) {
        return;
    }
    double page_bytes = (double)sysconf(_SC_PAGESIZE);
    uint64_t pages = 0;
    if (field_at(text, 0, &pages)) {
        set(metrics, &virtual_memory, (double)pages * page_bytes);
    }
    if (field_at(text, 1, &pages)) {
        set(metrics, &resident_memory, (double)pages * page_bytes);
    }
}

/* Ticks after boot at which the process started: field 22 of stat, the 20th after the name. */
static bool start_ticks(uint64_t *out)
{
    enum { FIELDS_AFTER_NAME = 19 };
    owned_memory char *text = NULL;
    size_t length = 0;
    if (file_read("/proc/self/stat", PROC_FILE_MAX, &text, &length, NULL) != SERIN_OK) {
        return false;
    }
    /* The name stands in brackets and may itself hold brackets and spaces. */
    const char *name_end = strrchr(text, ')');
    return name_end && name_end[1] == ' ' && field_at(name_end + 2, FIELDS_AFTER_NAME, out);
}

static double seconds_of(clockid_t clock)
{
    struct timespec now = {0};
    (void)clock_gettime(clock, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static void set_start_time(struct metrics *metrics)
{
    uint64_t ticks = 0;
    if (start_ticks(&ticks)) {
        double boot = seconds_of(CLOCK_REALTIME) - seconds_of(CLOCK_BOOTTIME);
        set(metrics, &start_time, boot + (double)ticks / (double)sysconf(_SC_CLK_TCK));
    }
}

static void update_cpu(struct metrics *metrics)
{
    set(metrics, &cpu_seconds, seconds_of(CLOCK_PROCESS_CPUTIME_ID));
}

static void update_descriptors(struct metrics *metrics)
{
    DIR *folder = opendir("/proc/self/fd");
    if (folder) {
        size_t count = 0;
        while (readdir(folder)) {
            count++;
        }
        (void)closedir(folder);
        /* ".", ".." and the folder's own descriptor are not the process's. */
        set(metrics, &open_descriptors, count > 3 ? (double)(count - 3) : 0.0);
    }
    struct rlimit limit = {0};
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        set(metrics, &most_descriptors, (double)limit.rlim_cur);
    }
}

/* ---- public ------------------------------------------------------------------------------------
 */

enum serin_status process_metrics_register(struct metrics *metrics, struct serin_error *err)
{
    TRY(metrics_register_all(metrics, families, ARRAY_LENGTH(families), err));
    metrics_set(metrics, &build_info, METRIC_LABELS(SERIN_VERSION), 1.0);
    set_start_time(metrics);
    process_metrics_update(metrics);
    return SERIN_OK;
}

void process_metrics_update(struct metrics *metrics)
{
    update_cpu(metrics);
    update_memory(metrics);
    update_descriptors(metrics);
}
