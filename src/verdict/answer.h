/*
 * The verdict as the JSON object that Argo stores: under 1 KiB, stable field order, no NaN.
 */
#ifndef SERIN_VERDICT_ANSWER_H
#define SERIN_VERDICT_ANSWER_H

#include "base/json_writer.h"
#include "verdict/judge.h"

enum { ANSWER_BYTES_MAX = 1024 };

/*
 * Writes the answer object: id, verdict, reason, delta, canary, stable, warnings, forecast (only
 * when there is one). `id` names the analysis; NULL leaves it out (command line).
 */
void answer_write_json(const struct verdict *verdict, const char *id, struct json_writer *writer);

#endif
