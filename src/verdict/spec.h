/*
 * The question: which arms of which stream, compared how. Decoded from a JSON body, from query
 * parameters or from command-line flags by one table of fields.
 */
#ifndef SERIN_VERDICT_SPEC_H
#define SERIN_VERDICT_SPEC_H

#include "base/decode.h"
#include "base/memory.h"
#include "base/node.h"
#include "labels/stream.h"
#include "serin/critical.h"
#include "serin/error.h"
#include "serin/table.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum design { DESIGN_REFERENCE, DESIGN_PAIRED, DESIGN_SHIFT };
enum interval_kind { INTERVAL_SEQUENTIAL, INTERVAL_FIXED };
enum label_names { LABEL_NAMES_FREE, LABEL_NAMES_FIXED };

/*
 * How a stream is judged: its defaults in the configuration (`analysis:`), and what a request
 * settles in the end.
 */
struct judgement {
    enum design design;
    enum interval_kind interval;
    enum serin_normalizer normalizer;
    enum label_names label_names;
    double margin;         /* loss of NMI accepted, in (0, 1) */
    double shift_margin;   /* Jensen-Shannon divergence accepted, in bits, in (0, 1) */
    double level;          /* confidence level, in [0.5, 1) */
    uint64_t min_samples;  /* per arm, after the design effect */
    uint64_t plan;         /* sample size at which the sequential boundary is tightest */
    double canary_share;   /* promised share of the traffic, in (0, 1); 0: none promised */
    double min_referenced; /* share of an arm's events that needs a reference for a promote */
    uint64_t label_cap;    /* labels and references told apart; the tail is merged into one */
    bool merge_rare;       /* merge more of them while samples are too few for so many */
    int64_t warm_up_ms;    /* a promote is held back this long after the canary's first event */
};
extern const struct judgement judgement_default;

/* The margin that applies to the design: `shift_margin` for shift, else `margin`. */
double judgement_margin(const struct judgement *judgement);

/* How intervals are drawn, in the words of the statistics. */
struct serin_confidence judgement_confidence(const struct judgement *judgement);

/* A stream's `analysis:` section. The fallbacks of its rows are judgement_default. */
extern const struct decode_table judgement_table;

/* What since when is looked at. */
struct spec_window {
    bool is_rollout;  /* everything since the canary's first event */
    int64_t width_ms; /* else the last so many milliseconds */
};

struct spec {
    char *stream;
    char *canary; /* pod-template hashes or other arm values: not empty, not equal, no "{{" */
    char *stable;
    char *rollout;    /* NULL: not told */
    char *namespace_; /* NULL: not told */
    struct spec_window window;
    struct judgement judgement;
    char **slices; /* dimensions to judge too */
    size_t slice_count;
    bool slices_given; /* the request named them; else they are the stream's */
};

/*
 * The fields of a request, for help, flags and the API's description: those of `struct spec`
 * itself, and those of its judgement that a request may set.
 */
extern const struct decode_table spec_table;
extern const struct decode_table spec_judgement_table;

/*
 * Decodes a request.
 *
 *   stream    the request's stream (see spec_stream_name for finding it first): its slice
 *             dimensions are the default and the only ones allowed; NULL: any are
 *   defaults  the stream's own judgement
 *
 * Fails with SERIN_INVALID; err->field names the field, err->detail the allowed values; and
 * SERIN_NO_MEMORY. On success the caller owns *out (spec_destroy).
 */
SERIN_MUST_CHECK enum serin_status spec_decode(const struct node *request,
                                               const struct stream *stream,
                                               const struct judgement *defaults, struct spec **out,
                                               struct serin_error *err);
void spec_destroy(struct spec *spec); /* NULL is fine */
DEFINE_CLEANUP(spec)

/*
 * The request's `stream` field, borrowed from `request`; SERIN_INVALID when absent, not a text or
 * the request is not a map.
 */
SERIN_MUST_CHECK enum serin_status spec_stream_name(const struct node *request, const char **out,
                                                    struct serin_error *err);

/*
 * Writes the settled spec as one JSON object, every field in fixed order, defaults included: equal
 * questions have equal bytes.
 */
struct json_writer;
void spec_write_json(const struct spec *spec, struct json_writer *writer);

/* "reference" … and so on; never NULL. */
const char *design_name(enum design design);
const char *interval_kind_name(enum interval_kind kind);
const char *label_names_name(enum label_names names);

#endif
