/*
 * What became of the slices, as JSON: too long for the answer.
 */
#ifndef SERIN_VERDICT_SLICES_JSON_H
#define SERIN_VERDICT_SLICES_JSON_H

#include "base/json_writer.h"
#include "verdict/judge.h"

/*
 * Writes three fields into an object that the caller begins and ends: stratified_by (the dimension
 * whose slices carry delta, or null), slices, and slices_left_out. A slice is judged "alone";
 * "pooled", being too small, as part of the "rest" of its dimension, which has no value and whose
 * verdict is that of all of them together. Numbers carry six significant digits, as in the answer.
 */
void slices_write_fields(const struct verdict *verdict, struct json_writer *writer);

#endif
