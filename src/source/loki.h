/*
 * Label events in the logs that a Loki keeps.
 *
 * Where nothing but counts is needed Loki counts: one metric query an arm, exact integers. Where
 * events are joined by their keys (`keyed`) the lines themselves are read, page by page, and
 * counted as the embedded store counts.
 */
#ifndef SERIN_SOURCE_LOKI_H
#define SERIN_SOURCE_LOKI_H

#include "source/peer.h"
#include "source/source.h"

/* The rows of the configuration. */
struct loki_options {
    struct peer_options peer;
    int64_t settle_ms;
    uint64_t max_series;
    uint64_t max_lines;
    uint64_t page;
};

extern const struct source_driver loki_driver;

#endif
