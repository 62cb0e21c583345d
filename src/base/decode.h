/*
 * The one typed decoder: fills structs from document trees, driven by constant tables of fields.
 *
 * JSON bodies, YAML files, query strings, environment variables and flags all pass through it, and
 * help texts and reference pages are written from the same rows. Errors name the field's path
 * ("streams[2].analysis.margin") in err->field, and in err->detail the place in the file where
 * known, the offending value and what is allowed.
 *
 *     static const struct decode_field spec_fields[] = {
 *         {.name = "stream", DECODE_TEXT(struct spec, stream), .is_required = true,
 *          .help = "a stream named in the configuration"},
 *         {.name = "margin", DECODE_DOUBLE(struct spec, margin), .fallback = "0.1",
 *          .above = "0", .below = "1", .help = "the loss of NMI we accept"},
 *         {.name = "design", DECODE_ENUM(struct spec, design, design_names),
 *          .given = offsetof(struct spec, has_design), .help = "how the arms are compared"},
 *     };
 *     static const struct decode_table spec_table = DECODE_TABLE(struct spec, spec_fields);
 */
#ifndef SERIN_BASE_DECODE_H
#define SERIN_BASE_DECODE_H

#include "base/buffer.h"
#include "base/memory.h"
#include "base/node.h"
#include "serin/error.h"

#include <stdbool.h>
#include <stddef.h>

/* What a field holds, and the member's type. */
enum decode_kind {
    DECODE_KIND_TEXT,      /* char *: an owned copy; NULL when absent */
    DECODE_KIND_TEXT_LIST, /* char **: an owned array of owned texts, and a size_t count; in untyped
                              sources "a,b,c" */
    DECODE_KIND_ENUM,      /* an enum: one of `names` */
    DECODE_KIND_BOOL,      /* bool */
    DECODE_KIND_UINT64,    /* uint64_t */
    DECODE_KIND_DOUBLE,    /* double, finite; whole numbers are accepted */
    DECODE_KIND_DURATION,  /* int64_t milliseconds, at least 0, written "90s", "1h30m" */
    DECODE_KIND_SIZE,      /* uint64_t bytes, written "64KiB" or as a whole number */
    DECODE_KIND_MAP,       /* a struct described by `table` */
    DECODE_KIND_MAP_LIST,  /* pointer to an owned array of such structs, and a size_t count */
    DECODE_KIND_CUSTOM     /* anything, read by `read` and freed by `release` */
};

/* One allowed word of an enum; a list of them ends with a NULL name. */
struct decode_name {
    const char *name;
    int value;
};

struct decode_table;

/*
 * Limits and fallback are texts as a user would write them, shown as they are in messages and help.
 * For texts the limits count bytes, for lists items. Without any, a text must not be empty.
 */
struct decode_field {
    const char *name;
    enum decode_kind kind;
    size_t offset;                    /* of the member; set by the macros below */
    bool is_required;                 /* absent is an error */
    bool is_secret;                   /* messages do not repeat the value */
    const char *fallback;             /* used when absent; NULL: the member stays as it was */
    const char *minimum;              /* smallest allowed value; NULL: none */
    const char *maximum;              /* largest allowed value; NULL: none */
    const char *above;                /* every value must be larger than this */
    const char *below;                /* every value must be smaller than this */
    size_t given;                     /* offset of a bool set to whether the field was present; 0:
                                         not wanted, so it cannot be a struct's first member */
    const struct decode_name *names;  /* of an enum */
    const struct decode_table *table; /* of what is inside; CUSTOM: for reference pages only */
    size_t count_offset;              /* of a list's count */

    /*
     * Of a CUSTOM field: reads `node`, found at `path`, into the member. It may be called for a
     * member that already holds a value and then replaces it. On failure it leaves nothing to free.
     */
    enum serin_status (*read)(const struct node *node, const char *path, void *member,
                              struct serin_error *err);
    void (*release)(void *member); /* frees what `read` stored and zeroes the member */
    const char *takes;             /* what decode_describe says of it: "a list of sources"; may also
                                      say more of a TEXT than that it is one: "a file" */

    const char *help; /* one line for people: meaning, unit */
};

struct decode_table {
    const struct decode_field *fields;
    size_t count;
    size_t size; /* bytes of the struct described */
};

#define DECODE_TABLE(type, rows)                                                                   \
    {.fields = (rows), .count = ARRAY_LENGTH(rows), .size = sizeof(type)}

/* The offset of a member; does not compile when the member is not of type `wanted`. */
#define DECODE_OFFSET(type, member, wanted)                                                        \
    __builtin_choose_expr(__builtin_types_compatible_p(__typeof__(((type *)0)->member), wanted),   \
                          offsetof(type, member), (void)0)

#define DECODE_TEXT(type, member)                                                                  \
    .kind = DECODE_KIND_TEXT, .offset = DECODE_OFFSET(type, member, char *)
#define DECODE_TEXT_LIST(type, member, count_member)                                               \
    .kind = DECODE_KIND_TEXT_LIST, .offset = DECODE_OFFSET(type, member, char **),                 \
    .count_offset = DECODE_OFFSET(type, count_member, size_t)
