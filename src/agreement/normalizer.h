/*
 * What mutual information is divided by, and how it moves with the two entropies.
 */
#ifndef SERIN_AGREEMENT_NORMALIZER_H
#define SERIN_AGREEMENT_NORMALIZER_H

#include "serin/table.h"

/* Derivatives by the entropy of the references and of the labels. */
struct normalizer_gradient {
    double reference;
    double label;
};

/* Zero when the entropies leave nothing to divide by. */
double normalizer_mean(enum serin_normalizer normalizer, double reference, double label);

/* For entropies above zero; min and max take the reference's side on a tie. */
struct normalizer_gradient normalizer_gradient(enum serin_normalizer normalizer, double reference,
                                               double label);

#endif
