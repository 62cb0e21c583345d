#include "analysis/maintenance.h"

#include "base/rfc3339.h"

static enum serin_status read_time(const struct node *node, const char *path, void *member,
                                   struct serin_error *err)
{
    TRY(decode_expect(node, NODE_TEXT, path, err));
    int64_t time_ms = 0;
    if (rfc3339_parse(node_text(node), &time_ms) != SERIN_OK) {
        return decode_fail(node, path, err, "%s is no RFC 3339 time; write 2026-01-31T12:00:00Z",
                           TEXT_QUOTE(node_text(node)));
    }
    *(int64_t *)member = time_ms;
    return SERIN_OK;
}

static void forget_time(void *member)
{
    *(int64_t *)member = 0;
}

static const struct decode_field maintenance_fields[] = {
    {.name = "from",
     DECODE_CUSTOM(struct maintenance_window, from_ms,  read_time, forget_time),
     .is_required = true,
     .takes = "an RFC 3339 time",
     .help = "when the window opens"},
    {.name = "until",
     DECODE_CUSTOM(struct maintenance_window, until_ms, read_time, forget_time),
     .is_required = true,
     .takes = "an RFC 3339 time",
     .help = "when it closes"       },
};
const struct decode_table maintenance_table =
    DECODE_TABLE(struct maintenance_window, maintenance_fields);

enum serin_status maintenance_check(const struct maintenance_window *windows, size_t count,
                                    const struct node *node, const char *path,
                                    struct serin_error *err)
{
    for (size_t i = 0; i < count; i++) {
        if (windows[i].until_ms <= windows[i].from_ms) {
            char list[DECODE_PATH_SIZE];
            char item[DECODE_PATH_SIZE];
            decode_path_item(decode_path_field(path, "maintenance", list), i, item);
            return decode_fail(node, item, err, "the window closes before it opens");
        }
    }
    return SERIN_OK;
}

bool maintenance_is_open(const struct maintenance_window *windows, size_t count, int64_t now_ms)
{
    for (size_t i = 0; i < count; i++) {
        if (now_ms >= windows[i].from_ms && now_ms < windows[i].until_ms) {
            return true;
        }
    }
    return false;
}
