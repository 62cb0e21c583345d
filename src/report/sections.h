/*
 * The parts of a verdict's report, in order; one file for each subject. A part that has nothing to
 * say writes nothing.
 */
#ifndef SERIN_REPORT_SECTIONS_H
#define SERIN_REPORT_SECTIONS_H

#include "report/page.h"
#include "verdict/judge.h"
#include "verdict/spec.h"

#include <stddef.h>

typedef void section_writer(struct page *page, const struct verdict *verdict,
                            const struct spec *spec);

struct section {
    section_writer *write;
};

extern const struct section sections[];
extern const size_t section_count;

section_writer section_numbers;    /* the estimates with their intervals */
section_writer section_companions; /* MI/H(reference), AMI and the others */
section_writer section_labels;     /* which labels moved */
section_writer section_slices;
section_writer section_warnings;
section_writer section_advice; /* what to do next */

#endif
