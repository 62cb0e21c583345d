/*
 * An explained verdict as JSON: every label's contribution to delta, and what became of labels.
 */
#ifndef SERIN_VERDICT_EXPLANATION_H
#define SERIN_VERDICT_EXPLANATION_H

#include "base/json_writer.h"
#include "verdict/judge.h"

/*
 * Writes one object: delta with its interval, the labels' contributions, `others` and `rest`, which
 * all add up to delta, and the diagnoses with their text. Numbers read back exactly. A failure is
 * sticky in the writer's buffer.
 */
void explanation_write(const struct verdict *verdict, struct json_writer *writer);

#endif
