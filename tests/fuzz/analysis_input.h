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

/* What every later step relies on. */
static void check_spec(const struct spec *spec)
{
    assert(spec->stream[0] != '\0' && spec->canary[0] != '\0' && spec->stable[0] != '\0');
    assert(strcmp(spec->canary, spec->stable) != 0);
    assert(!strstr(spec->canary, "{{") && !strstr(spec->stable, "{{"));
    assert(spec->window.is_rollout || spec->window.width_ms > 0);
    assert(spec->slice_count <= SLICE_DIMENSIONS_MAX);
    assert(spec->judgement.margin > 0.0 && spec->judgement.margin < 1.0);
    assert(spec->judgement.shift_margin > 0.0 && spec->judgement.shift_margin < 1.0);
    assert(spec->judgement.level >= 0.5 && spec->judgement.level < 1.0);
    assert(spec->judgement.min_samples >= 10);
}

static void check_refusal(enum serin_status status, const struct serin_error *err)
{
    assert(status != SERIN_BUG);
    assert(err->detail[0] != '\0');
    assert(text_is_printable(text_view_of(err->detail)));
    assert(text_is_printable(text_view_of(err->field)));
    (void)status;
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
    enum serin_status status = json_parse(buffer_view(text), &document_limits_file, &again, NULL);
    assert(status == SERIN_OK);
    (void)status;
}

static void decode_question(const struct node *request)
{
    static const struct stream stream = {
        .name = "shop", .slices = {"region", "device"},
             .slice_count = 2
    };
    owned(spec) spec = NULL;
    struct serin_error err = {0};
    enum serin_status status = spec_decode(request, &stream, &judgement_default, &spec, &err);
    if (status == SERIN_OK) {
        check_spec(spec);
        check_text(spec);
    } else {
        check_refusal(status, &err);
    }
}

#endif
