/*
 * Which group each label counts as: itself or, beyond the cap, the one group of all rare labels.
 *
 * One ranking over both arms serves both arms and all slices, so that what is compared is the same
 * quantity everywhere. Rare against rare counts as agreement.
 */
#ifndef SERIN_VERDICT_GROUPING_H
#define SERIN_VERDICT_GROUPING_H

#include "base/memory.h"
#include "base/text.h"
#include "labels/block_tables.h"
#include "serin/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Groups of one kind of label. */
struct label_groups {
    size_t *map;   /* by the tables' label index; SERIN_DROPPED where a label never occurs */
    size_t labels; /* entries of the map */
    size_t count;  /* groups */
    bool merged;   /* the last group holds the rare labels */
};

/* Whether a group is that of the rare labels. */
bool label_groups_is_rare(const struct label_groups *groups, size_t group);

/*
 * Rows are references; in the design `paired` without any reference they are the stable arm's
 * labels (is_agreement), grouped as the columns are. Columns are emitted labels.
 */
struct grouping {
    struct label_groups rows;
    struct label_groups columns;
    bool is_agreement;
};

/* Events per reference and per emitted label, over both arms. Borrowed. */
struct label_masses {
    const uint64_t *rows;
    size_t row_count;
    const uint64_t *columns;
    size_t column_count;
};

/*
 * Ranks the labels and keeps at most `cap` groups of either kind. Of an agreement the rows' masses
 * are not looked at. Fails with SERIN_NO_MEMORY.
 */
SERIN_MUST_CHECK enum serin_status grouping_create(const struct label_masses *masses,
                                                   bool is_agreement, size_t cap,
                                                   struct grouping **out);
void grouping_destroy(struct grouping *grouping); /* NULL is fine */
DEFINE_CLEANUP(grouping)

/* The text of a group: its label's, borrowed from the tables, or "(rare labels)". */
struct text_view grouping_row_text(const struct grouping *grouping,
                                   const struct block_tables *tables, size_t group);
struct text_view grouping_column_text(const struct grouping *grouping,
                                      const struct block_tables *tables, size_t group);

#endif
