#include "tap/event_reader.h"

#include "base/number.h"
#include "base/rfc3339.h"
#include "source/json_scan.h"
#include "source/promql.h"
#include "tap/cut_points.h"
#include "tap/event_fields.h"

#include <math.h>
#include <string.h>

enum {
    PATH_LABEL,
    PATH_REFERENCE,
    PATH_KEY,
    PATH_TIME,
    PATH_COUNT,
    PATH_SLICES, /* and those after it */
    PATHS_MAX = PATH_SLICES + (int)SLICE_DIMENSIONS_MAX
};
_Static_assert((int)PATHS_MAX <= (int)EVENT_FIELDS_MAX, "a field of the line for each path");

#define COUNT_MAX (UINT64_C(1) << 53)

/* As milliseconds that would be the year 1973; as seconds it is the year 5138. */
#define SECONDS_BELOW 1e11

struct event_reader {
    struct field_path paths[PATHS_MAX];
    size_t path_count;
    char dimensions[SLICE_DIMENSIONS_MAX][FIELD_PATH_BYTES_MAX + 1];
    size_t dimension_count;
    struct cut_points label_cuts;
    struct cut_points reference_cuts;
    struct event_fields_scratch scratch;
};

const char *line_fate_name(enum line_fate fate)
{
    static const char *const names[LINE_FATES] = {
        [LINE_COUNTED] = "counted",
        [LINE_REFERENCE] = "reference",
        [LINE_BLANK] = "blank",
        [LINE_TOO_LONG] = "too_long",
        [LINE_NOT_JSON] = "not_json",
        [LINE_WITHOUT_LABEL] = "without_label",
        [LINE_NOT_A_NUMBER] = "not_a_number",
        [LINE_BAD_COUNT] = "bad_count",
    };
    return names[fate];
}

/* ---- what is configured ---------------------------------------------------------------------- */

static enum serin_status read_paths(struct event_reader *reader, const struct tap_options *options,
                                    struct serin_error *err)
{
    const struct {
        const char *option;
        const char *text;
        size_t path;
    } rows[] = {
        {"label_field",     options->label_field,     PATH_LABEL    },
        {"reference_field", options->reference_field, PATH_REFERENCE},
        {"key_field",       options->key_field,       PATH_KEY      },
        {"time_field",      options->time_field,      PATH_TIME     },
        {"count_field",     options->count_field,     PATH_COUNT    },
    };
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        if (rows[i].text) {
            serin_error_at(err, "%s", rows[i].option);
            TRY(field_path_parse(text_view_of(rows[i].text), &reader->paths[rows[i].path], err));
        }
    }
    return SERIN_OK;
}

/* Names of Prometheus labels that are not taken. */
static bool is_dimension_name(struct text_view name)
{
    static const char *const taken[] = {"arm", "pod", "label", "reference", "le"};
    for (size_t i = 0; i < ARRAY_LENGTH(taken); i++) {
        if (text_equals(name, taken[i])) {
            return false;
        }
    }
    return promql_is_plain_label_name(name) && name.length <= FIELD_PATH_BYTES_MAX &&
           !text_starts_with(name, (struct text_view)TEXT_VIEW("__"));
}

static enum serin_status read_slice(struct event_reader *reader, const char *text,
                                    struct serin_error *err)
{
    const char *equals = strchr(text, '=');
    struct text_view name = {text, equals ? (size_t)(equals - text) : strlen(text)};
    if (!is_dimension_name(name)) {
        return serin_fail(err, SERIN_INVALID,
                          "%s cannot be a slice dimension; letters, digits and underscores name "
                          "one, as in region=$.geo.region, and not arm, pod, label, reference, le",
                          TEXT_QUOTE(name));
    }
    for (size_t i = 0; i < reader->dimension_count; i++) {
        if (text_equals(name, reader->dimensions[i])) {
            return serin_fail(err, SERIN_INVALID, "dimension %s twice", TEXT_QUOTE(name));
        }
    }
    TRY(field_path_parse(equals ? text_view_of(equals + 1) : name,
                         &reader->paths[PATH_SLICES + reader->dimension_count], err));
    memcpy(reader->dimensions[reader->dimension_count], name.start, name.length);
    reader->dimension_count++;
    return SERIN_OK;
}

