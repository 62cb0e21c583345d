#include "agreement/anytime.h"

#include <math.h>

double anytime_normal_square(double t_square, double df)
{
    double scale = (8.0 * df + 1.0) / (8.0 * df + 3.0);
    return scale * scale * df * log1p(t_square / df);
}

double anytime_p_value(double log_evidence)
{
    return log_evidence > 0.0 ? exp(-log_evidence) : 1.0;
}
