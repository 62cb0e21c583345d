#include "report/text.h"

#include "verdict_sample.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <criterion/parameterized.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct report_style in_ascii = {.columns = 80};
static const struct report_style in_unicode = {.columns = 80, .unicode = true};
static const struct report_style in_colour = {.columns = 72, .unicode = true, .colour = true};

static struct spec spec_of(const struct verdict *verdict)
{
    struct spec spec = {.judgement = judgement_default};
    spec.judgement.design = verdict->design;
    spec.judgement.interval =
        verdict->design == DESIGN_SHIFT ? INTERVAL_FIXED : INTERVAL_SEQUENTIAL;
    return spec;
}

static struct score sample_score(void)
{
    return (struct score){
        .nmi = {true, 0.8123, 0.7981, 0.8259},
        .scores = {.samples = 10000,
                .rows = 10,
                .columns = 12,
                .entropies = {2.301, 2.377, 2.79, 1.888},
                .nmi = 0.8154,
                .adjusted_mutual_information = 0.8119,
                .adjusted_rand = 0.7712,
                .homogeneity = 0.8205,
                .completeness = 0.7943,
                .v_measure = 0.8072,
                .purity = 0.9021},
        .normalizer = SERIN_GEOMETRIC,
        .interval = INTERVAL_FIXED,
        .level = 0.95,
        .samples = 10000,
        .unreferenced = 31,
        .design_effect = 1.0,
    };
}

/* A report and the file in tests/report/data that holds what it should be. */
struct snapshot {
    const char *file;
    struct verdict (*verdict)(void);
    const struct report_style *style;
};

static const struct snapshot snapshots[] = {
    {"good.txt",          good_canary,      &in_unicode},
    {"good_ascii.txt",    good_canary,      &in_ascii  },
    {"better.txt",        better_canary,    &in_unicode},
    {"broken.txt",        broken_canary,    &in_unicode},
    {"broken_colour.txt", broken_canary,    &in_colour },
    {"broken_ascii.txt",  broken_canary,    &in_ascii  },
    {"undecided.txt",     undecided_canary, &in_unicode},
    {"collapsed.txt",     collapsed_canary, &in_unicode},
    {"shifted.txt",       shifted_canary,   &in_unicode},
    {"agreeing.txt",      agreeing_canary,  &in_unicode},
    {"starved.txt",       starved_canary,   &in_unicode},
    {"half_told.txt",     half_told_canary, &in_unicode},
};

static void read_expected(const char *name, char *out, size_t size)
{
    char path[120];
    snprintf(path, sizeof(path), "tests/report/data/%s", name);
    FILE *file = fopen(path, "rb");
    cr_assert(ne(ptr, file, NULL), "%s: run the tests in the project's folder", path);
    size_t length = fread(out, 1, size - 1, file);
    out[length] = '\0';
    fclose(file);
}

/* SERIN_WRITE_SNAPSHOTS=1 writes what the reports are instead: read the difference before commit.
 */
static void compare(const char *name, const char *text)
{
    if (getenv("SERIN_WRITE_SNAPSHOTS")) {
        char path[120];
        snprintf(path, sizeof(path), "tests/report/data/%s", name);
        FILE *file = fopen(path, "wb");
        cr_assert(ne(ptr, file, NULL), "%s", path);
        fputs(text, file);
        fclose(file);
        return;
    }
    static char expected[16384];
    read_expected(name, expected, sizeof(expected));
    cr_assert(eq(str, (char *)text, expected), "%s", name);
}

Test(report_text, verdicts_read_as_they_should)
{
    for (size_t i = 0; i < sizeof(snapshots) / sizeof(snapshots[0]); i++) {
        struct verdict verdict = snapshots[i].verdict();
        struct spec spec = spec_of(&verdict);
        owned(buffer) buffer = buffer_create(16384);
        cr_assert(eq(int, report_text(&verdict, &spec, snapshots[i].style, buffer), SERIN_OK));
        compare(snapshots[i].file, buffer_text(buffer));
    }
}

Test(report_text, scores_read_as_they_should)
{
    struct score score = sample_score();
    owned(buffer) buffer = buffer_create(16384);
    cr_assert(eq(int, report_score_text(&score, &in_unicode, buffer), SERIN_OK));
    compare("score.txt", buffer_text(buffer));
    buffer_clear(buffer);
    score.nmi = (struct estimate){0};
    score.scores.state = SERIN_TABLE_SINGLE_LABEL;
    score.scores.columns = 1;
    cr_assert(eq(int, report_score_text(&score, &in_unicode, buffer), SERIN_OK));
    compare("score_single_label.txt", buffer_text(buffer));
    buffer_clear(buffer);
    score = (struct score){.scores.state = SERIN_TABLE_EMPTY, .level = 0.95};
    cr_assert(eq(int, report_score_text(&score, &in_unicode, buffer), SERIN_OK));
    compare("score_empty.txt", buffer_text(buffer));
}

Test(report_text, no_line_is_wider_than_asked_and_none_ends_in_a_space)
{
    for (size_t i = 0; i < sizeof(snapshots) / sizeof(snapshots[0]); i++) {
        struct verdict verdict = snapshots[i].verdict();
        struct spec spec = spec_of(&verdict);
        struct report_style style = {.columns = 80, .unicode = true};
        owned(buffer) buffer = buffer_create(16384);
        cr_assert(eq(int, report_text(&verdict, &spec, &style, buffer), SERIN_OK));
        const char *line = buffer_text(buffer);
        while (*line != '\0') {
            size_t length = strcspn(line, "\n");
            struct text_view view = {line, length};
            cr_assert(le(sz, page_width(view), 80), "%s: %.*s", snapshots[i].file, (int)length,
                      line);
            cr_assert(length == 0 || line[length - 1] != ' ', "%s: \"%.*s\"", snapshots[i].file,
                      (int)length, line);
            line += length + (line[length] == '\n');
        }
    }
}

Test(report_text, ascii_stays_ascii_and_hostile_labels_stay_harmless)
{
    struct verdict verdict = broken_canary();
    verdict.moves[2].stable_reference = text_view_of("plain");
    struct spec spec = spec_of(&verdict);
    owned(buffer) buffer = buffer_create(16384);
    cr_assert(eq(int, report_text(&verdict, &spec, &in_ascii, buffer), SERIN_OK));
    struct text_view text = buffer_view(buffer);
    for (size_t i = 0; i < text.length; i++) {
        char byte = text.start[i];
        cr_assert(byte == '\n' || (byte >= ' ' && byte <= '~'), "byte %d", byte);
    }
}

Test(report_text, running_out_of_memory_is_told)
{
    struct verdict verdict = broken_canary();
    struct spec spec = spec_of(&verdict);
    enum serin_status status = SERIN_NO_MEMORY;
    for (uint64_t n = 1; status != SERIN_OK; n++) {
        cr_assert(lt(u64, n, 100));
        owned(buffer) buffer = buffer_create(16384);
        memory_fail_after(n);
        status = report_text(&verdict, &spec, &in_ascii, buffer);
        memory_fail_after(0);
        cr_assert(status == SERIN_OK || status == SERIN_NO_MEMORY);
    }
}
