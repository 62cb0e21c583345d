/* What both forms of a question go through after parsing. */
#ifndef SERIN_TESTS_FUZZ_ANALYSIS_INPUT_H
#define SERIN_TESTS_FUZZ_ANALYSIS_INPUT_H

#include "base/buffer.h"
#include "base/json_writer.h"
#include "base/node.h"
#include "platform/json.h"
#include "verdict/spec.h"

#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

static void check_spec(const struct spec *spec)
{
    assert(strcmp(spec->canary, spec->stable) != 0);
    assert(spec->judgement.margin > 0.0 && spec->judgement.margin < 1.0);
    assert(spec->judgement.level >= 0.5 && spec->judgement.level < 1.0);
}

/* A settled spec is always writable as strict JSON. */
static void check_text(const struct spec *spec)
{
    owned(buffer) text = buffer_create((size_t)1 << 20);
    struct json_writer writer;
    json_writer_init(&writer, text);
    spec_write_json(spec, &writer);
    assert(json_writer_finish(&writer) == SERIN_OK);
    owned(document) again = NULL;
    enum serin_status status =
        json_parse(buffer_view(text), &document_limits_file, &again, NULL);
    assert(status == SERIN_OK);
    (void)status;
}

static void decode_question(const struct node *request)
{
    static const struct stream stream = {
        .name = "shop", .slices = {"region", "device"}, .slice_count = 2};
    owned(spec) spec = NULL;
    struct serin_error err = {0};
    if (spec_decode(request, &stream, &judgement_default, &spec, &err) == SERIN_OK) {
        check_spec(spec);
        check_text(spec);
    } else {
        assert(err.detail[0] != '\0');
    }
}

#endif
