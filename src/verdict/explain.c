#include "verdict/counts.h"
#include "verdict/diagnosis.h"
#include "verdict/effects.h"
#include "verdict/evidence.h"
#include "verdict/grouping.h"
#include "verdict/judge.h"
#include "verdict/label_moves.h"

enum serin_status verdict_explain(const struct spec *spec, const struct block_tables *tables,
                                  struct verdict *verdict, struct serin_error *err)
{
    owned(grouping) grouping = NULL;
    owned(counts) counts = NULL;
    owned(effects) effects = NULL;
    struct evidence evidence;
    struct verdict explained = *verdict;
    TRY(counts_create_ranked(tables, &spec->judgement, &grouping, &counts, err));
    TRY(evidence_measure(counts, tables, &spec->judgement, &evidence, err));
    evidence.delta = verdict->delta;
    TRY(effects_create(counts, &evidence, &effects, err));
    TRY(label_moves_find(counts, tables, &evidence, effects, &explained, err));
    TRY(diagnoses_find(counts, tables, &evidence, effects, &explained, err));
    *verdict = explained;
    return SERIN_OK;
}
