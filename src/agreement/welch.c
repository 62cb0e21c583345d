#include "agreement/welch.h"

double welch_df(double variance_a, double df_a, double variance_b, double df_b)
{
    double sum = variance_a + variance_b;
    if (!(sum > 0.0)) {
        return df_a + df_b;
    }
    /* Shares, so that tiny variances do not underflow when squared. */
    double a = variance_a / sum;
    double b = variance_b / sum;
    return 1.0 / (a * a / df_a + b * b / df_b);
}
