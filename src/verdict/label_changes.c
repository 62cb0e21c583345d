#include "verdict/label_changes.h"

#include "verdict/columns.h"

#include <math.h>

/* ln of the largest probability that counts as clear. */
static double log_threshold(const struct evidence *evidence)
{
    return log((1.0 - evidence->judgement->level) / 2.0 / fmax(1.0, (double)evidence->columns));
}

/* Whether `total` events of a label fell to `arm` alone for other reasons than chance. */
static bool clearly_alone(const struct evidence *evidence, enum arm arm, uint64_t total)
{
    double canary = evidence->arms[ARM_CANARY].effective;
    double stable = evidence->arms[ARM_STABLE].effective;
    double share = (arm == ARM_CANARY ? canary : stable) / (canary + stable);
    double events = (double)total / evidence->arms[arm].result.design_effect;
    return events * log(share) <= log_threshold(evidence);
}

static double share_of(uint64_t part, uint64_t total)
{
    return total > 0 ? (double)part / (double)total : 0.0;
}

static bool is_swapped(const struct counts *counts, const struct evidence *evidence, size_t index,
                       const struct column *canary, const struct column *stable)
{
    double stable_share = share_of(stable->top_count, stable->total);
    if (stable_share <= 0.5 || share_of(canary->top_count, canary->total) <= 0.5 ||
        canary->top_row == stable->top_row) {
        return false;
    }
    uint64_t kept = counts->arms[ARM_CANARY].table[stable->top_row * counts->columns + index];
    double lower_by = stable_share - share_of(kept, canary->total);
    double events = (double)canary->total / evidence->arms[ARM_CANARY].result.design_effect;
    return -2.0 * events * lower_by * lower_by <= log_threshold(evidence);
}

void label_changes_find(const struct counts *counts, struct evidence *evidence)
{
    enum design design = evidence->judgement->design;
    struct label_changes found = {0};
    for (size_t i = 0; i < counts->columns; i++) {
        struct column canary = column_describe(counts, design, ARM_CANARY, i);
        struct column stable = column_describe(counts, design, ARM_STABLE, i);
        if (canary.total > 0 && stable.total == 0) {
            found.new_labels++;
            found.clearly_new += clearly_alone(evidence, ARM_CANARY, canary.total);
        } else if (stable.total > 0 && canary.total == 0) {
            found.clearly_lost += clearly_alone(evidence, ARM_STABLE, stable.total);
        } else if (canary.total > 0) {
            found.swapped += is_swapped(counts, evidence, i, &canary, &stable);
        }
    }
    if (evidence->arms[ARM_CANARY].events > 0 && evidence->arms[ARM_STABLE].events > 0) {
        evidence->labels = found; /* an arm without events lost no label, and made none new */
    }
}
