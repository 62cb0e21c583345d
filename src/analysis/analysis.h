/*
 * The only place that joins I/O and judgement: request → spec → source → tables → judge → answer.
 */
#ifndef SERIN_ANALYSIS_ANALYSIS_H
#define SERIN_ANALYSIS_ANALYSIS_H

#include "analysis/catalog.h"
#include "base/memory.h"
#include "base/node.h"
#include "labels/block_tables.h"
#include "platform/deadline.h"
#include "serin/error.h"
#include "verdict/answer.h"
#include "verdict/judge.h"

#include <stddef.h>
#include <stdint.h>

/* A request understood: which stream, compared how. */
struct question;

/*
 * Understands a request. Fails with SERIN_INVALID (err->field names the field), SERIN_NOT_FOUND
 * (unknown stream) and SERIN_NO_MEMORY. The question borrows from `catalog`.
 */
SERIN_MUST_CHECK enum serin_status question_decode(const struct catalog *catalog,
                                                   const struct node *request,
                                                   struct question **out, struct serin_error *err);
void question_destroy(struct question *question); /* NULL is fine */
DEFINE_CLEANUP(question)

const struct catalog_stream *question_stream(const struct question *question);
const struct spec *question_spec(const struct question *question);

/* The question in canonical form, one line of JSON: equal questions have equal texts. */
const char *question_text(const struct question *question);

/* What came of one analysis: the answer's bytes and what logs and metrics want to know. */
enum { ANALYSIS_ID_SIZE = 33 };
struct analysis_result {
    char json[ANSWER_BYTES_MAX + 1];
    size_t length;
    char id[ANALYSIS_ID_SIZE]; /* a digest of question and answer */
    enum decision decision;
    const char *reason;
    uint64_t samples[ARM_COUNT];
    struct estimate delta;
    int64_t source_ms;               /* time spent in the source */
    int64_t judge_us;                /* … and in the judge */
    enum serin_status source_status; /* not SERIN_OK: there are no data, and the stream's policy
                                        turned that into an inconclusive verdict … */
    char source_error[320];          /* … for this reason; else "" */
};

/*
 * The tables behind the question at `now_ms`, sealed. A source that keeps failing is left alone for
 * a while, and the question refused with SERIN_UNAVAILABLE. Fails with SERIN_UNAVAILABLE,
 * SERIN_TIMEOUT, SERIN_TOO_LARGE, SERIN_NO_MEMORY.
 */
SERIN_MUST_CHECK enum serin_status question_tables(const struct question *question, int64_t now_ms,
                                                   struct deadline deadline,
                                                   struct block_tables **out,
                                                   struct serin_error *err);

/* What the judge makes of them; `out` borrows from `tables`. */
SERIN_MUST_CHECK enum serin_status question_judge(const struct question *question,
                                                  const struct block_tables *tables, int64_t now_ms,
                                                  struct verdict *out, struct serin_error *err);

/*
 * The whole answer. A source that fails is a failure, or an inconclusive verdict where the stream's
 * policy says so; too large an answer of the source counts as its failure.
 */
SERIN_MUST_CHECK enum serin_status question_answer(const struct question *question, int64_t now_ms,
                                                   struct deadline deadline,
                                                   struct analysis_result *out,
                                                   struct serin_error *err);

#endif
