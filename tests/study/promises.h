/*
 * Holds a study's results against its promises.
 */
#ifndef SERIN_STUDY_PROMISES_H
#define SERIN_STUDY_PROMISES_H

#include "base/buffer.h"
#include "study/study.h"

struct promise_count {
    size_t passed;
    size_t failed;
};

/*
 * Writes a line per promise: kept, by what margin, or broken, where and by how much. A limit counts
 * as exceeded when the estimate passes it by more than chance explains: the chance that any of the
 * cells of a promise alarms falsely is 1 %.
 */
struct promise_count promises_check(const struct study *study, const struct results *results,
                                    struct buffer *out);

#endif
