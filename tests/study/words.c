#include "study/words.h"

#include <string.h>

struct text_view words_next(struct text_view *rest, char separator)
{
    const char *end = rest->length > 0 ? memchr(rest->start, separator, rest->length) : NULL;
    size_t length = end ? (size_t)(end - rest->start) : rest->length;
    struct text_view word = {rest->start, length};
    size_t taken = end ? length + 1 : length;
    rest->start += taken;
    rest->length -= taken;
    return word;
}
