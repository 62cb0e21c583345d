#include "lint/lint.h"

#include "base/json_writer.h"

static const char *severity_name(enum lint_severity severity)
{
    return severity == LINT_ERROR ? "error" : "warning";
}

void lint_write_text(const struct lint_result *result, const char *file, struct buffer *out)
{
    for (size_t i = 0; i < lint_finding_count(result); i++) {
        const struct lint_finding *finding = lint_finding_at(result, i);
        buffer_printf(out, "%s:%u:%u: %s: %s%s%s\n", file, finding->at.line, finding->at.column,
                      severity_name(finding->trap->severity), finding->trap->name,
                      finding->detail[0] ? ": " : "", finding->detail);
        buffer_printf(out, "    %s\n    mend: %s\n", finding->trap->danger, finding->trap->mend);
    }
}

static void write_finding(struct json_writer *json, const struct lint_finding *finding)
{
    json_write_object_begin(json);
    json_field_text(json, "rule", finding->trap->name);
    json_field_text(json, "severity", severity_name(finding->trap->severity));
    json_field_uint64(json, "line", finding->at.line);
    json_field_uint64(json, "column", finding->at.column);
    json_field_text(json, "detail", finding->detail);
    json_field_text(json, "danger", finding->trap->danger);
    json_field_text(json, "mend", finding->trap->mend);
    json_write_object_end(json);
}

enum serin_status lint_write_json(const struct lint_result *result, const char *file,
                                  struct buffer *out)
{
    struct json_writer json;
    json_writer_init(&json, out);
    json_write_object_begin(&json);
    json_field_text(&json, "file", file);
    json_field_uint64(&json, "checked", lint_checked_count(result));
    json_write_key(&json, "findings");
    json_write_array_begin(&json);
    for (size_t i = 0; i < lint_finding_count(result); i++) {
        write_finding(&json, lint_finding_at(result, i));
    }
    json_write_array_end(&json);
    json_write_object_end(&json);
    TRY(json_writer_finish(&json));
    buffer_append_char(out, '\n');
    return buffer_status(out);
}
