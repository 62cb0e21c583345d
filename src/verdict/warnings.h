/*
 * What a verdict warns of: guards that fired without naming the reason, and what no guard minds.
 */
#ifndef SERIN_VERDICT_WARNINGS_H
#define SERIN_VERDICT_WARNINGS_H

#include "verdict/evidence.h"
#include "verdict/judge.h"

#include <stddef.h>

/*
 * Stores the names that apply except `reason`, guards first, each part in its fixed order, at most
 * WARNINGS_MAX. Returns how many there are.
 */
size_t warnings_collect(const struct evidence *evidence, const char *reason,
                        const char *out[static WARNINGS_MAX]);

#endif
