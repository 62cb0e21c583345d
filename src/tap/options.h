/*
 * What a tap can be told: the rows of its flags, and their values.
 */
#ifndef SERIN_TAP_OPTIONS_H
#define SERIN_TAP_OPTIONS_H

#include "base/decode.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What events are and what is kept of them. */
struct tap_options {
    char *arm;
    char *pod; /* NULL: the host's name */
    char *label_field;
    char *reference_field;
    char *key_field;
    char *time_field;
    char *count_field; /* NULL: every line is one event */
    char **slices;     /* "region" or "region=$.geo.region" */
    size_t slice_count;
    char **cut_points;
    size_t cut_point_count;
    char **reference_cut_points;
    size_t reference_cut_point_count;
    char **labels; /* allowed */
    size_t label_count;
    char *label_pattern;
    bool keeps_personal_data;
    char *metric;
    uint64_t series;
    uint64_t budget; /* bytes */
    int64_t block_ms;
    int64_t retention_ms;
    double sample_keys;
    char *key_secret_file;
    int64_t key_retention_ms;
};

extern const struct decode_table tap_options_table;

#endif