static enum serin_status configure(struct event_reader *reader, const struct tap_options *options,
                                   struct serin_error *err)
{
    TRY(read_paths(reader, options, err));
    serin_error_at(err, "slices");
    for (size_t i = 0; i < options->slice_count; i++) {
        TRY(read_slice(reader, options->slices[i], err));
    }
    reader->path_count = PATH_SLICES + reader->dimension_count;
    serin_error_at(err, "cut_points");
    TRY(cut_points_parse(options->cut_points, options->cut_point_count, &reader->label_cuts, err));
    serin_error_at(err, "reference_cut_points");
    TRY(cut_points_parse(options->reference_cut_points, options->reference_cut_point_count,
                         &reader->reference_cuts, err));
    serin_error_clear(err);
    return SERIN_OK;
}

enum serin_status event_reader_create(const struct tap_options *options, struct event_reader **out,
                                      struct serin_error *err)
{
    owned(event_reader) reader = memory_allocate(1, sizeof(*reader));
    if (!reader) {
        return serin_fail(err, SERIN_NO_MEMORY, "no memory for reading events");
    }
    TRY(configure(reader, options, err));
    *out = give(reader);
    return SERIN_OK;
}

void event_reader_destroy(struct event_reader *reader)
{
    memory_free(reader);
}

size_t event_reader_dimension_count(const struct event_reader *reader)
{
    return reader->dimension_count;
}

struct text_view event_reader_dimension(const struct event_reader *reader, size_t index)
{
    return text_view_of(reader->dimensions[index]);
}

bool event_reader_cuts_labels(const struct event_reader *reader)
{
    return reader->label_cuts.count > 0;
}

bool event_reader_cuts_references(const struct event_reader *reader)
{
    return reader->reference_cuts.count > 0;
}

/* ---- one line -------------------------------------------------------------------------------- */

/* Logs write seconds, with or without a fraction, or milliseconds. */
static int64_t read_time(struct text_view text)
{
    int64_t time_ms = 0;
    double number = 0.0;
    if (rfc3339_parse(text, &time_ms) == SERIN_OK) {
        return time_ms >= 0 ? time_ms : EVENT_TIME_UNREADABLE;
    }
    if (number_parse_double(text, &number) != SERIN_OK || number < 0.0) {
        return EVENT_TIME_UNREADABLE;
    }
    double scaled = number < SECONDS_BELOW ? number * 1000.0 : number;
    return scaled <= (double)UNIX_MS_MAX ? (int64_t)scaled : EVENT_TIME_UNREADABLE;
}

/* The value, or the range it falls into where there are cut points. */
static bool cut(const struct cut_points *cuts, struct text_view *text)
{
    return cuts->count == 0 || text->length == 0 || cut_points_name(cuts, *text, text) == SERIN_OK;
}

static void take_slices(const struct event_reader *reader, const struct text_view *values,
                        struct label_event *event)
{
    for (size_t i = 0; i < reader->dimension_count; i++) {
        if (values[PATH_SLICES + i].length > 0) {
            event->slices[event->slice_count++] =
                (struct slice_value){event_reader_dimension(reader, i), values[PATH_SLICES + i]};
        }
    }
}

static void take_texts(const struct text_view *values, struct label_event *event)
{
    event->label = values[PATH_LABEL];
    event->reference = values[PATH_REFERENCE];
    event->key = values[PATH_KEY];
    event->has_label = event->label.length > 0;
    event->has_reference = event->reference.length > 0;
    event->has_key = event->key.length > 0;
    event->time_ms =
        values[PATH_TIME].length > 0 ? read_time(values[PATH_TIME]) : EVENT_TIME_ABSENT;
}

static bool take_count(struct text_view text, struct label_event *event)
{
    event->count = 1;
    return text.length == 0 || (number_parse_uint64(text, &event->count) == SERIN_OK &&
                                event->count >= 1 && event->count <= COUNT_MAX);
}

enum line_fate event_reader_read(struct event_reader *reader, struct text_view line,
                                 struct label_event *out)
{
    struct text_view values[PATHS_MAX];
    if (json_is_blank(line)) {
        return LINE_BLANK;
    }
    if (event_fields_read(line, reader->paths, reader->path_count, &reader->scratch, values,
                          NULL) != SERIN_OK) {
        return LINE_NOT_JSON;
    }
    out->slice_count = 0;
    out->arm = out->pod = out->stream = (struct text_view){0};
    take_texts(values, out);
    if (!out->has_label && !(out->has_key && out->has_reference)) {
        return LINE_WITHOUT_LABEL;
    }
    if (!take_count(values[PATH_COUNT], out)) {
        return LINE_BAD_COUNT;
    }
    if (!cut(&reader->label_cuts, &out->label) || !cut(&reader->reference_cuts, &out->reference)) {
        return LINE_NOT_A_NUMBER;
    }
    take_slices(reader, values, out);
    return out->has_label ? LINE_COUNTED : LINE_REFERENCE;
}
