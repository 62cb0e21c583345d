/*
 * One CSV record → its fields. The record is whole; where it ends was found before.
 */
#ifndef SERIN_SOURCE_CSV_RECORD_H
#define SERIN_SOURCE_CSV_RECORD_H

#include "base/text.h"
#include "serin/error.h"

#include <stddef.h>

/* The fields of the last record, and room for the next; all zero at first. */
struct csv_record {
    struct text_view *fields;
    size_t count;
    size_t room;
    char *unfolded; /* fields with doubled quotes, written with single ones */
    size_t unfolded_used;
    size_t unfolded_room;
};

void csv_record_clear(struct csv_record *record);

/*
 * Splits `bytes`, a record without its line end that starts in line `line`. The fields borrow from
 * `bytes` and `record`. Fails with SERIN_INVALID, SERIN_TOO_LARGE or SERIN_NO_MEMORY.
 */
SERIN_MUST_CHECK enum serin_status csv_record_split(struct csv_record *record,
                                                    struct text_view bytes, size_t line,
                                                    struct serin_error *err);

#endif
