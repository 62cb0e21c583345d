#include "verdict/slices_json.h"

#include "verdict/answer.h"

static const char *judged_how(const struct slice_verdict *slice)
{
    if (slice->is_rest) {
        return "rest";
    }
    return slice->is_pooled ? "pooled" : "alone";
}

static void write_number(struct json_writer *writer, const char *name, double value, bool defined)
{
    json_field_double_if(writer, name, answer_round(value), defined);
}

static void write_text_or_null(struct json_writer *writer, const char *name, struct text_view text,
                               bool is_given)
{
    if (is_given) {
        json_field_view(writer, name, text);
    } else {
        json_field_null(writer, name);
    }
}

static void write_slice(struct json_writer *writer, const struct slice_verdict *slice)
{
    const struct estimate *delta = &slice->delta;
    json_write_object_begin(writer);
    json_field_view(writer, "dimension", slice->slice.dimension);
    write_text_or_null(writer, "value", slice->slice.value, !slice->is_rest);
    json_field_text(writer, "judged", judged_how(slice));
    write_number(writer, "estimate", delta->value, delta->defined);
    write_number(writer, "lower", delta->lower, delta->defined);
    write_number(writer, "upper", delta->upper, delta->defined);
    json_field_uint64(writer, "canary_samples", slice->canary_samples);
    json_field_uint64(writer, "stable_samples", slice->stable_samples);
    json_field_text(writer, "verdict", decision_name(slice->decision));
    json_field_text(writer, "reason", slice->reason);
    json_write_object_end(writer);
}

void slices_write_fields(const struct verdict *verdict, struct json_writer *writer)
{
    write_text_or_null(writer, "stratified_by", verdict->stratified_by,
                       verdict->stratified_by.length > 0);
    json_write_key(writer, "slices");
    json_write_array_begin(writer);
    for (size_t i = 0; i < verdict->slice_count; i++) {
        write_slice(writer, &verdict->slices[i]);
    }
    json_write_array_end(writer);
    json_field_uint64(writer, "slices_left_out", verdict->slices_left_out);
}
