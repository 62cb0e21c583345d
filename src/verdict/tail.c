#include "verdict/tail.h"

#include <math.h>
#include <stdlib.h>

/* An emitted label's two commonest references in the stable arm. */
struct decoder {
    uint32_t best;
    uint64_t best_count;
    uint32_t second;
    uint64_t second_count;
};

static bool is_in_tail(const struct grouping *grouping, const struct serin_block_cell *cell)
{
    return cell->row != SERIN_NO_REFERENCE &&
           (label_groups_is_rare(&grouping->rows, grouping->rows.map[cell->row]) ||
            label_groups_is_rare(&grouping->columns, grouping->columns.map[cell->column]));
}

static int by_column_row(const void *left, const void *right)
{
    const struct serin_block_cell *a = left;
    const struct serin_block_cell *b = right;
    if (a->column != b->column) {
        return a->column < b->column ? -1 : 1;
    }
    return (a->row > b->row) - (a->row < b->row);
}

/* Rows come in ascending order, so that of equal counts the first is kept. */
static void decoder_offer(struct decoder *decoder, uint32_t row, uint64_t count)
{
    if (count > decoder->best_count) {
        decoder->second = decoder->best;
        decoder->second_count = decoder->best_count;
        decoder->best = row;
        decoder->best_count = count;
    } else if (count > decoder->second_count) {
        decoder->second = row;
        decoder->second_count = count;
    }
}

/* Of sorted cells; those of several blocks add up. */
static void decoders_fill(const struct serin_block_cell *cells, size_t count,
                          struct decoder *decoders)
{
    size_t i = 0;
    while (i < count) {
        const struct serin_block_cell *cell = &cells[i];
        uint64_t total = 0;
        for (; i < count && by_column_row(cell, &cells[i]) == 0; i++) {
            total += cells[i].count;
        }
        if (cell->row != SERIN_NO_REFERENCE) {
            decoder_offer(&decoders[cell->column], cell->row, total);
        }
    }
}

static enum serin_status decoders_make(const struct tail_cells *stable, size_t labels,
                                       struct decoder **out)
{
    owned_memory struct serin_block_cell *sorted =
        memory_allocate(stable->count + 1, sizeof(*sorted));
    owned_memory struct decoder *decoders = memory_allocate(labels + 1, sizeof(*decoders));
    if (!sorted || !decoders) {
        return SERIN_NO_MEMORY;
    }
    for (size_t i = 0; i < stable->count; i++) {
        sorted[i] = stable->cells[i];
    }
    qsort(sorted, stable->count, sizeof(*sorted), by_column_row);
    decoders_fill(sorted, stable->count, decoders);
    *out = give(decoders);
    return SERIN_OK;
}

static bool decodes_canary(const struct decoder *decoder, uint32_t row)
{
    return decoder->best_count > 0 && decoder->best == row;
}

/* Whether the reference would still be the commonest with one of its events left out. */
static bool decodes_stable(const struct decoder *decoder, uint32_t row)
{
    uint64_t left = decoder->best_count - 1;
    if (decoder->best != row || left == 0) {
        return false;
    }
    return left > decoder->second_count ||
           (left == decoder->second_count && decoder->best < decoder->second);
}

static void arm_decode(const struct grouping *grouping, const struct tail_cells *from,
                       const struct decoder *decoders,
                       bool (*decodes)(const struct decoder *, uint32_t), struct tail_arm *out)
{
    *out = (struct tail_arm){0, 0};
    for (size_t i = 0; i < from->count; i++) {
        const struct serin_block_cell *cell = &from->cells[i];
        if (is_in_tail(grouping, cell)) {
            out->events += cell->count;
            out->recovered += decodes(&decoders[cell->column], cell->row) ? cell->count : 0;
        }
    }
}

/* Adds up references; returns all events that have one. */
static uint64_t rows_add(const struct tail_cells *from, uint64_t *rows)
{
    uint64_t events = 0;
    for (size_t i = 0; i < from->count; i++) {
        if (from->cells[i].row != SERIN_NO_REFERENCE) {
            rows[from->cells[i].row] += from->cells[i].count;
            events += from->cells[i].count;
        }
    }
    return events;
}

static double surprise_of(const struct grouping *grouping, const struct tail_cells *from,
                          const uint64_t *rows, uint64_t events)
{
    double sum = 0.0;
    for (size_t i = 0; i < from->count; i++) {
        const struct serin_block_cell *cell = &from->cells[i];
        if (is_in_tail(grouping, cell)) {
            sum += (double)cell->count * log((double)events / (double)rows[cell->row]);
        }
    }
    return sum;
}

static enum serin_status surprise_measure(const struct grouping *grouping,
                                          const struct tail_cells *canary,
                                          const struct tail_cells *stable, struct tail *tail)
{
    owned_memory uint64_t *rows = memory_allocate(grouping->rows.labels + 1, sizeof(*rows));
    if (!rows) {
        return SERIN_NO_MEMORY;
    }
    uint64_t events = rows_add(canary, rows);
    events += rows_add(stable, rows);
    double sum = surprise_of(grouping, canary, rows, events);
    sum += surprise_of(grouping, stable, rows, events);
    uint64_t in_tail = tail->canary.events + tail->stable.events;
    tail->surprise = in_tail > 0 ? sum / (double)in_tail : 0.0;
    return SERIN_OK;
}

enum serin_status tail_measure(const struct grouping *grouping, const struct tail_cells *canary,
                               const struct tail_cells *stable, struct tail *out)
{
    owned_memory struct decoder *decoders = NULL;
    struct tail tail;
    TRY(decoders_make(stable, grouping->columns.labels, &decoders));
    arm_decode(grouping, canary, decoders, decodes_canary, &tail.canary);
    arm_decode(grouping, stable, decoders, decodes_stable, &tail.stable);
    TRY(surprise_measure(grouping, canary, stable, &tail));
    *out = tail;
    return SERIN_OK;
}

struct share_limits {
    double lower;
    double upper;
};

/* Wilson's limits of the share not recovered. */
static struct share_limits missed(const struct tail_arm *arm, double effect, double z)
{
    double n = (double)arm->events / effect;
    double share = (double)(arm->events - arm->recovered) / (double)arm->events;
    double middle = (n * share + z * z / 2.0) / (n + z * z);
    double half = z / (n + z * z) * sqrt(n * share * (1.0 - share) + z * z / 4.0);
    return (struct share_limits){fmax(0.0, middle - half), fmin(1.0, middle + half)};
}

static double binary_entropy(double p)
{
    return p <= 0.0 || p >= 1.0 ? 0.0 : -p * log(p) - (1.0 - p) * log1p(-p);
}

double tail_hidden_information(const struct tail *tail, double share,
                               const struct tail_confidence *confidence)
{
    if (tail->canary.events == 0 || tail->stable.events == 0) {
        return share * (tail->surprise + log(2.0));
    }
    struct share_limits canary = missed(&tail->canary, confidence->canary_effect, confidence->z);
    struct share_limits stable = missed(&tail->stable, confidence->stable_effect, confidence->z);
    double most = binary_entropy(fmin(canary.upper, 0.5)) + canary.upper * tail->surprise;
    double least = 2.0 * log(2.0) * stable.lower;
    return share * fmax(0.0, most - least);
}
