/*
 * An answer of a Prometheus or a Loki, read in pieces of a given size.
 */
#ifndef SERIN_TESTS_ANSWER_PIECES_H
#define SERIN_TESTS_ANSWER_PIECES_H

#include "source/prometheus_answer.h"

/* Pushes the bytes piece by piece and finishes; fails as these do. */
static inline enum serin_status read_in_pieces(struct prometheus_answer *answer, const char *bytes,
                                               size_t length, size_t piece, struct serin_error *err)
{
    for (size_t at = 0; at < length; at += piece) {
        size_t left = length - at;
        TRY(prometheus_answer_push(answer, bytes + at, left < piece ? left : piece, err));
    }
    return prometheus_answer_finish(answer, err);
}

#endif
