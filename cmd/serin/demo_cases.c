#include "demo_cases.h"

#include "base/hash.h"
#include "base/json_writer.h"
#include "labels/block_tables.h"

#include <stdio.h>
#include <string.h>

enum { STABLE_PODS = 4, CANARY_PODS = 2, MINUTE_MS = 60000, ALIGNMENT_MINUTES = 64 };

const struct demo_case demo_cases[] = {
    {.name = "good",
     .title = "good canary",
     .story = "retrained with a quarter more labels",
     .stream = "digits-good",
     .design = "reference",
     .canary = MODEL_GOOD,
     .items = 50000,
     .canary_share = 50,
     .has_reference = true,
     .verdict = "promote",
     .reason = "within_margin"},
    {.name = "broken",
     .title = "broken canary",
     .story = "same model; its thumbnailer now adds pixels in 8 bits",
     .stream = "digits-broken",
     .design = "reference",
     .canary = MODEL_BROKEN,
     .items = 50000,
     .canary_share = 50,
     .has_reference = true,
     .verdict = "rollback",
     .reason = "beyond_margin"},
    {.name = "collapsed",
     .title = "collapsed canary",
     .story = "trained on a truncated table: knows 0, 1 and 2 only",
     .stream = "digits-collapsed",
     .design = "reference",
     .canary = MODEL_COLLAPSED,
     .items = 50000,
     .canary_share = 50,
     .has_reference = true,
     .verdict = "rollback"},
    {.name = "quiet",
     .title = "too little traffic",
     .story = "the broken canary again, but on a quiet night",
     .stream = "digits-quiet",
     .design = "reference",
     .canary = MODEL_BROKEN,
     .items = 2000,
     .canary_share = 50,
     .has_reference = true,
     .verdict = "inconclusive",
     .reason = "too_few_samples"},
    {.name = "biased",
     .title = "biased sampling",
     .story = "the router sends the canary more than its 5 %, and easy digits",
     .stream = "digits-biased",
     .design = "reference",
     .canary = MODEL_GOOD,
     .items = 50000,
     .canary_share = 50,
     .is_biased = true,
     .has_reference = true,
     .verdict = "inconclusive",
     .reason = "sample_ratio_mismatch"},
    {.name = "mirrored-good",
     .title = "mirrored traffic, good",
     .story = "both arms label the same 3,000 items",
     .stream = "digits-mirrored-good",
     .design = "paired",
     .canary = MODEL_GOOD,
     .items = 3000,
     .is_mirrored = true,
     .has_reference = true,
     .verdict = "promote",
     .reason = "within_margin"},
    {.name = "mirrored-broken",
     .title = "mirrored traffic, broken",
     .story = "both arms label the same 3,000 items",
     .stream = "digits-mirrored-broken",
     .design = "paired",
     .canary = MODEL_BROKEN,
     .items = 3000,
     .is_mirrored = true,
     .has_reference = true,
     .verdict = "rollback",
     .reason = "beyond_margin"},
    {.name = "shift-good",
     .title = "no reference, good",
     .story = "only emitted labels are known: do they tell the arms apart?",
     .stream = "digits-shift-good",
     .design = "shift",
     .canary = MODEL_GOOD,
     .items = 50000,
     .canary_share = 50,
     .verdict = "promote",
     .reason = "within_margin"},
    {.name = "shift-collapsed",
     .title = "no reference, collapsed",
     .story = "only emitted labels are known: do they tell the arms apart?",
     .stream = "digits-shift-collapsed",
     .design = "shift",
     .canary = MODEL_COLLAPSED,
     .items = 50000,
     .canary_share = 50,
     .verdict = "rollback",
     .reason = "beyond_margin"},
};
const size_t demo_case_count = ARRAY_LENGTH(demo_cases);

void demo_cases_config(struct buffer *out)
{
    buffer_append_text(out, "streams:\n");
    for (size_t i = 0; i < demo_case_count; i++) {
        const struct demo_case *each = &demo_cases[i];
        buffer_printf(out,
                      "  - name: %s\n    stale_after: 6h\n    block: 2m\n    keyed: %s\n"
                      "    analysis: {design: %s, canary_share: %s}\n",
                      each->stream, each->is_mirrored ? "true" : "false", each->design,
                      each->canary_share > 0 ? "0.05" : "0");
    }
}

/* The same item always goes the same way, as a router that hashes keys would send it. */
static uint64_t route(const struct demo_case *which, const struct demo_item *item)
{
    static const struct hash_key key = {
        {0x5e, 0x21}
    };
    return hash_siphash64(&key, item->key, strlen(item->key)) ^ (which->items % 7);
}

static bool goes_to_canary(const struct demo_case *which, const struct demo_item *item,
                           uint64_t hash)
{
    unsigned share = which->canary_share;
    if (which->is_biased) {
        share = strchr("01679", item->reference) ? share * 3 / 2 : share * 9 / 8;
    }
    return hash % 1000 < share;
}

struct demo_label {
    const char *arm;
    char label;
    unsigned pod;
};

static void write_event(const struct demo_case *which, const struct demo_item *item,
                        struct demo_label label, int64_t time_ms, struct buffer *out)
{
    char pod[64];
    (void)snprintf(pod, sizeof(pod), "digits-%s-%u", label.arm, label.pod);
    struct json_writer json;
    json_writer_init(&json, out);
    json_write_object_begin(&json);
    json_field_text(&json, "stream", which->stream);
    json_field_int64(&json, "time", time_ms);
    json_field_text(&json, "arm", label.arm);
    json_field_text(&json, "pod", pod);
    json_field_view(&json, "label", (struct text_view){&label.label, 1});
    if (which->has_reference) {
        json_field_view(&json, "reference", (struct text_view){&item->reference, 1});
    }
    if (which->is_mirrored) {
        json_field_text(&json, "key", item->key);
    }
    json_write_object_end(&json);
    buffer_append_char(out, '\n');
}

static void write_item(const struct demo_case *which, const struct demo_item *item, int64_t time_ms,
                       struct buffer *out)
{
    uint64_t hash = route(which, item);
    struct demo_label canary = {DEMO_CANARY, item->labels[which->canary],
                                (unsigned)(hash / 1000 % CANARY_PODS)};
    struct demo_label stable = {DEMO_STABLE, item->labels[MODEL_STABLE],
                                (unsigned)(hash / 1000 % STABLE_PODS)};
    bool to_canary = which->is_mirrored || goes_to_canary(which, item, hash);
    if (to_canary) {
        write_event(which, item, canary, time_ms, out);
    }
    if (which->is_mirrored || !to_canary) {
        write_event(which, item, stable, time_ms, out);
    }
}

void demo_case_events(const struct demo_case *which, const struct demo_streams *streams,
                      size_t from, size_t to, int64_t now_ms, struct buffer *out)
{
    int64_t rollout_ms = (int64_t)DEMO_LOOKS * DEMO_MINUTES_PER_LOOK * MINUTE_MS;
    /*
     * Blocks begin at multiples of their width: so aligned, every run cuts the same blocks. Four
     * pods and blocks of two minutes stay below the number from which blocks are widened.
     */
    int64_t start_ms = block_start(now_ms - rollout_ms, ALIGNMENT_MINUTES * (int64_t)MINUTE_MS);
    for (size_t i = from; i < to && i < streams->count; i++) {
        int64_t at = start_ms + (int64_t)i * rollout_ms / (int64_t)which->items;
        write_item(which, &streams->items[i], at, out);
    }
}
