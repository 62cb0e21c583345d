/*
 * What `--json` prints: one object and a line end, for programs.
 */
#ifndef SERIN_REPORT_JSON_H
#define SERIN_REPORT_JSON_H

#include "base/buffer.h"
#include "serin/error.h"
#include "verdict/judge.h"
#include "verdict/score.h"

/*
 * Appends the verdict with the fields of the API's answer, but for the id; where slices were
 * judged, with theirs (verdict/slices_json.h) behind.
 */
SERIN_MUST_CHECK enum serin_status report_json(const struct verdict *verdict, struct buffer *out);

/*
 * Appends a score: samples, rows, columns, nmi (corrected), nmi_plugin, lower, upper, level,
 * normalizer, mutual_information, entropy_reference, entropy_label (nats), ami, ari, homogeneity,
 * completeness, v_measure, purity. Where NMI is undefined, nmi, lower and upper are null;
 * nmi_plugin and its companions are then the customary values of display. Doubles read back
 * exactly.
 */
SERIN_MUST_CHECK enum serin_status report_score_json(const struct score *score, struct buffer *out);

#endif
