#include "verdict/explanation.h"

#include "base/memory.h"
#include "verdict/diagnosis.h"

enum { TEXT_BYTES_MAX = 64 * 1024 };

static void write_estimate(struct json_writer *writer, const struct estimate *estimate)
{
    json_field_double_if(writer, "estimate", estimate->value, estimate->defined);
    json_field_double_if(writer, "lower", estimate->lower, estimate->defined);
    json_field_double_if(writer, "upper", estimate->upper, estimate->defined);
}

static void write_reference(struct json_writer *writer, const char *name, struct text_view text)
{
    if (text.length > 0) {
        json_field_view(writer, name, text);
    } else {
        json_field_null(writer, name);
    }
}

static void write_move(struct json_writer *writer, const struct label_move *move)
{
    json_write_object_begin(writer);
    json_field_view(writer, "label", move->label);
    write_estimate(writer, &move->contribution);
    json_field_double(writer, "canary_share", move->canary_share);
    json_field_double(writer, "stable_share", move->stable_share);
    write_reference(writer, "canary_reference", move->canary_reference);
    write_reference(writer, "stable_reference", move->stable_reference);
    json_write_object_end(writer);
}

static void write_labels(struct json_writer *writer, const char *name,
                         const struct diagnosis_labels *labels)
{
    json_write_key(writer, name);
    json_write_array_begin(writer);
    for (size_t i = 0; i < labels->count; i++) {
        json_write_view(writer, labels->labels[i]);
    }
    json_write_array_end(writer);
}

static void write_diagnosis(struct json_writer *writer, const struct verdict *verdict,
                            const struct diagnosis *diagnosis, struct buffer *text)
{
    buffer_clear(text);
    diagnosis_write(diagnosis, verdict, text);
    json_write_object_begin(writer);
    json_field_text(writer, "kind", diagnosis_kind_name(diagnosis->kind));
    write_labels(writer, "from", &diagnosis->from);
    write_labels(writer, "to", &diagnosis->to);
    json_field_double(writer, "moved", diagnosis->moved);
    json_field_double_if(writer, "contribution", diagnosis->contribution,
                         diagnosis->has_contribution);
    json_field_view(writer, "text", buffer_view(text));
    json_write_object_end(writer);
}

static void write_diagnoses(struct json_writer *writer, const struct verdict *verdict)
{
    owned(buffer) text = buffer_create(TEXT_BYTES_MAX);
    json_write_key(writer, "diagnoses");
    json_write_array_begin(writer);
    for (size_t i = 0; text && i < verdict->diagnosis_count; i++) {
        write_diagnosis(writer, verdict, &verdict->diagnoses[i], text);
    }
    json_write_array_end(writer);
}

void explanation_write(const struct verdict *verdict, struct json_writer *writer)
{
    bool defined = verdict->delta.defined;
    json_write_object_begin(writer);
    write_estimate(writer, &verdict->delta);
    json_write_key(writer, "contributions");
    json_write_array_begin(writer);
    for (size_t i = 0; i < verdict->move_count; i++) {
        write_move(writer, &verdict->moves[i]);
    }
    json_write_array_end(writer);
    json_field_double_if(writer, "others", verdict->moves_left_out, defined);
    json_field_double_if(writer, "rest", verdict->moves_rest, defined);
    write_diagnoses(writer, verdict);
    json_write_object_end(writer);
}
