/*
 * What must hold for every document a parser made, and for every refusal.
 */
#ifndef TESTS_FUZZ_FUZZ_DOCUMENT_H
#define TESTS_FUZZ_FUZZ_DOCUMENT_H

#include "base/buffer.h"
#include "support/dump.h"
#include "support/sample.h"

#include <stdint.h>
#include <stdlib.h>

static inline void fuzz_require(bool holds)
{
    if (!holds) {
        abort();
    }
}

/* A message goes into JSON answers and one-line logs. */
static inline void fuzz_error(const struct serin_error *err)
{
    fuzz_require(err->status != SERIN_OK && err->status != SERIN_BUG);
    fuzz_require(err->detail[0] != '\0');
    fuzz_require(text_is_printable(text_view_of(err->detail)));
    fuzz_require(text_is_printable(text_view_of(err->field)));
}

static inline void fuzz_document(enum serin_status status, const struct document *document,
                                 const struct serin_error *parse_err)
{
    if (status != SERIN_OK) {
        fuzz_error(parse_err);
        return;
    }
    owned(buffer) dump = buffer_create(1 << 24);
    fuzz_require(dump && dump_document(document, dump) == SERIN_OK);
    fuzz_require(text_is_utf8(buffer_view(dump)));
    struct sample sample = {0};
    struct serin_error err = {0};
    if (decode_map(&sample_table, document_root(document), "", &sample, &err) == SERIN_OK) {
        fuzz_require(sample.stream && sample.stream[0] != '\0');
        fuzz_require(sample.margin > 0.0 && sample.margin < 1.0);
        fuzz_require(sample.window_ms >= 1000 && sample.window_ms <= 86400000);
        fuzz_require(sample.slice_count <= 3 && sample.rule_count <= 4);
    } else {
        fuzz_error(&err);
    }
    decode_clear(&sample_table, &sample);
}

#endif
