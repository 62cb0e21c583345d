#include "plan/report.h"

#include "base/json_writer.h"

static void write_moment(struct json_writer *json, const struct plan_moment *moment, bool is_timed)
{
    bool is_told = moment->is_reached && is_timed;
    json_write_object_begin(json);
    json_field_double(json, "chance", moment->chance);
    json_field_double_if(json, "canary_samples", (double)moment->canary_samples,
                         moment->is_reached);
    json_field_double_if(json, "stable_samples", (double)moment->stable_samples,
                         moment->is_reached);
    json_field_double_if(json, "minutes", moment->minutes, is_told);
    json_field_double_if(json, "looks", (double)moment->looks, is_told);
    json_write_object_end(json);
}

static void write_case(struct json_writer *json, const struct advice_case *each, bool is_timed)
{
    json_write_object_begin(json);
    json_field_double(json, "delta", each->delta);
    json_field_text(json, "verdict", decision_name(each->decision));
    json_write_key(json, "moments");
    json_write_array_begin(json);
    write_moment(json, &each->half, is_timed);
    write_moment(json, &each->likely, is_timed);
    json_write_array_end(json);
    json_field_text(json, "held_by", each->hold.guard);
    json_field_double_if(json, "held_until_samples", (double)each->hold.until,
                         each->hold.guard && !each->hold.is_lasting);
    json_write_object_end(json);
}

static void write_gate(struct json_writer *json, const struct advice_gate *gate)
{
    json_write_key(json, "template");
    if (!gate->is_known) {
        json_write_null(json);
        return;
    }
    json_write_object_begin(json);
    json_field_double(json, "initial_delay_seconds", (double)gate->delay_ms / 1000.0);
    json_field_double(json, "interval_seconds", (double)gate->every_ms / 1000.0);
    json_field_uint64(json, "count", gate->looks);
    json_write_object_end(json);
}

static void write_question(struct json_writer *json, const struct advice *advice)
{
    json_field_double(json, "nmi", advice->nmi);
    json_field_uint64(json, "labels", advice->labels);
    json_field_double(json, "margin", judgement_margin(&advice->judgement));
    json_field_double(json, "level", advice->judgement.level);
    json_field_text(json, "interval", interval_kind_name(advice->judgement.interval));
    json_field_double(json, "power", advice->power);
    json_field_double(json, "canary_share", advice->traffic.canary_share);
    json_field_double(json, "design_effect", advice->traffic.design_effect);
    json_field_double_if(json, "events_per_minute", advice->traffic.events_per_minute,
                         advice->traffic.events_per_minute > 0.0);
}

enum serin_status plan_report_json(const struct advice *advice, struct buffer *out)
{
    struct json_writer json;
    json_writer_init(&json, out);
    json_write_object_begin(&json);
    write_question(&json, advice);
    json_write_key(&json, "cases");
    json_write_array_begin(&json);
    for (size_t i = 0; i < advice->case_count; i++) {
        write_case(&json, &advice->cases[i], advice->traffic.events_per_minute > 0.0);
    }
    json_write_array_end(&json);
    write_gate(&json, &advice->gate);
    json_field_double_if(&json, "plan", (double)advice->plan, advice->has_plan);
    json_field_double_if(&json, "least_canary_share", advice->least_share,
                         advice->has_share && advice->share_found);
    json_write_object_end(&json);
    TRY(json_writer_finish(&json));
    buffer_append_char(out, '\n');
    return buffer_status(out);
}
