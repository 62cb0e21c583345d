/* Statistics of tables: NMI with its standard error, expected MI, jackknife, the whole delta. */
#include "base/memory.h"
#include "bench/measure.h"
#include "serin/serin.h"

#include <stdlib.h>

/* ---- one table ------------------------------------------------------------------------------- */

struct table_job {
    struct serin_table table;
    struct serin_nmi_estimate estimate;
    double expected;
};

static void estimate_nmi(void *context)
{
    struct table_job *job = context;
    measure_expect(serin_nmi_estimate(&job->table, SERIN_ARITHMETIC, &job->estimate), "NMI");
}

static void run_nmi(char **arguments)
{
    struct table_job job = {.table = measure_read_table(arguments[0])};
    measure_report("seconds", measure(estimate_nmi, &job, measure_number(arguments[1])));
    measure_report("nmi", job.estimate.nmi);
    measure_report("standard_error", job.estimate.standard_error);
}

static void expect_information(void *context)
{
    struct table_job *job = context;
    measure_expect(serin_expected_mutual_information(&job->table, &job->expected), "expected MI");
}

static void run_expected(char **arguments)
{
    struct table_job job = {.table = measure_read_table(arguments[0])};
    measure_report("seconds", measure(expect_information, &job, measure_number(arguments[1])));
    measure_report("expected", job.expected);
}

/* ---- blocks ---------------------------------------------------------------------------------- */

struct arm_job {
    struct serin_blocks blocks;
    struct serin_table pooled;
    struct serin_design_effect effect;
};

/* From a file of 64-bit words: blocks, rows, columns, then the counts of every block. */
static void read_arm(const char *path, struct arm_job *out)
{
    size_t length = 0;
    const uint64_t *words = measure_read(path, &length);
    if (length < 3 * sizeof(*words) ||
        length != (3 + words[0] * words[1] * words[2]) * sizeof(*words)) {
        measure_fail(path);
    }
    size_t cells = words[1] * words[2];
    struct serin_block_cell *filled = calloc(words[0] * cells, sizeof(*filled));
    uint64_t *pooled = calloc(cells, sizeof(*pooled));
    if (!filled || !pooled) {
        measure_fail("no memory");
    }
    *out = (struct arm_job){
        .blocks = {.cells = filled,  .rows = words[1], .columns = words[2]},
        .pooled = {.counts = pooled, .rows = words[1], .columns = words[2]},
    };
    for (size_t i = 0; i < words[0] * cells; i++) {
        uint64_t count = words[3 + i];
        size_t cell = i % cells;
        pooled[cell] += count;
        if (count > 0) {
            filled[out->blocks.count++] = (struct serin_block_cell){
                .block = (uint32_t)(i / cells),
                .row = (uint32_t)(cell / words[2]),
                .column = (uint32_t)(cell % words[2]),
                .count = count,
            };
        }
    }
}

static void jackknife(void *context)
{
    struct arm_job *job = context;
    measure_expect(serin_design_effect(&job->blocks, SERIN_ARITHMETIC, &job->effect), "jackknife");
}

static void run_jackknife(char **arguments)
{
    struct arm_job job = {0};
    read_arm(arguments[0], &job);
    measure_report("seconds", measure(jackknife, &job, measure_number(arguments[1])));
    measure_report("variance", job.effect.variance);
}

/* ---- two arms -------------------------------------------------------------------------------- */

struct delta_job {
    struct arm_job canary;
    struct arm_job stable;
    struct serin_comparison comparison;
};

static void compare(void *context)
{
    struct delta_job *job = context;
    struct serin_comparison_input input = {
        .canary = job->canary.pooled,
        .stable = job->stable.pooled,
        .canary_effect = job->canary.effect,
        .stable_effect = job->stable.effect,
        .normalizer = SERIN_GEOMETRIC,
        .confidence = {SERIN_SEQUENTIAL, 0.95, SERIN_PLAN_DEFAULT, 0.0},
    };
    measure_expect(serin_compare(&input, &job->comparison), "delta");
}

static void jackknife_and_compare(void *context)
{
    struct delta_job *job = context;
    jackknife(&job->canary);
    jackknife(&job->stable);
    compare(job);
}

static void run_delta(char **arguments)
{
    struct delta_job job = {0};
    read_arm(arguments[0], &job.canary);
    read_arm(arguments[1], &job.stable);
    size_t repeats = measure_number(arguments[2]);
    measure_report("whole_seconds", measure(jackknife_and_compare, &job, repeats));
    measure_report("interval_seconds", measure(compare, &job, repeats));
    measure_report("estimate", job.comparison.estimate);
    measure_report("lower", job.comparison.lower);
    measure_report("upper", job.comparison.upper);
}

int main(int count, char **arguments)
{
    static const struct measure_mode modes[] = {
        {"nmi",       2, run_nmi      },
        {"expected",  2, run_expected },
        {"jackknife", 2, run_jackknife},
        {"delta",     3, run_delta    },
    };
    return measure_main(count, arguments, modes, ARRAY_LENGTH(modes));
}
