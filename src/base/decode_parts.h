/*
 * What the parts of the decoder share: single values and their limits, lists of texts, messages.
 * Inside base/decode only.
 */
#ifndef SERIN_BASE_DECODE_PARTS_H
#define SERIN_BASE_DECODE_PARTS_H

#include "base/decode.h"

/* ---- values ----------------------------------------------------------------------------------*/

union decode_value {
    struct text_view text;
    int choice;
    bool truth;
    uint64_t whole;
    int64_t duration_ms;
    double real;
};

/*
 * Reads a text as a user would write it. For scalar kinds only. Fails with SERIN_INVALID or
 * SERIN_RANGE; limits are not looked at.
 */
SERIN_MUST_CHECK enum serin_status decode_value_from_text(const struct decode_field *field,
                                                          struct text_view text,
                                                          union decode_value *out);

/* Reads a scalar node: typed ones must have the field's type, untyped ones are read as text. */
SERIN_MUST_CHECK enum serin_status decode_value_from_node(const struct decode_field *field,
                                                          const struct node *node,
                                                          union decode_value *out);

/* Whether a typed document holds values of this kind as texts. */
bool decode_is_written_as_text(enum decode_kind kind);

/* Whether a value keeps the field's limits. */
bool decode_value_is_allowed(const struct decode_field *field, const union decode_value *value);

/* The same for the number of items of a list. */
bool decode_count_is_allowed(const struct decode_field *field, uint64_t count);

/* What stands in `node`, for "found …": a quoted text, a number, "a list of 3 items". Returns
 * out->text. */
const char *decode_value_show(const struct node *node, struct text_quote *out);

/* ---- members ---------------------------------------------------------------------------------*/

static inline void *decode_member(void *value, size_t offset)
{
    return (char *)value + offset;
}

/* Replaces an owned text. */
SERIN_MUST_CHECK enum serin_status decode_store_text(struct text_view text, const char *path,
                                                     char **member, struct serin_error *err);

/* Reads a TEXT_LIST from a list or from untyped text, replacing what the member holds. */
SERIN_MUST_CHECK enum serin_status decode_text_list(const struct decode_field *field,
                                                    const struct node *node, const char *path,
                                                    void *out, struct serin_error *err);
SERIN_MUST_CHECK enum serin_status decode_text_list_fallback(const struct decode_field *field,
                                                             const char *path, void *out,
                                                             struct serin_error *err);
void decode_text_list_clear(const struct decode_field *field, void *out);

/* ---- messages --------------------------------------------------------------------------------*/

enum serin_status decode_out_of_memory(const char *path, struct serin_error *err);

/* As decode_fail, for something that has no node. */
enum serin_status decode_fail_at(struct node_position position, const char *path,
                                 struct serin_error *err, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* The one message about a value: what was found, what may have been meant, what was expected. */
enum serin_status decode_refuse_value(const struct decode_field *field, const struct node *node,
                                      const char *path, struct serin_error *err);

/* Refuses an entry whose key no row of the targets names, listing those they do. */
enum serin_status decode_refuse_key(const struct decode_target *targets, size_t target_count,
                                    const struct node *entry, const char *path,
                                    struct serin_error *err);

#endif
