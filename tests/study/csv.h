/*
 * Results as CSV (RFC 4180, line feeds), one row per cell and stage.
 */
#ifndef SERIN_STUDY_CSV_H
#define SERIN_STUDY_CSV_H

#include "base/buffer.h"
#include "study/tally.h"

/* Cells a guard mostly answers for go into a file of their own: a guard is not coverage. */
enum csv_part { CSV_ANSWERED, CSV_GUARDED };

/*
 * Columns: the parameters, `stage` ("planned", "confirmed"), `reported` (1 for the row that
 * counts), `repetitions`, each measure with its standard error (`…_error`; empty where nothing was
 * measured) and, where it was not measured in every repetition, the number of values (`…_count`),
 * and `guards`: the share of repetitions that each guard answered. Writes nothing when no result
 * belongs to the part.
 */
void csv_write(const struct results *results, enum csv_part part, struct buffer *out);

/* One field, in quotes where it has to be. */
void csv_write_field(const char *text, struct buffer *out);

#endif
