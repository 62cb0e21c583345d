#include "verdict/grouping.h"

#include "serin/cap.h"

static const struct text_view rare_labels = TEXT_VIEW("(rare labels)");

bool label_groups_is_rare(const struct label_groups *groups, size_t group)
{
    return groups->merged && group + 1 == groups->count;
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

enum serin_status grouping_create(const struct label_masses *masses, bool is_agreement, size_t cap,
                                  struct grouping **out)
{
    owned(grouping) grouping = memory_allocate(1, sizeof(*grouping));
    if (!grouping) {
        return SERIN_NO_MEMORY;
    }
    grouping->is_agreement = is_agreement;
    TRY(groups_rank(masses->columns, masses->column_count, cap, &grouping->columns));
    TRY(is_agreement ? groups_rank(masses->columns, masses->column_count, cap, &grouping->rows)
                     : groups_rank(masses->rows, masses->row_count, cap, &grouping->rows));
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

/* The first label of a group; of the rare ones no single label is the right name. */
static bool group_label(const struct label_groups *groups, size_t group, size_t *out_label)
{
    if (label_groups_is_rare(groups, group)) {
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
