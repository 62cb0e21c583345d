#include "study/csv.h"

#include "base/number.h"

#include <string.h>

enum { DECIMALS = 5 };

void csv_write_field(const char *text, struct buffer *out)
{
    if (!strpbrk(text, ",\"\r\n")) {
        buffer_append_text(out, text);
        return;
    }
    buffer_append_char(out, '"');
    for (const char *c = text; *c != '\0'; c++) {
        if (*c == '"') {
            buffer_append_char(out, '"');
        }
        buffer_append_char(out, *c);
    }
    buffer_append_char(out, '"');
}

/* Whether a measure was taken in some repetitions only, in any of the results. */
static bool is_partial(const struct results *results, size_t measure)
{
    for (size_t i = 0; i < results->count; i++) {
        if (results->items[i].tallies.measures[measure].count != results->items[i].repetitions) {
            return true;
        }
    }
    return false;
}

static void write_head(const struct results *results, struct buffer *out)
{
    const struct result *first = &results->items[0];
    for (size_t i = 0; i < first->cell->parameter_count; i++) {
        csv_write_field(first->cell->parameters[i].name, out);
        buffer_append_char(out, ',');
    }
    buffer_append_text(out, "stage,reported,repetitions,");
    for (size_t i = 0; i < first->measure_count; i++) {
        const char *name = first->measures[i].name;
        buffer_printf(out, "%s,%s_error,", name, name);
        if (is_partial(results, i)) {
            buffer_printf(out, "%s_count,", name);
        }
    }
    buffer_append_text(out, "guards\n");
}

static void write_measure(const struct results *results, const struct result *result,
                          size_t measure, struct buffer *out)
{
    struct estimate_of estimate =
        tally_estimate(&result->tallies.measures[measure], result->measures[measure].kind);
    if (estimate.count > 0) {
        buffer_append_text(out, number_write_fixed(estimate.value, DECIMALS, NUMBER_TEXT));
        buffer_append_char(out, ',');
        buffer_append_text(out, number_write_fixed(estimate.error, DECIMALS, NUMBER_TEXT));
    } else {
        buffer_append_char(out, ',');
    }
    buffer_append_char(out, ',');
    if (is_partial(results, measure)) {
        buffer_printf(out, "%llu,", (unsigned long long)estimate.count);
    }
}

/* "sparse_table 0.312; unseen_cells 0.002" */
static void write_guards(const struct result *result, struct buffer *out)
{
    const char *separator = "";
    for (size_t i = 0; i < TALLY_REASONS_MAX; i++) {
        if (result->tallies.reasons[i] > 0) {
            double share = (double)result->tallies.reasons[i] / (double)result->repetitions;
            buffer_printf(out, "%s%s %s", separator, tally_reason_name(i),
                          number_write_fixed(share, 4, NUMBER_TEXT));
            separator = "; ";
        }
    }
}

static void write_row(const struct results *results, const struct result *result,
                      struct buffer *out)
{
    for (size_t i = 0; i < result->cell->parameter_count; i++) {
        csv_write_field(result->cell->parameters[i].text, out);
        buffer_append_char(out, ',');
    }
    buffer_printf(out, "%s,%d,%zu,", result->stage == 0 ? "planned" : "confirmed",
                  result->is_last ? 1 : 0, result->repetitions);
    for (size_t i = 0; i < result->measure_count; i++) {
        write_measure(results, result, i, out);
    }
    write_guards(result, out);
    buffer_append_char(out, '\n');
}

void csv_write(const struct results *results, enum csv_part part, struct buffer *out)
{
    bool has_head = false;
    for (size_t i = 0; i < results->count; i++) {
        if (result_is_guarded(&results->items[i]) != (part == CSV_GUARDED)) {
            continue;
        }
        if (!has_head) {
            write_head(results, out);
            has_head = true;
        }
        write_row(results, &results->items[i], out);
    }
}
