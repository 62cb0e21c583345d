#include "base/media_type.h"

#include <string.h>

static bool is_blank(char byte)
{
    return byte == ' ' || byte == '\t';
}

/* Without parameters and the blanks around it. */
static struct text_view essence_of(struct text_view media_type)
{
    const char *end =
        media_type.length > 0 ? memchr(media_type.start, ';', media_type.length) : NULL;
    if (end) {
        media_type.length = (size_t)(end - media_type.start);
    }
    while (media_type.length > 0 && is_blank(media_type.start[0])) {
        media_type.start++;
        media_type.length--;
    }
    while (media_type.length > 0 && is_blank(media_type.start[media_type.length - 1])) {
        media_type.length--;
    }
    return media_type;
}

bool media_type_is(struct text_view media_type, const char *essence)
{
    return text_equal_ignoring_case(essence_of(media_type), text_view_of(essence));
}

bool media_type_is_json(struct text_view media_type)
{
    static const struct text_view suffix = TEXT_VIEW("+json");
    struct text_view essence = essence_of(media_type);
    if (media_type_is(essence, "application/json") || media_type_is(essence, "text/json")) {
        return true;
    }
    if (essence.length <= suffix.length || !memchr(essence.start, '/', essence.length)) {
        return false;
    }
    struct text_view end = {essence.start + essence.length - suffix.length, suffix.length};
    return text_equal_ignoring_case(end, suffix);
}
