#include "verdict/warnings.h"

#include "base/memory.h"
#include "verdict/guards.h"

#include <math.h>
#include <string.h>

static bool blocks_unknown(const struct evidence *evidence)
{
    return !evidence->blocks_known;
}

static bool few_blocks_warning(const struct evidence *evidence)
{
    size_t canary = evidence->arms[ARM_CANARY].result.blocks;
    size_t stable = evidence->arms[ARM_STABLE].result.blocks;
    size_t fewer = canary < stable ? canary : stable;
    return evidence->blocks_known && fewer >= BLOCKS_LEAST && fewer < 10;
}

static bool pods_differ(const struct evidence *evidence)
{
    return evidence->arms[ARM_CANARY].pods_differ || evidence->arms[ARM_STABLE].pods_differ;
}

static bool uncovered_pods(const struct evidence *evidence)
{
    return evidence->arms[ARM_CANARY].has_uncovered_pods ||
           evidence->arms[ARM_STABLE].has_uncovered_pods;
}

static bool unreferenced_events(const struct evidence *evidence)
{
    for (size_t arm = 0; arm < ARM_COUNT; arm++) {
        const struct arm_result *result = &evidence->arms[arm].result;
        if ((double)result->unreferenced >
            0.05 * ((double)result->unreferenced + (double)result->samples)) {
            return true;
        }
    }
    return false;
}

static bool reference_mix_differs(const struct evidence *evidence)
{
    return evidence->reference_mix_differs;
}

static bool slice_mix_differs(const struct evidence *evidence)
{
    return evidence->strata_mix_differs || evidence->slice_mix_differs;
}

static bool labels_new(const struct evidence *evidence)
{
    return evidence->labels.clearly_new > 0;
}

static bool labels_lost(const struct evidence *evidence)
{
    return evidence->labels.clearly_lost > 0;
}

static bool labels_swapped(const struct evidence *evidence)
{
    return evidence->labels.swapped > 0;
}

/*
 * With more labels than √n the number of pairs exceeds the number of samples, and NMI moves with
 * the number of labels as much as with agreement.
 */
static bool label_count_extreme(const struct evidence *evidence)
{
    double smaller =
        fmin(evidence->arms[ARM_CANARY].effective, evidence->arms[ARM_STABLE].effective);
    double labels =
        (double)(evidence->rows > evidence->columns ? evidence->rows : evidence->columns);
    return labels * labels > smaller;
}

/* Because the samples are too few for so many labels. */
static bool labels_merged(const struct evidence *evidence)
{
    return evidence->is_merged;
}

/* Some label was merged beyond the cap, but so that the guard sees no harm in it. */
static bool labels_capped(const struct evidence *evidence)
{
    return !evidence->is_merged &&
           (evidence->arms[ARM_CANARY].merged > 0 || evidence->arms[ARM_STABLE].merged > 0);
}

static bool window_slides(const struct evidence *evidence)
{
    return evidence->window_slides;
}

static bool sampled(const struct evidence *evidence)
{
    return evidence->is_sampled;
}

static bool slices_small(const struct evidence *evidence)
{
    return evidence->slices.small > 0;
}

static bool slices_undecided(const struct evidence *evidence)
{
    return evidence->slices.undecided > 0;
}

static bool slices_left_out(const struct evidence *evidence)
{
    return evidence->slices.left_out > 0;
}

static bool slices_not_judged(const struct evidence *evidence)
{
    return evidence->slices.not_judged;
}

static const struct warning {
    const char *name;
    bool (*applies)(const struct evidence *evidence);
} warnings[] = {
    {"blocks_unknown",        blocks_unknown       },
    {"few_blocks_warning",    few_blocks_warning   },
    {"pods_differ",           pods_differ          },
    {"uncovered_pods",        uncovered_pods       },
    {"unreferenced_events",   unreferenced_events  },
    {"reference_mix_differs", reference_mix_differs},
    {"slice_mix_differs",     slice_mix_differs    },
    {"labels_new",            labels_new           },
    {"labels_lost",           labels_lost          },
    {"labels_swapped",        labels_swapped       },
    {"labels_merged",         labels_merged        },
    {"labels_capped",         labels_capped        },
    {"label_count_extreme",   label_count_extreme  },
    {"window_slides",         window_slides        },
    {"sampled",               sampled              },
    {"slices_small",          slices_small         },
    {"slices_undecided",      slices_undecided     },
    {"slices_left_out",       slices_left_out      },
    {"slices_not_judged",     slices_not_judged    },
};

/* A list of names that stays within WARNINGS_MAX and holds none twice. */
struct name_list {
    const char **names;
    size_t count;
};

static void name_list_add(struct name_list *list, const char *name, const char *reason)
{
    bool known = strcmp(name, reason) == 0;
    for (size_t i = 0; i < list->count; i++) {
        known = known || strcmp(list->names[i], name) == 0;
    }
    if (!known && list->count < WARNINGS_MAX) {
        list->names[list->count++] = name;
    }
}

size_t warnings_collect(const struct evidence *evidence, const char *reason,
                        const char *out[static WARNINGS_MAX])
{
    struct name_list list = {.names = out};
    for (size_t i = 0; i < guard_count; i++) {
        if (guards[i].fires(evidence)) {
            name_list_add(&list, guards[i].name, reason);
        }
    }
    for (size_t i = 0; i < ARRAY_LENGTH(warnings); i++) {
        if (warnings[i].applies(evidence)) {
            name_list_add(&list, warnings[i].name, reason);
        }
    }
    return list.count;
}
