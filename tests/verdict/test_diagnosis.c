/* What became of labels, told in words. */
#include "arms_sample.h"
#include "base/buffer.h"
#include "verdict/diagnosis.h"

#include <criterion/parameterized.h>

#include <math.h>
#include <stdio.h>

enum { LABELS = 8 };

/*
 * A stream of eight references over eight labels, `error` of the events evenly at random; the last
 * two labels are not in use. `fault` says where each used label's events go in the canary: up to
 * two places, 10 events in `second` tenths to the second one.
 */
enum { USED = 6 };
struct fault {
    size_t first[USED];
    size_t second[USED];
    uint64_t tenths[USED];
};

static const struct fault none = {
    .first = {0, 1, 2, 3, 4, 5}
};

static void stable_fill(uint64_t total, double error, double out[static USED * USED])
{
    for (size_t cell = 0; cell < USED * USED; cell++) {
        double exact = cell / USED == cell % USED ? (1.0 - error) / USED : 0.0;
        out[cell] = (double)total * (exact + error / (USED * USED));
    }
}

static void faulty_fill(uint64_t total, double error, const struct fault *fault,
                        uint64_t out[static USED * LABELS])
{
    double stable[USED * USED];
    double mean[USED * LABELS] = {0.0};
    stable_fill(total, error, stable);
    for (size_t row = 0; row < USED; row++) {
        for (size_t label = 0; label < USED; label++) {
            double away = (double)fault->tenths[label] / 10.0;
            mean[row * LABELS + fault->first[label]] += stable[row * USED + label] * (1.0 - away);
            mean[row * LABELS + fault->second[label]] += stable[row * USED + label] * away;
        }
    }
    for (size_t cell = 0; cell < USED * LABELS; cell++) {
        out[cell] = (uint64_t)(mean[cell] + 0.5);
    }
}

static struct verdict told(const struct fault *fault, double error, struct block_tables **out)
{
    struct spec spec = default_spec();
    uint64_t stable[USED * LABELS];
    uint64_t canary[USED * LABELS];
    faulty_fill(60000, error, &none, stable);
    faulty_fill(12000, error, fault, canary);
    *out = arms_of(canary, stable, USED, LABELS);
    return explained(&spec, *out);
}

static void expect_text(const struct verdict *verdict, const char *start)
{
    owned(buffer) all = buffer_create(4096);
    for (size_t i = 0; i < verdict->diagnosis_count; i++) {
        owned(buffer) text = buffer_create(4096);
        diagnosis_write(&verdict->diagnoses[i], verdict, text);
        if (strncmp(buffer_text(text), start, strlen(start)) == 0) {
            return;
        }
        buffer_append_view(all, buffer_view(text));
        buffer_append_char(all, '\n');
    }
    cr_assert(false, "no \"%s\" among:\n%s", start, buffer_text(all));
}

struct told_case {
    struct fault fault;
    size_t count;
    char texts[3][64];
};

ParameterizedTestParameters(diagnosis, tells_what_was_done_to_the_labels)
{
    static struct told_case cases[] = {
        {{.first = {0, 1, 2, 3, 4, 5}},                                                             0, {""}                                                       },
        {{.first = {6, 1, 2, 3, 4, 5}, .second = {7}, .tenths = {4}},
         1,                                                                                            {"label l000 split into l006 and l007; "}                  },
        {{.first = {0, 1, 2, 3, 4, 5}, .second = {7}, .tenths = {5}},
         1,                                                                                            {"label l000 split into l000 and l007; "}                  },
        {{.first = {1, 1, 2, 3, 4, 5}, .second = {2}, .tenths = {5}},
         1,                                                                                            {"label l000 split into l001 and l002; "}                  },
        {{.first = {6, 6, 2, 3, 4, 5}},                                                             1, {"labels l000 and l001 merged into l006; "}                },
        {{.first = {0, 1, 2, 3, 0, 5}},                                                             1, {"label l004 was swallowed by l000; "}                     },
        {{.first = {0, 1, 2, 0, 0, 5}},                                                             1, {"labels l003 and l004 were swallowed by l000; "}          },
        {{.first = {1, 0, 2, 3, 4, 5}},                                                             1, {"labels l000 and l001 changed places; without loss"}      },
        {{.first = {1, 2, 0, 3, 4, 5}},
         1,                                                                                            {"labels l000, l001 and l002 changed places; without loss"}},
        {{.first = {0, 1, 6, 3, 4, 5}},                                                             1, {"label l002 is now called l006; without loss"}            },
        {{.first = {1, 0, 7, 3, 3, 5}, .second = {0, 0, 0, 0, 0, 6}, .tenths = {0, 0, 0, 0, 0, 5}},
         4,                                                                                            {"labels l000 and l001 changed places; ", "label l002 is now called l007; ",
          "label l004 was swallowed by l003; "}                                                                                                        },
    };
    return cr_make_param_array(struct told_case, cases, ARRAY_LENGTH(cases));
}

ParameterizedTest(struct told_case *c, diagnosis, tells_what_was_done_to_the_labels)
{
    static const double errors[] = {0.0, 0.1, 0.3};
    for (size_t i = 0; i < ARRAY_LENGTH(errors); i++) {
        owned(block_tables) tables = NULL;
        struct verdict verdict = told(&c->fault, errors[i], &tables);
        cr_assert(eq(sz, verdict.diagnosis_count, c->count), "%s, error %g", c->texts[0],
                  errors[i]);
        for (size_t k = 0; k < c->count && k < ARRAY_LENGTH(c->texts); k++) {
            expect_text(&verdict, c->texts[k]);
        }
    }
}
