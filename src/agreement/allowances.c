#include "agreement/allowances.h"

#include <math.h>

struct reach allowances_reach(const struct allowances *allowances)
{
    double unseen = allowances->unseen;
    double doubt = allowances->unseen_doubt;
    double over = allowances->overcorrection;
    double bias = allowances->label_bias;
    return (struct reach){
        .below =
            allowances->correction + fmax(0.0, doubt + unseen) + fmax(0.0, -over) + fmax(0.0, bias),
        .above =
            allowances->correction + fmax(0.0, doubt - unseen) + fmax(0.0, over) + fmax(0.0, -bias),
    };
}
