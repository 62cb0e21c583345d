#include "study/tally.h"

#include "base/number.h"
#include "study/words.h"
#include "verdict/reasons.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void tally_add(struct tallies *tallies, size_t measure, double value)
{
    assert(measure < tallies->measure_count && isfinite(value));
    struct tally *tally = &tallies->measures[measure];
    tally->count++;
    tally->sum += value;
    tally->squares += value * value;
}

void tally_reason(struct tallies *tallies, const char *reason)
{
    const struct reason *row = reason_find(reason);
    size_t index = row ? (size_t)(row - reasons) : TALLY_REASONS_MAX;
    if (index >= TALLY_REASONS_MAX) {
        fprintf(stderr, "study: no place for the reason \"%s\"\n", reason);
        abort();
    }
    tallies->reasons[index]++;
}

const char *tally_reason_name(size_t index)
{
    return index < reason_count ? reasons[index].name : NULL;
}

void tallies_merge(struct tallies *into, const struct tallies *from)
{
    for (size_t i = 0; i < into->measure_count; i++) {
        into->measures[i].count += from->measures[i].count;
        into->measures[i].sum += from->measures[i].sum;
        into->measures[i].squares += from->measures[i].squares;
    }
    for (size_t i = 0; i < TALLY_REASONS_MAX; i++) {
        into->reasons[i] += from->reasons[i];
    }
}

void tallies_write(const struct tallies *tallies, struct buffer *out)
{
    for (size_t i = 0; i < tallies->measure_count; i++) {
        const struct tally *tally = &tallies->measures[i];
        buffer_printf(out, "%llu %s %s ", (unsigned long long)tally->count,
                      number_write_double(tally->sum, NUMBER_TEXT),
                      number_write_double(tally->squares, NUMBER_TEXT));
    }
    for (size_t i = 0; i < TALLY_REASONS_MAX; i++) {
        if (tallies->reasons[i] > 0) {
            buffer_printf(out, "%zu:%llu ", i, (unsigned long long)tallies->reasons[i]);
        }
    }
    buffer_append_char(out, '.'); /* a line that was cut lacks it */
}

static enum serin_status read_reason(struct text_view word, struct tallies *out)
{
    uint64_t index = 0;
    uint64_t count = 0;
    TRY(number_parse_uint64(words_next(&word, ':'), &index));
    TRY(number_parse_uint64(word, &count));
    if (index >= TALLY_REASONS_MAX) {
        return SERIN_INVALID;
    }
    out->reasons[index] = count;
    return SERIN_OK;
}

enum serin_status tallies_read(struct text_view text, struct tallies *out)
{
    struct tallies tallies = {.measure_count = out->measure_count};
    for (size_t i = 0; i < tallies.measure_count; i++) {
        struct tally *tally = &tallies.measures[i];
        TRY(number_parse_uint64(words_next(&text, ' '), &tally->count));
        TRY(number_parse_double(words_next(&text, ' '), &tally->sum));
        TRY(number_parse_double(words_next(&text, ' '), &tally->squares));
    }
    struct text_view word = words_next(&text, ' ');
    while (!text_equals(word, ".")) {
        TRY(word.length > 0 ? read_reason(word, &tallies) : SERIN_INVALID);
        word = words_next(&text, ' ');
    }
    *out = tallies;
    return SERIN_OK;
}

struct estimate_of tally_estimate(const struct tally *tally, enum measure_kind kind)
{
    double n = (double)tally->count;
    struct estimate_of estimate = {.count = tally->count};
    if (tally->count == 0) {
        return estimate;
    }
    estimate.value = tally->sum / n;
    if (kind == MEASURE_RATE) {
        double smoothed = (tally->sum + 1.0) / (n + 2.0);
        estimate.error = sqrt(smoothed * (1.0 - smoothed) / n);
    } else if (tally->count > 1) {
        double spread = tally->squares - tally->sum * estimate.value;
        estimate.error = sqrt(fmax(spread, 0.0) / (n - 1.0) / n);
    }
    return estimate;
}

struct estimate_of result_estimate(const struct result *result, const char *measure)
{
    for (size_t i = 0; i < result->measure_count; i++) {
        if (strcmp(result->measures[i].name, measure) == 0) {
            return tally_estimate(&result->tallies.measures[i], result->measures[i].kind);
        }
    }
    fprintf(stderr, "study: no measure \"%s\"\n", measure);
    abort();
}

double result_guarded_share(const struct result *result)
{
    uint64_t guarded = 0;
    for (size_t i = 0; i < TALLY_REASONS_MAX; i++) {
        guarded += result->tallies.reasons[i];
    }
    return (double)guarded / (double)result->repetitions;
}

bool result_is_guarded(const struct result *result)
{
    return result_guarded_share(result) > 0.5;
}

bool result_is_answered(const struct result *result)
{
    return !result_is_guarded(result);
}

bool result_has_one_look(const struct result *result)
{
    return cell_number(result->cell, "looks") == 1.0;
}

bool result_has_many_looks(const struct result *result)
{
    return !result_has_one_look(result);
}
