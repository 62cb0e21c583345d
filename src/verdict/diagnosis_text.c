#include "base/memory.h"
#include "base/number.h"
#include "verdict/diagnosis.h"

#include <math.h>

/* A contribution below this is none worth telling; a share above the other is no share. */
static const double least_told = 0.002;
static const double largest_share = 1.5;

/* How a kind reads: what comes between its labels, and after them. */
struct phrase {
    const char *name;
    const char *between_one;
    const char *between_several;
    const char *after_one;
    const char *after_several;
};

static const struct phrase phrases[DIAGNOSIS_KIND_COUNT] = {
    [DIAGNOSIS_SPLIT] = {"split",     " split into ",       " split into ",        "",                ""               },
    [DIAGNOSIS_MERGE] = {"merge",     " merged into ",      " merged into ",       "",                ""               },
    [DIAGNOSIS_SWAP] = {"swap",      "",                   "",                    " changed places", " changed places"},
    [DIAGNOSIS_SWALLOWED] = {"swallowed", " was swallowed by ", " were swallowed by ", "",                ""               },
    [DIAGNOSIS_RENAMED] = {"renamed",   " is now called ",    " are now called ",    "",                ""               },
    [DIAGNOSIS_NEW] = {"new",       "",                   "",                    " is new",         " are new"       },
    [DIAGNOSIS_LOST] = {"lost",      "",                   "",                    " is lost",        " are lost"      },
};

const char *diagnosis_kind_name(enum diagnosis_kind kind)
{
    return phrases[kind].name;
}

/* "2", "2 and 9", "2, 3 and 9", "2, 3 and 4 more" */
static void write_labels(const struct diagnosis_labels *labels, struct buffer *out)
{
    for (size_t i = 0; i < labels->count; i++) {
        bool is_last = i + 1 == labels->count && labels->left_out == 0;
        if (i > 0) {
            buffer_append_text(out, is_last ? " and " : ", ");
        }
        buffer_append_view(out, labels->labels[i]);
    }
    if (labels->left_out > 0) {
        buffer_printf(out, " and %zu more", labels->left_out);
    }
}

static void write_percent(double share, const char *of, struct buffer *out)
{
    buffer_append_text(out, "; ");
    buffer_append_text(out, number_write_fixed(share * 100.0, 0, NUMBER_TEXT));
    buffer_append_text(out, of);
}

static void write_amount(double contribution, const char *what, struct buffer *out)
{
    buffer_append_text(out, what);
    buffer_append_text(out, number_write_fixed(fabs(contribution), 3, NUMBER_TEXT));
}

/* A share of what may be nothing says nothing. */
static bool is_beyond_chance(const struct estimate *delta)
{
    return delta->lower > 0.0 || delta->upper < 0.0;
}

static void write_contribution(const struct diagnosis *diagnosis, const struct verdict *verdict,
                               struct buffer *out)
{
    double contribution = diagnosis->contribution;
    double share = verdict->delta.value != 0.0 ? contribution / verdict->delta.value : 0.0;
    bool is_shift = verdict->design == DESIGN_SHIFT;
    if (!diagnosis->has_contribution) {
        return;
    }
    if (fabs(contribution) < least_told) {
        buffer_append_text(out, is_shift ? "; no part of the shift" : "; without loss");
    } else if (is_beyond_chance(&verdict->delta) && share >= 0.005 && share <= largest_share) {
        bool is_loss = verdict->delta.value < 0.0;
        write_percent(share,
                      is_shift  ? " % of the shift"
                      : is_loss ? " % of the loss"
                                : " % of the gain",
                      out);
    } else {
        write_amount(contribution,
                     is_shift           ? "; bits: "
                     : contribution < 0 ? "; a loss of "
                                        : "; a gain of ",
                     out);
    }
}

void diagnosis_write(const struct diagnosis *diagnosis, const struct verdict *verdict,
                     struct buffer *out)
{
    const struct phrase *phrase = &phrases[diagnosis->kind];
    const struct diagnosis_labels *first =
        diagnosis->from.count > 0 ? &diagnosis->from : &diagnosis->to;
    bool is_one = first->count == 1;
    const char *between = is_one ? phrase->between_one : phrase->between_several;
    buffer_append_text(out, is_one ? "label " : "labels ");
    write_labels(first, out);
    buffer_append_text(out, between);
    if (between[0] != '\0') {
        write_labels(&diagnosis->to, out);
    }
    buffer_append_text(out, is_one ? phrase->after_one : phrase->after_several);
    write_contribution(diagnosis, verdict, out);
}
