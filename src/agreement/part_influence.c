#include "agreement/part_influence.h"

#include <math.h>

/* Derivatives of both slopes by what describes this arm's end of the way. */
struct slope_gradient {
    struct slopes reference;
    struct slopes label;
    struct slopes mutual;
};

struct part_influence {
    const struct measured *arm;
    const struct parts *start;
    const struct parts *finish;
    const struct parts *own;
    double sign; /* of this arm's parts in the change */
    struct slopes slopes;
    struct slope_gradient gradient;
    double *ln_rows; /* of shares */
    double *ln_columns;
    double *ln_cells;
};

/* Entropies are moved by this share of themselves to see how the slopes follow. */
static const double step = 1e-5;

/* The slopes' change when one number of this end moves: `field` points into `end`. */
static struct slopes derivative(const struct part_influence *influence, struct station *start,
                                struct station *finish, double *field)
{
    double value = *field;
    double width = step * fmax(fabs(value), step);
    *field = value + width;
    struct slopes above = slopes_between(influence->own->normalizer, *start, *finish);
    *field = value - width;
    struct slopes below = slopes_between(influence->own->normalizer, *start, *finish);
    *field = value;
    return (struct slopes){.information = (above.information - below.information) / (2.0 * width),
                           .entropy = (above.entropy - below.entropy) / (2.0 * width)};
}

static void slopes_derive(struct part_influence *influence, enum way_end end)
{
    struct station start = parts_station(influence->start);
    struct station finish = parts_station(influence->finish);
    struct station *moved = end == WAY_START ? &start : &finish;
    influence->slopes = slopes_between(influence->own->normalizer, start, finish);
    influence->gradient.reference = derivative(influence, &start, &finish, &moved->reference);
    influence->gradient.label = derivative(influence, &start, &finish, &moved->label);
    influence->gradient.mutual = derivative(influence, &start, &finish, &moved->mutual);
}

static void logarithms_fill(const uint64_t *counts, size_t count, uint64_t total, double *out)
{
    for (size_t k = 0; k < count; k++) {
        out[k] = counts[k] > 0 ? log((double)counts[k] / (double)total) : 0.0;
    }
}

enum serin_status part_influence_create(const struct measured *arm, enum way_end end,
                                        const struct parts *start, const struct parts *finish,
                                        struct part_influence **out)
{
    size_t rows = arm->table.rows;
    size_t columns = arm->table.columns;
    owned(part_influence) influence = memory_allocate(1, sizeof(*influence));
    if (!influence) {
        return SERIN_NO_MEMORY;
    }
    influence->ln_cells = memory_allocate(rows * columns + rows + columns, sizeof(double));
    if (!influence->ln_cells) {
        return SERIN_NO_MEMORY;
    }
    influence->arm = arm;
    influence->start = start;
    influence->finish = finish;
    influence->own = end == WAY_START ? start : finish;
    influence->sign = end == WAY_START ? -1.0 : 1.0;
    influence->ln_rows = influence->ln_cells + rows * columns;
    influence->ln_columns = influence->ln_rows + rows;
    logarithms_fill(arm->table.counts, rows * columns, arm->margins.total, influence->ln_cells);
    logarithms_fill(arm->margins.rows, rows, arm->margins.total, influence->ln_rows);
    logarithms_fill(arm->margins.columns, columns, arm->margins.total, influence->ln_columns);
    slopes_derive(influence, end);
    *out = give(influence);
    return SERIN_OK;
}

void part_influence_destroy(struct part_influence *influence)
{
    if (influence) {
        memory_free(influence->ln_cells);
        memory_free(influence);
    }
}

/* What the event does to the slopes, by way of the arm's entropies and information. */
static struct slopes slopes_move(const struct part_influence *influence, size_t row, size_t column)
{
    const struct slope_gradient *gradient = &influence->gradient;
    const struct parts *own = influence->own;
    double ln_row = influence->ln_rows[row];
    double ln_column = influence->ln_columns[column];
    double ln_cell = influence->ln_cells[row * influence->arm->table.columns + column];
    double reference = -ln_row - own->reference;
    double label = -ln_column - own->label;
    double mutual = ln_cell - ln_row - ln_column - own->mutual;
    return (struct slopes){
        .information = gradient->reference.information * reference +
                       gradient->label.information * label + gradient->mutual.information * mutual,
        .entropy = gradient->reference.entropy * reference + gradient->label.entropy * label +
                   gradient->mutual.entropy * mutual,
    };
}

/* The influence on the contribution of a label through its own information and entropy. */
static double own_influence(const struct part_influence *influence, size_t row, size_t column,
                            size_t label)
{
    const struct margins *margins = &influence->arm->margins;
    const struct parts *own = influence->own;
    size_t cell = row * influence->arm->table.columns + label;
    double share = (double)margins->columns[label] / (double)margins->total;
    double behind = (double)influence->arm->table.counts[cell] / (double)margins->rows[row];
    double information = share - own->information[label] - behind;
    double entropy = share - own->entropy[label];
    if (column == label) {
        double ln_label = influence->ln_columns[label];
        information += influence->ln_cells[cell] - influence->ln_rows[row] - ln_label;
        entropy -= ln_label + 1.0;
    }
    return influence->slopes.information * information + influence->slopes.entropy * entropy;
}

void part_influence_add(const struct part_influence *influence, size_t row, size_t column,
                        double weight, const size_t *labels, size_t count, double *sums)
{
    const struct parts *start = influence->start;
    const struct parts *finish = influence->finish;
    struct slopes moved = slopes_move(influence, row, column);
    for (size_t k = 0; k < count; k++) {
        size_t j = labels[k];
        double information = finish->information[j] - start->information[j];
        double entropy = finish->entropy[j] - start->entropy[j];
        sums[k] += weight * (influence->sign * own_influence(influence, row, column, j) +
                             moved.information * information + moved.entropy * entropy);
    }
}
