/*
 * The chunks that are done, one line each in a file, so that an interrupted study goes on where it
 * stopped.
 */
#ifndef SERIN_STUDY_JOURNAL_H
#define SERIN_STUDY_JOURNAL_H

#include "base/memory.h"
#include "serin/error.h"
#include "study/tally.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct journal;

struct journal_key {
    uint64_t cell; /* cell_digest */
    size_t stage;
    size_t chunk;
};

/*
 * Opens the file and reads what is in it. What another program wrote (`program` differs) is thrown
 * away: numbers of an older judge must not mix with this one's. Lines that are not whole are
 * skipped. Fails with SERIN_UNAVAILABLE, SERIN_DENIED and SERIN_NO_MEMORY.
 */
SERIN_MUST_CHECK enum serin_status journal_open(const char *path, uint64_t program,
                                                size_t measure_count, struct journal **out,
                                                struct serin_error *err);
void journal_close(struct journal *journal); /* NULL is fine */
#define journal_destroy journal_close
DEFINE_CLEANUP(journal)

/* Whether the chunk was in the file when it was opened. */
bool journal_find(const struct journal *journal, const struct journal_key *key,
                  struct tallies *out);

/* Adds a chunk. Not for several threads at once. Fails with SERIN_UNAVAILABLE and SERIN_NO_MEMORY.
 */
SERIN_MUST_CHECK enum serin_status journal_add(struct journal *journal,
                                               const struct journal_key *key,
                                               const struct tallies *tallies,
                                               struct serin_error *err);

#endif
