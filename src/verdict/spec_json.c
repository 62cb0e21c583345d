#include "base/json_writer.h"
#include "verdict/spec.h"

static void write_judgement(const struct judgement *judgement, struct json_writer *writer)
{
    json_field_text(writer, "design", design_name(judgement->design));
    json_field_double(writer, "margin", judgement->margin);
    json_field_double(writer, "shift_margin", judgement->shift_margin);
    json_field_double(writer, "level", judgement->level);
    json_field_text(writer, "interval", interval_kind_name(judgement->interval));
    json_field_text(writer, "normalizer", serin_normalizer_name(judgement->normalizer));
    json_field_uint64(writer, "min_samples", judgement->min_samples);
    json_field_text(writer, "label_names", label_names_name(judgement->label_names));
    json_field_uint64(writer, "plan", judgement->plan);
    json_field_double(writer, "canary_share", judgement->canary_share);
    json_field_double(writer, "min_referenced", judgement->min_referenced);
    json_field_uint64(writer, "label_cap", judgement->label_cap);
    json_field_bool(writer, "merge_rare", judgement->merge_rare);
    json_field_int64(writer, "warm_up_ms", judgement->warm_up_ms);
}

void spec_write_json(const struct spec *spec, struct json_writer *writer)
{
    json_write_object_begin(writer);
    json_field_text(writer, "stream", spec->stream);
    json_field_text(writer, "canary", spec->canary);
    json_field_text(writer, "stable", spec->stable);
    json_field_text(writer, "rollout", spec->rollout);
    json_field_text(writer, "namespace", spec->namespace_);
    json_write_key(writer, "window_ms");
    if (spec->window.is_rollout) {
        json_write_text(writer, "rollout");
    } else {
        json_write_int64(writer, spec->window.width_ms);
    }
    write_judgement(&spec->judgement, writer);
    json_write_key(writer, "slices");
    json_write_array_begin(writer);
    for (size_t i = 0; i < spec->slice_count; i++) {
        json_write_text(writer, spec->slices[i]);
    }
    json_write_array_end(writer);
    json_write_object_end(writer);
}
