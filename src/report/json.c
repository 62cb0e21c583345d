#include "report/json.h"

#include "verdict/answer.h"
#include "verdict/slices_json.h"

static enum serin_status finish(const struct json_writer *writer, struct buffer *out)
{
    TRY(json_writer_finish(writer));
    buffer_append_char(out, '\n');
    return buffer_status(out);
}

enum serin_status report_json(const struct verdict *verdict, struct buffer *out)
{
    struct json_writer writer;
    json_writer_init(&writer, out);
    json_write_object_begin(&writer);
    answer_write_fields(verdict, NULL, &writer);
    if (verdict->slice_count > 0) {
        slices_write_fields(verdict, &writer);
    }
    json_write_object_end(&writer);
    return finish(&writer, out);
}

enum serin_status report_score_json(const struct score *score, struct buffer *out)
{
    const struct serin_scores *scores = &score->scores;
    struct json_writer writer;
    json_writer_init(&writer, out);
    json_write_object_begin(&writer);
    json_field_uint64(&writer, "samples", score->samples);
    json_field_uint64(&writer, "rows", scores->rows);
    json_field_uint64(&writer, "columns", scores->columns);
    json_field_double_if(&writer, "nmi", score->nmi.value, score->nmi.defined);
    json_field_double(&writer, "nmi_plugin", scores->nmi);
    json_field_double_if(&writer, "lower", score->nmi.lower, score->nmi.defined);
    json_field_double_if(&writer, "upper", score->nmi.upper, score->nmi.defined);
    json_field_double(&writer, "level", score->level);
    json_field_text(&writer, "normalizer", serin_normalizer_name(score->normalizer));
    json_field_double(&writer, "mutual_information", scores->entropies.mutual_information);
    json_field_double(&writer, "entropy_reference", scores->entropies.reference);
    json_field_double(&writer, "entropy_label", scores->entropies.label);
    json_field_double(&writer, "ami", scores->adjusted_mutual_information);
    json_field_double(&writer, "ari", scores->adjusted_rand);
    json_field_double(&writer, "homogeneity", scores->homogeneity);
    json_field_double(&writer, "completeness", scores->completeness);
    json_field_double(&writer, "v_measure", scores->v_measure);
    json_field_double(&writer, "purity", scores->purity);
    json_write_object_end(&writer);
    return finish(&writer, out);
}
