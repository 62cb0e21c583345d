/*
 * The samples of an arm's counters → exact counts per block.
 *
 * A count belongs to the window when a sample inside it was the first to show it: each step from
 * one sample to the next is counted at the later one, a fall means that the counter began anew, and
 * the last sample at or before the window's start is the baseline. So windows that follow each
 * other add up, and nothing is interpolated. Memory follows series and blocks, not samples.
 */
#ifndef SERIN_SOURCE_PROMETHEUS_SERIES_H
#define SERIN_SOURCE_PROMETHEUS_SERIES_H

#include "labels/block_tables.h"
#include "labels/stream.h"
#include "source/prometheus_answer.h"
#include "source/prometheus_targets.h"

/* Everything is borrowed. */
struct series_settings {
    const struct stream *stream;
    enum arm arm;
    int64_t from_ms;        /* samples up to here are passed over */
    int64_t start_ms;       /* window: after this … */
    int64_t end_ms;         /* … up to and including this */
    bool since_first_event; /* the window will begin with the first count, not at start_ms */
    struct text_view replica_label; /* tells servers apart that scrape the same; empty: none does */
    size_t series_max;
    size_t steps_max; /* counts per series and block held at once */
    struct hash_key key;
    struct targets *targets;
    struct block_tables *tables; /* what cannot be counted exactly is noted here */
};

struct series_set;

struct series_set *series_set_create(const struct series_settings *settings); /* NULL: no memory */
void series_set_destroy(struct series_set *set);                              /* NULL is fine */
DEFINE_CLEANUP(series_set)

/* Reads the answer about the stream's counter; the context is the set. */
extern const struct prometheus_sink series_set_sink;

/*
 * Once all samples are there: keeps one of series that came twice, and decides of those that
 * appeared inside the window whether they began at 0. Fails with SERIN_NO_MEMORY.
 */
SERIN_MUST_CHECK enum serin_status series_set_settle(struct series_set *set,
                                                     struct serin_error *err);

/*
 * After settling: the time of the first sample that showed a count, or of the first sample when
 * nothing was counted; false when there was none at all.
 */
bool series_set_first_ms(const struct series_set *set, int64_t *out_ms);

/*
 * Adds the counts and the arm's coverage to the tables, in blocks as wide as the window (the
 * settings' or a shorter one that holds every count) and the number of pods want. Fails as
 * block_tables_add does.
 */
SERIN_MUST_CHECK enum serin_status series_set_book(const struct series_set *set, int64_t start_ms,
                                                   int64_t end_ms, struct serin_error *err);

#endif
