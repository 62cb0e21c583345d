#include "http/framing.h"

#include <stdbool.h>
#include <string.h>

struct framing {
    size_t lengths;
    size_t codings;
    bool is_chunked;    /* the coding is the one we know */
    bool is_no_length;  /* a length that is not all digits */
    bool has_odd_names; /* "Content-Length ": others may see a length in it */
    bool is_folded;
};

static bool is_token(const char *name)
{
    static const char allowed[] = "!#$%&'*+-.^_`|~0123456789"
                                  "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    return name[0] != '\0' && name[strspn(name, allowed)] == '\0';
}

static bool is_number(const char *value)
{
    return value && value[0] != '\0' && value[strspn(value, "0123456789")] == '\0';
}

/*
 * libmicrohttpd 0.9.75 appends the continuation of a folded line to the header's name: it reads
 * "Content-Length:" and " 5" on the next line as "Content-Length5:".
 */
static bool is_lengthened(const char *name, const char *header)
{
    size_t length = strlen(header);
    return strncasecmp(name, header, length) == 0 && name[length] != '\0';
}

static enum MHD_Result look_at(void *context, enum MHD_ValueKind kind, const char *name,
                               const char *value)
{
    (void)kind;
    struct framing *framing = context;
    framing->has_odd_names |= !is_token(name);
    framing->is_folded |=
        is_lengthened(name, "Content-Length") || is_lengthened(name, "Transfer-Encoding");
    if (strcasecmp(name, "Content-Length") == 0) {
        framing->lengths++;
        framing->is_no_length |= !is_number(value);
    } else if (strcasecmp(name, "Transfer-Encoding") == 0) {
        framing->codings++;
        framing->is_chunked = value && strcasecmp(value, "chunked") == 0;
    }
    return MHD_YES;
}

const char *framing_fault(struct MHD_Connection *connection)
{
    struct framing framing = {.lengths = 0};
    (void)MHD_get_connection_values(connection, MHD_HEADER_KIND, look_at, &framing);
    if (framing.has_odd_names) {
        return "a header's name has characters that do not belong there";
    }
    if (framing.is_folded) {
        return "a header is folded, or has a name that looks like another";
    }
    if (framing.lengths + framing.codings > 1) {
        return "Content-Length and Transfer-Encoding must be given once, and not both";
    }
    if (framing.is_no_length) {
        return "Content-Length is not a whole number";
    }
    if (framing.codings > 0 && !framing.is_chunked) {
        return "this Transfer-Encoding is not understood; allowed: chunked";
    }
    return NULL;
}

const char *target_fault(const char *raw_target)
{
    size_t length = strcspn(raw_target, "?");
    for (const char *each = raw_target; (each = strstr(each, "%00")) != NULL; each++) {
        if (each < raw_target + length) {
            return "the path has a NUL character";
        }
    }
    return NULL;
}
