/* From labels to a table: ids, and texts. */
#include "base/memory.h"
#include "bench/measure.h"
#include "labels/counter.h"
#include "serin/influence.h"

#include <stdlib.h>
#include <string.h>

struct counter_job {
    size_t pairs;
    size_t side; /* labels are 0 … side-1 */
    const int64_t *references;
    const int64_t *labels;
    struct text_view *texts; /* reference, label, reference, … */
    struct contingency *table;
    struct serin_nmi_estimate estimate;
};

static void report_table(const struct counter_job *job)
{
    struct serin_table table = contingency_view(job->table);
    double cells = 0.0;
    double squares = 0.0;
    for (size_t i = 0; i < table.rows * table.columns; i++) {
        cells += table.counts[i] > 0;
        squares += (double)table.counts[i] * (double)table.counts[i];
    }
    measure_report("cells", cells);
    measure_report("squares", squares);
}

/* ---- ids ------------------------------------------------------------------------------------- */

static void count_ids(void *context)
{
    struct counter_job *job = context;
    contingency_destroy(job->table);
    job->table = contingency_create(job->side, job->side);
    if (!job->table) {
        measure_fail("no memory");
    }
    measure_expect(count_pairs_int64(job->table, job->references, job->labels, job->pairs),
                   "counting");
}

static void count_ids_and_score(void *context)
{
    struct counter_job *job = context;
    count_ids(job);
    struct serin_table table = contingency_view(job->table);
    measure_expect(serin_nmi_estimate(&table, SERIN_ARITHMETIC, &job->estimate), "NMI");
}

/* A file of 64-bit words: all references, then all labels. */
static void run_encoded(char **arguments)
{
    size_t length = 0;
    const int64_t *ids = measure_read(arguments[0], &length);
    struct counter_job job = {
        .pairs = length / sizeof(*ids) / 2,
        .side = measure_number(arguments[1]),
    };
    job.references = ids;
    job.labels = ids + job.pairs;
    size_t repeats = measure_number(arguments[2]);
    measure_report("table_seconds", measure(count_ids, &job, repeats));
    measure_report("nmi_seconds", measure(count_ids_and_score, &job, repeats));
    measure_report("nmi", job.estimate.nmi);
    report_table(&job);
    contingency_destroy(job.table);
}

/* ---- texts ----------------------------------------------------------------------------------- */

static void count_texts(void *context)
{
    struct counter_job *job = context;
    contingency_destroy(job->table);
    owned(pair_counter) counter = pair_counter_create(&table_limits_default);
    if (!counter) {
        measure_fail("no memory");
    }
    for (size_t i = 0; i < job->pairs; i++) {
        measure_expect(pair_counter_add(counter, &job->texts[2 * i], job->texts[2 * i + 1], 1),
                       "counting");
    }
    measure_expect(pair_counter_table(counter, &job->table), "the table");
}

/* A file with a text per line: reference, label, reference, … */
static void run_texts(char **arguments)
{
    size_t length = 0;
    const char *text = measure_read(arguments[0], &length);
    struct counter_job job = {.pairs = measure_number(arguments[1])};
    job.texts = calloc(2 * job.pairs, sizeof(*job.texts));
    if (!job.texts) {
        measure_fail("no memory");
    }
    for (size_t i = 0; i < 2 * job.pairs; i++) {
        const char *end = strchr(text, '\n');
        if (!end) {
            measure_fail("too few lines");
        }
        job.texts[i] = (struct text_view){text, (size_t)(end - text)};
        text = end + 1;
    }
    measure_report("seconds", measure(count_texts, &job, measure_number(arguments[2])));
    report_table(&job);
    contingency_destroy(job.table);
    free(job.texts);
}

int main(int count, char **arguments)
{
    static const struct measure_mode modes[] = {
        {"encoded", 3, run_encoded},
        {"texts",   3, run_texts  },
    };
    return measure_main(count, arguments, modes, ARRAY_LENGTH(modes));
}
