/*
 * Two label files, one per arm, joined by the key of their rows.
 */
#ifndef SERIN_SOURCE_FILE_PAIRS_H
#define SERIN_SOURCE_FILE_PAIRS_H

#include "source/file_count.h"

/* As label_files_read_paired, within bounds, which may be NULL. */
SERIN_MUST_CHECK enum serin_status
file_pairs_read(const char *const paths[ARM_COUNT], const struct file_options *options,
                const struct file_bounds *bounds, struct block_tables *tables,
                struct file_pairing *out, struct serin_error *err);

#endif
