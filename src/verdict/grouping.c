#include "verdict/grouping.h"

#include "serin/cap.h"

static const struct text_view rare_labels = TEXT_VIEW("(rare labels)");

/* Events per reference and per emitted label, over both arms. */
struct masses {
    uint64_t *rows;
    uint64_t *columns;
};

static enum serin_status masses_of_arm(const struct block_tables *tables, enum arm arm,
                                       struct masses *masses)
{
    owned_memory struct serin_block_cell *cells = NULL;
    size_t count = 0;
    TRY(block_tables_cells(tables, arm, ALL_SLICES, &cells, &count));
    for (size_t i = 0; i < count; i++) {
        masses->columns[cells[i].column] += cells[i].count;
        if (cells[i].row != SERIN_NO_REFERENCE) {
            masses->rows[cells[i].row] += cells[i].count;
        }
    }
    return SERIN_OK;
}

static enum serin_status masses_of_arms(const struct block_tables *tables, struct masses *masses)
{
    TRY(masses_of_arm(tables, ARM_CANARY, masses));
    return masses_of_arm(tables, ARM_STABLE, masses);
}

static enum serin_status masses_of_pairs(const struct block_tables *tables, struct masses *masses,
                                         bool *out_has_reference)
{
    owned_memory struct serin_triple *triples = NULL;
    size_t count = 0;
    TRY(block_tables_triples(tables, &triples, &count));
    bool has_reference = false;
    for (size_t i = 0; i < count; i++) {
        masses->columns[triples[i].canary] += triples[i].count;
        masses->columns[triples[i].stable] += triples[i].count;
        if (triples[i].row != SERIN_NO_REFERENCE) {
            masses->rows[triples[i].row] += triples[i].count;
            has_reference = true;
        }
    }
    *out_has_reference = has_reference;
    return SERIN_OK;
}

static enum serin_status groups_rank(const uint64_t *masses, size_t labels, size_t cap,
                                     struct label_groups *out)
{
    out->map = memory_allocate(labels + 1, sizeof(*out->map));
    if (!out->map) {
        return SERIN_NO_MEMORY;
    }
    out->labels = labels;
    TRY(serin_cap_labels(masses, labels, cap, out->map, &out->count));
    size_t occurring = 0;
    for (size_t i = 0; i < labels; i++) {
        occurring += out->map[i] != SERIN_DROPPED;
    }
    out->merged = occurring > out->count;
    return SERIN_OK;
}

static enum serin_status grouping_fill(const struct block_tables *tables,
                                       const struct judgement *judgement, struct grouping *out)
{
    size_t references = block_tables_reference_count(tables);
    size_t labels = block_tables_label_count(tables);
    owned_memory uint64_t *rows = memory_allocate(references + 1, sizeof(*rows));
    owned_memory uint64_t *columns = memory_allocate(labels + 1, sizeof(*columns));
    if (!rows || !columns) {
        return SERIN_NO_MEMORY;
    }
    struct masses masses = {.rows = rows, .columns = columns};
    if (judgement->design == DESIGN_PAIRED) {
        bool has_reference = false;
        TRY(masses_of_pairs(tables, &masses, &has_reference));
        out->is_agreement = !has_reference;
    } else {
        TRY(masses_of_arms(tables, &masses));
    }
    TRY(groups_rank(columns, labels, judgement->label_cap, &out->columns));
    return out->is_agreement ? groups_rank(columns, labels, judgement->label_cap, &out->rows)
                             : groups_rank(rows, references, judgement->label_cap, &out->rows);
}

enum serin_status grouping_create(const struct block_tables *tables,
                                  const struct judgement *judgement, struct grouping **out,
                                  struct serin_error *err)
{
    owned(grouping) grouping = memory_allocate(1, sizeof(*grouping));
    enum serin_status status =
        grouping ? grouping_fill(tables, judgement, grouping) : SERIN_NO_MEMORY;
    if (status == SERIN_NO_MEMORY) {
        return serin_fail(err, SERIN_NO_MEMORY, "ranking the labels");
    }
    if (status != SERIN_OK) {
        return serin_fail(err, SERIN_BUG, "ranking the labels: %s", serin_status_name(status));
    }
    *out = give(grouping);
    return SERIN_OK;
}

void grouping_destroy(struct grouping *grouping)
{
    if (grouping) {
        memory_free(grouping->rows.map);
        memory_free(grouping->columns.map);
        memory_free(grouping);
    }
}

uint32_t grouping_row(const struct grouping *grouping, uint32_t row)
{
    return row == SERIN_NO_REFERENCE ? row : (uint32_t)grouping->rows.map[row];
}

uint32_t grouping_column(const struct grouping *grouping, uint32_t column)
{
    return (uint32_t)grouping->columns.map[column];
}

/* The first label of a group; of the rare ones no single label is the right name. */
static bool group_label(const struct label_groups *groups, size_t group, size_t *out_label)
{
    if (groups->merged && group + 1 == groups->count) {
        return false;
    }
    for (size_t i = 0; i < groups->labels; i++) {
        if (groups->map[i] == group) {
            *out_label = i;
            return true;
        }
    }
    return false;
}

struct text_view grouping_row_text(const struct grouping *grouping,
                                   const struct block_tables *tables, size_t group)
{
    size_t label = 0;
    if (!group_label(&grouping->rows, group, &label)) {
        return rare_labels;
    }
    return grouping->is_agreement ? block_tables_label(tables, label)
                                  : block_tables_reference(tables, label);
}

struct text_view grouping_column_text(const struct grouping *grouping,
                                      const struct block_tables *tables, size_t group)
{
    size_t label = 0;
    return group_label(&grouping->columns, group, &label) ? block_tables_label(tables, label)
                                                          : rare_labels;
}
