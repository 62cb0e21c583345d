/* Requests for an analysis: a JSON body when it begins like one, otherwise a query string. */
#include "platform/json.h"
#include "platform/query.h"
#include "verdict/spec.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct stream stream = {
    .name = "shop", .slices = {"region", "device"},
         .slice_count = 2
};

static void require(bool holds)
{
    if (!holds) {
        abort();
    }
}

static void check_refusal(const struct serin_error *err)
{
    require(err->status != SERIN_OK && err->status != SERIN_BUG);
    require(err->detail[0] != '\0');
    require(text_is_printable(text_view_of(err->detail)));
    require(text_is_printable(text_view_of(err->field)));
}

/* What every later step relies on. */
static void check_spec(const struct spec *spec)
{
    require(spec->stream[0] != '\0' && spec->canary[0] != '\0' && spec->stable[0] != '\0');
    require(strcmp(spec->canary, spec->stable) != 0);
    require(!strstr(spec->canary, "{{") && !strstr(spec->stable, "{{"));
    require(spec->window.is_rollout || spec->window.width_ms > 0);
    require(spec->slice_count <= SLICE_DIMENSIONS_MAX);
    const struct judgement *judgement = &spec->judgement;
    require(judgement->margin > 0.0 && judgement->margin < 1.0);
    require(judgement->shift_margin > 0.0 && judgement->shift_margin < 1.0);
    require(judgement->level >= 0.5 && judgement->level < 1.0);
    require(judgement->min_samples >= 10);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct serin_error err = {0};
    owned(document) document = NULL;
    owned(spec) spec = NULL;
    struct text_view text = {(const char *)data, size};
    bool is_json = size > 0 && (data[0] == '{' || data[0] == '[');
    enum serin_status status = is_json
                                   ? json_parse(text, &document_limits_request, &document, &err)
                                   : query_parse(text, &document_limits_request, &document, &err);
    const char *name = NULL;
    if (status == SERIN_OK) {
        status = spec_stream_name(document_root(document), &name, &err);
    }
    if (status == SERIN_OK) {
        status = spec_decode(document_root(document), &stream, &judgement_default, &spec, &err);
    }
    if (status == SERIN_OK) {
        check_spec(spec);
    } else {
        check_refusal(&err);
    }
    return 0;
}
