/*
 * Evidence without tables: sound data that promote, and random ones, for tests of the rules.
 */
#ifndef SERIN_TESTS_VERDICT_EVIDENCE_SAMPLE_H
#define SERIN_TESTS_VERDICT_EVIDENCE_SAMPLE_H

#include "verdict/evidence.h"

/* Plenty of sound data whose interval is [−0.02, 0.02] at a margin of 0.1: nothing fires. */
static inline struct evidence sound_evidence(const struct judgement *judgement)
{
    struct evidence evidence = {
        .judgement = judgement,
        .margin = judgement_margin(judgement),
        .delta = {.defined = true, .value = 0.0, .lower = -0.02, .upper = 0.02},
        .z = 3.0,
        .size = 4750.0,
        .rows = 5,
        .columns = 5,
        .has_companions = true,
        .shift_p_value = 1.0,
        .blocks_known = true,
        .sample_ratio_p = 1.0,
    };
    for (size_t arm = 0; arm < ARM_COUNT; arm++) {
        struct arm_evidence *out = &evidence.arms[arm];
        out->events = arm == ARM_CANARY ? 5000 : 95000;
        out->effective = (double)out->events;
        out->gap = 0.001;
        out->variance = 0.4;
        out->first_ms = 1000;
        out->last_ms = 3601000;
        out->result.samples = out->events;
        out->result.design_effect = 1.0;
        out->result.blocks = 40;
        out->result.pods = 4;
        out->result.nmi = (struct estimate){true, 0.8, 0.79, 0.81};
    }
    return evidence;
}

/* A small generator of its own (splitmix64), so that every run draws the same. */
static inline uint64_t draw(uint64_t *state)
{
    uint64_t z = (*state += UINT64_C(0x9E3779B97F4A7C15));
    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return z ^ (z >> 31);
}

static inline double draw_unit(uint64_t *state)
{
    return (double)(draw(state) >> 11) * 0x1p-53;
}

static inline bool draw_chance(uint64_t *state, double probability)
{
    return draw_unit(state) < probability;
}

static inline struct evidence random_evidence(uint64_t *state, struct judgement *judgement)
{
    static const double rare = 0.05;
    *judgement = judgement_default;
    judgement->design = (enum design)(draw(state) % 3);
    judgement->label_names = (enum label_names)(draw(state) % 2);
    struct evidence evidence = sound_evidence(judgement);
    evidence.delta.value = draw_unit(state) - 0.6;
    evidence.delta.lower = evidence.delta.value - draw_unit(state) * 0.3;
    evidence.delta.upper = evidence.delta.value + draw_unit(state) * 0.3;
    evidence.delta.defined = !draw_chance(state, rare);
    evidence.unseen = draw_chance(state, rare) ? draw_unit(state) : 0.0;
    evidence.rows = (size_t)(draw(state) % 40);
    evidence.columns = 1 + (size_t)(draw(state) % 40);
    evidence.has_companions = draw_chance(state, 0.5);
    evidence.information_delta = evidence.delta.value + draw_unit(state) * 0.1 - 0.05;
    evidence.ami_delta = evidence.delta.value + draw_unit(state) * 0.1 - 0.05;
    evidence.canary_collapsed = draw_chance(state, rare);
    evidence.blocks_known = draw_chance(state, 0.8);
    evidence.no_shared_keys = draw_chance(state, rare);
    evidence.source_capped = draw_chance(state, rare);
    evidence.incomplete_reason = draw_chance(state, rare) ? "half the answer is missing" : NULL;
    evidence.in_maintenance = draw_chance(state, rare);
    evidence.in_warm_up = draw_chance(state, rare);
    evidence.sample_ratio_mismatch = draw_chance(state, rare);
    evidence.driver.found = draw_chance(state, rare);
    evidence.traffic_drifts = draw_chance(state, rare);
    evidence.completeness_differs = draw_chance(state, rare);
    evidence.labels.new_labels = draw_chance(state, rare);
    evidence.labels.clearly_lost = draw_chance(state, rare);
    evidence.slices.beyond = draw_chance(state, rare);
    for (size_t arm = 0; arm < ARM_COUNT; arm++) {
        struct arm_evidence *out = &evidence.arms[arm];
        out->effective = draw_chance(state, rare) ? draw_unit(state) * 500.0 : out->effective;
        out->gap = draw_chance(state, rare) ? draw_unit(state) * 0.1 : out->gap;
        out->is_stale = draw_chance(state, rare);
        out->state =
            draw_chance(state, rare) ? (enum serin_table_state)(draw(state) % 5) : SERIN_TABLE_OK;
        out->result.blocks = draw_chance(state, rare) ? (size_t)(draw(state) % 12) : 40;
        out->merged = draw_chance(state, rare) ? draw(state) % 5000 : 0;
        out->events = draw_chance(state, rare) ? 0 : out->events;
    }
    return evidence;
}

#endif
