/*
 * The verdict as the API answers it; `serin compare --json` adds the slices. Argo stores the whole
 * answer in the AnalysisRun, so it is short; and it counts a body that is not strict JSON as a
 * success, so it never holds anything but finite numbers and null.
 */
#ifndef SERIN_VERDICT_ANSWER_H
#define SERIN_VERDICT_ANSWER_H

#include "base/json_writer.h"
#include "verdict/judge.h"

enum { ANSWER_BYTES_MAX = 1024, ANSWER_ID_MAX = 64 };

/*
 * Writes the answer object: id, verdict, reason, delta, canary, stable, warnings, forecast (only
 * when there is one; its minutes are null when the rate is unknown).
 *
 *   id  names the analysis, at most ANSWER_ID_MAX plain characters; NULL leaves it out
 *
 * Estimates carry six significant digits; what is undefined is null. Always shorter than
 * ANSWER_BYTES_MAX.
 */
void answer_write_json(const struct verdict *verdict, const char *id, struct json_writer *writer);

/* The same fields within an object that the caller begins and ends, for whoever adds to them. */
void answer_write_fields(const struct verdict *verdict, const char *id, struct json_writer *writer);

/*
 * `value` rounded to six significant digits, as estimates are written: below 1e-16 it is 0, from
 * 1e21 on it stays as it is, and so do NaN and the infinities. Never −0.
 */
double answer_round(double value);

#endif
