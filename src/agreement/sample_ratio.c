#include "serin/sample_ratio.h"

#include "agreement/chi_square.h"
#include "serin/table.h"

enum serin_status serin_sample_ratio(uint64_t canary, uint64_t stable, double expected_share,
                                     struct serin_sample_ratio *out)
{
    if (!(expected_share > 0.0 && expected_share < 1.0)) {
        return SERIN_INVALID;
    }
    if (canary > SERIN_TOTAL_MAX || stable > SERIN_TOTAL_MAX - canary) {
        return SERIN_RANGE;
    }
    double total = (double)(canary + stable);
    if (total == 0.0) {
        return SERIN_UNDEFINED;
    }
    double excess = (double)canary - total * expected_share;
    double chi_square = excess * excess / (total * expected_share * (1.0 - expected_share));
    double p_value = chi_square_upper(chi_square, 1.0);
    *out = (struct serin_sample_ratio){
        .chi_square = chi_square,
        .p_value = p_value,
        .mismatch = p_value < SERIN_SAMPLE_RATIO_ALPHA,
    };
    return SERIN_OK;
}
