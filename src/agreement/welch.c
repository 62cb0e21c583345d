#include "agreement/welch.h"

double welch_df(double variance_a, size_t blocks_a, double variance_b, size_t blocks_b)
{
    double sum = variance_a + variance_b;
    if (!(sum > 0.0)) {
        return (double)(blocks_a + blocks_b - 2);
    }
    /* Shares, so that tiny variances do not underflow when squared. */
    double a = variance_a / sum;
    double b = variance_b / sum;
    return 1.0 / (a * a / (double)(blocks_a - 1) + b * b / (double)(blocks_b - 1));
}
