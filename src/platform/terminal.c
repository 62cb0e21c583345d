#include "platform/terminal.h"

#include "base/number.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { DEFAULT_COLUMNS = 80, MOST_COLUMNS = 1000 };

static bool is_set(const char *value)
{
    return value && value[0] != '\0';
}

/* The terminal itself knows best; COLUMNS serves where it does not tell (a pipe, an editor). */
static size_t width_of(int fd)
{
    struct winsize size = {0};
    if (ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) {
        return size.ws_col;
    }
    uint64_t columns = 0;
    const char *told = getenv("COLUMNS");
    if (told && number_parse_uint64(text_view_of(told), &columns) == SERIN_OK && columns > 0) {
        return columns < MOST_COLUMNS ? (size_t)columns : MOST_COLUMNS;
    }
    return DEFAULT_COLUMNS;
}

struct terminal terminal_inspect(int fd)
{
    const char *term = getenv("TERM");
    bool is_terminal = isatty(fd) == 1;
    bool is_dumb = !term || strcmp(term, "dumb") == 0;
    return (struct terminal){
        .is_terminal = is_terminal && !is_dumb,
        .colour = is_terminal && !is_dumb && !is_set(getenv("NO_COLOR")),
        .columns = width_of(fd),
    };
}