#define DECODE_ENUM(type, member, enum_names)                                                      \
    .kind = DECODE_KIND_ENUM, .names = (enum_names),                                               \
    .offset = __builtin_choose_expr(sizeof(((type *)0)->member) == sizeof(int),                    \
                                    offsetof(type, member), (void)0)
#define DECODE_BOOL(type, member)                                                                  \
    .kind = DECODE_KIND_BOOL, .offset = DECODE_OFFSET(type, member, bool)
#define DECODE_UINT64(type, member)                                                                \
    .kind = DECODE_KIND_UINT64, .offset = DECODE_OFFSET(type, member, uint64_t)
#define DECODE_DOUBLE(type, member)                                                                \
    .kind = DECODE_KIND_DOUBLE, .offset = DECODE_OFFSET(type, member, double)
#define DECODE_DURATION(type, member)                                                              \
    .kind = DECODE_KIND_DURATION, .offset = DECODE_OFFSET(type, member, int64_t)
#define DECODE_SIZE(type, member)                                                                  \
    .kind = DECODE_KIND_SIZE, .offset = DECODE_OFFSET(type, member, uint64_t)
#define DECODE_MAP(type, member, sub_table)                                                        \
    .kind = DECODE_KIND_MAP, .table = (sub_table), .offset = offsetof(type, member)
#define DECODE_MAP_LIST(type, member, count_member, sub_table)                                     \
    .kind = DECODE_KIND_MAP_LIST, .table = (sub_table), .offset = offsetof(type, member),          \
    .count_offset = DECODE_OFFSET(type, count_member, size_t)
#define DECODE_CUSTOM(type, member, reader, releaser)                                              \
    .kind = DECODE_KIND_CUSTOM, .read = (reader), .release = (releaser),                           \
    .offset = offsetof(type, member)

/*
 * Fills `out`, a struct described by `table`, from a map.
 *
 *   path  of `node`, prefixed to the names in messages; "" for a root
 *   out   zeroed or filled before: values there are replaced where the map or a fallback gives one
 *
 * A key with a null value counts as absent, a null node as an empty map. An absent MAP field gets
 * the fallbacks of its table; what is required inside it is not missed then. A map refuses keys
 * that no row names. Text nodes from untyped sources are read as whatever the row wants.
 * Fails with SERIN_INVALID (or what a `read` says) and SERIN_NO_MEMORY; then `out` is cleared as by
 * decode_clear. A fallback or limit that does not parse is a bug; decode_table_check finds it.
 */
SERIN_MUST_CHECK enum serin_status decode_map(const struct decode_table *table,
                                              const struct node *node, const char *path, void *out,
                                              struct serin_error *err);

/*
 * The same for several structs that one map describes together, such as what every source has and
 * what only one driver has. A key may be named by one table only. A target with `keeps_values` is
 * filled as by decode_overlay.
 */
struct decode_target {
    const struct decode_table *table;
    void *out;
    bool keeps_values;
};
SERIN_MUST_CHECK enum serin_status decode_map_into(const struct decode_target *targets,
                                                   size_t target_count, const struct node *node,
                                                   const char *path, struct serin_error *err);

/*
 * Lays the keys of `node` over what `out` holds already: neither applies fallbacks nor misses
 * required fields. For flags over a file, for a request over a stream's defaults. Fails as
 * decode_map does, clearing `out` as well.
 */
SERIN_MUST_CHECK enum serin_status decode_overlay(const struct decode_table *table,
                                                  const struct node *node, const char *path,
                                                  void *out, struct serin_error *err);

/* Frees what the fields of `table` own in `value` and zeroes these fields. */
void decode_clear(const struct decode_table *table, void *value);

/*
 * Fails, naming the field, when the node is not what `kind` says; for CUSTOM readers that walk
 * their own lists and maps.
 */
SERIN_MUST_CHECK enum serin_status decode_expect(const struct node *node, enum node_kind kind,
                                                 const char *path, struct serin_error *err);

/*
 * Records a failure about `node` at `path` as the decoder itself does, with the position in front
 * of the printf-formatted text; returns SERIN_INVALID.
 */
enum serin_status decode_fail(const struct node *node, const char *path, struct serin_error *err,
                              const char *format, ...) __attribute__((format(printf, 4, 5)));

/*
 * The path of a field or item inside the thing at `path`, for CUSTOM readers. A name with control
 * characters is quoted. Returns `out`.
 */
enum { DECODE_PATH_SIZE = 96 };
const char *decode_path_field(const char *path, const char *name,
                              char out[static DECODE_PATH_SIZE]);
const char *decode_path_item(const char *path, size_t index, char out[static DECODE_PATH_SIZE]);

/* Appends what a field takes: "a number above 0 and below 1", "one of reference, paired, shift". */
void decode_describe(const struct decode_field *field, struct buffer *buffer);

/*
 * For tests: every row of the table and those below has a name, a help text and what its kind
 * needs, names no other row has, and limits and a fallback that parse and agree.
 */
SERIN_MUST_CHECK enum serin_status decode_table_check(const struct decode_table *table,
                                                      struct serin_error *err);

#endif
