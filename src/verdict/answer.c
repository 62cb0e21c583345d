#include "verdict/answer.h"

#include <math.h>

static double power_of_ten(int exponent)
{
    double power = 1.0;
    for (int i = 0; i < exponent; i++) {
        power *= 10.0;
    }
    return power;
}

double answer_round(double value)
{
    double size = fabs(value);
    if (!isfinite(value) || size >= 1e21) {
        return value;
    }
    if (size < 1e-16) {
        return 0.0; /* and never "-0.0" */
    }
    int shift = 5 - (int)floor(log10(size));
    double power = power_of_ten(shift < 0 ? -shift : shift);
    return shift < 0 ? round(value / power) * power : round(value * power) / power;
}

static void write_number(struct json_writer *writer, const char *name, double value, bool defined)
{
    json_field_double_if(writer, name, answer_round(value), defined);
}

static void write_estimate(struct json_writer *writer, const char *name,
                           const struct estimate *estimate)
{
    write_number(writer, name, estimate->value, estimate->defined);
    write_number(writer, "lower", estimate->lower, estimate->defined);
    write_number(writer, "upper", estimate->upper, estimate->defined);
}

static void write_delta(struct json_writer *writer, const struct verdict *verdict)
{
    json_write_key(writer, "delta");
    json_write_object_begin(writer);
    write_estimate(writer, "estimate", &verdict->delta);
    /* The margin and level are what was asked for, as they were asked. */
    json_field_double(writer, "level", verdict->level);
    json_field_double(writer, "margin", verdict->margin);
    if (verdict->plan > 0) {
        json_field_uint64(writer, "plan", verdict->plan);
    }
    json_write_object_end(writer);
}

static void write_arm(struct json_writer *writer, const char *name, const struct verdict *verdict,
                      enum arm which)
{
    const struct arm_result *arm = &verdict->arms[which];
    json_write_key(writer, name);
    json_write_object_begin(writer);
    write_estimate(writer, "nmi", &arm->nmi);
    json_field_uint64(writer, "samples", arm->samples);
    if (verdict_has_references(verdict)) {
        uint64_t events = arm->samples + arm->unreferenced;
        write_number(writer, "referenced", arm_result_referenced(arm), events > 0);
    }
    json_write_object_end(writer);
}

static void write_forecast(struct json_writer *writer, const struct verdict *verdict)
{
    json_write_key(writer, "forecast");
    json_write_object_begin(writer);
    json_field_uint64(writer, "samples", verdict->forecast_samples);
    write_number(writer, "minutes", verdict->forecast_minutes, verdict->forecast_minutes > 0.0);
    json_write_object_end(writer);
}

void answer_write_fields(const struct verdict *verdict, const char *id, struct json_writer *writer)
{
    if (id) {
        json_field_text(writer, "id", id);
    }
    json_field_text(writer, "verdict", decision_name(verdict->decision));
    json_field_text(writer, "reason", verdict->reason);
    write_delta(writer, verdict);
    write_arm(writer, "canary", verdict, ARM_CANARY);
    write_arm(writer, "stable", verdict, ARM_STABLE);
    json_write_key(writer, "warnings");
    json_write_array_begin(writer);
    for (size_t i = 0; i < verdict->warning_count; i++) {
        json_write_text(writer, verdict->warnings[i]);
    }
    json_write_array_end(writer);
    if (verdict->has_forecast) {
        write_forecast(writer, verdict);
    }
}

void answer_write_json(const struct verdict *verdict, const char *id, struct json_writer *writer)
{
    json_write_object_begin(writer);
    answer_write_fields(verdict, id, writer);
    json_write_object_end(writer);
}
