#include "analysis/analysis.h"

#include "platform/json.h"
#include "platform/yaml.h"
#include "support/fake_clock.h"
#include "support/temp_folder.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <string.h>

/* A catalog whose streams are read from two files. */
struct fixture {
    struct document *config;
    struct catalog *catalog;
};

static void open_fixture(struct fixture *fixture, const char *canary, const char *stable)
{
    static char text[2048];
    (void)snprintf(text, sizeof(text),
                   "sources: [{name: files, type: file, canary: \"%s\", stable: \"%s\"}]\n"
                   "streams:\n"
                   "  - {name: hard, source: files, reference: reference, label: label}\n"
                   "  - {name: soft, source: files, reference: reference, label: label, "
                   "on_source_error: inconclusive}\n",
                   canary, stable);
    struct serin_error err = {0};
    cr_assert(eq(int, yaml_parse(text_view_of(text), &document_limits_file, &fixture->config, &err),
                 SERIN_OK),
              "%s", err.detail);
    const struct node *root = document_root(fixture->config);
    cr_assert(
        eq(int,
           catalog_create(node_find(root, text_view_of("sources")),
                          node_find(root, text_view_of("streams")), NULL, &fixture->catalog, &err),
           SERIN_OK),
        "%s: %s", err.field, err.detail);
}

static void close_fixture(struct fixture *fixture)
{
    catalog_destroy(fixture->catalog);
    document_destroy(fixture->config);
}

static struct question *understand(const struct fixture *fixture, const char *json,
                                   struct serin_error *err)
{
    owned(document) request = NULL;
    struct question *question = NULL;
    cr_assert(
        eq(int, json_parse(text_view_of(json), &document_limits_request, &request, err), SERIN_OK));
    enum serin_status status =
        question_decode(fixture->catalog, document_root(request), &question, err);
    return status == SERIN_OK ? question : NULL;
}

static enum serin_status answer(const struct fixture *fixture, const char *json,
                                struct analysis_result *out, struct serin_error *err)
{
    owned(question) question = understand(fixture, json, err);
    cr_assert(question != NULL, "%s: %s", err->field, err->detail);
    return question_answer(question, 1760000000000, deadline_after(clock_system(), 60000), out,
                           err);
}

static const char *events(const char *name, unsigned wrong_of_ten)
{
    static char text[200000];
    size_t used = (size_t)snprintf(text, sizeof(text), "reference,label\n");
    for (unsigned i = 0; i < 5000; i++) {
        unsigned reference = i % 4;
        unsigned label = i / 4 % 10 < wrong_of_ten ? (reference + i / 40) % 4 : reference;
        used += (size_t)snprintf(text + used, sizeof(text) - used, "r%u,l%u\n", reference, label);
    }
    return temp_file(name, text, used);
}

Test(analysis, equal_questions_have_equal_texts)
{
    struct fixture fixture = {0};
    struct serin_error err = {0};
    open_fixture(&fixture, "a", "b");
    owned(question) plain =
        understand(&fixture, "{\"stream\":\"hard\",\"canary\":\"c\",\"stable\":\"s\"}", &err);
    owned(question) spelt_out =
        understand(&fixture,
                   "{\"margin\":0.1,\"stable\":\"s\",\"window\":\"rollout\",\"canary\":\"c\","
                   "\"stream\":\"hard\",\"design\":\"reference\"}",
                   &err);
    owned(question) other =
        understand(&fixture, "{\"stream\":\"hard\",\"canary\":\"d\",\"stable\":\"s\"}", &err);
    cr_assert(plain != NULL && spelt_out != NULL && other != NULL);
    cr_assert(eq(str, (char *)question_text(plain), (char *)question_text(spelt_out)));
    cr_assert(ne(str, (char *)question_text(plain), (char *)question_text(other)));
    cr_assert(eq(str, (char *)question_spec(plain)->canary, "c"));
    close_fixture(&fixture);
}

Test(analysis, unknown_streams_and_fields_are_named)
{
    struct fixture fixture = {0};
    struct serin_error err = {0};
    open_fixture(&fixture, "a", "b");
    cr_assert(eq(ptr,
                 understand(&fixture, "{\"stream\":\"x\",\"canary\":\"c\",\"stable\":\"s\"}", &err),
                 NULL));
    cr_assert(eq(int, err.status, SERIN_NOT_FOUND));
    cr_assert(ne(ptr, strstr(err.detail, "hard, soft"), NULL), "%s", err.detail);
    serin_error_clear(&err);
    cr_assert(eq(ptr, understand(&fixture, "{\"stream\":\"hard\",\"canary\":\"c\"}", &err), NULL));
    cr_assert(eq(str, err.field, "stable"));
    close_fixture(&fixture);
}

Test(analysis, files_become_a_verdict_the_same_each_time)
{
    struct fixture fixture = {0};
    struct serin_error err = {0};
    struct analysis_result first;
    struct analysis_result second;
    static const char question[] = "{\"stream\":\"hard\",\"canary\":\"c\",\"stable\":\"s\"}";
    open_fixture(&fixture, events("canary.csv", 5), events("stable.csv", 1));
    cr_assert(eq(int, answer(&fixture, question, &first, &err), SERIN_OK), "%s", err.detail);
    cr_assert(eq(int, answer(&fixture, question, &second, &err), SERIN_OK), "%s", err.detail);
    cr_assert(eq(int, first.decision, DECISION_ROLLBACK), "%s", first.json);
    cr_assert(eq(u64, first.samples[ARM_CANARY], 5000));
    cr_assert(eq(str, first.json, second.json));
    cr_assert(eq(sz, strlen(first.json), first.length));
    cr_assert(eq(sz, strlen(first.id), ANALYSIS_ID_SIZE - 1));
    cr_assert(ne(ptr, strstr(first.json, first.id), NULL));
    close_fixture(&fixture);
}

Test(analysis, a_source_that_fails_is_a_failure_or_inconclusive_as_the_stream_says)
{
    struct fixture fixture = {0};
    struct serin_error err = {0};
    struct analysis_result result;
    open_fixture(&fixture, "/no/such/canary.csv", "/no/such/stable.csv");
    cr_assert(eq(
        int,
        answer(&fixture, "{\"stream\":\"hard\",\"canary\":\"c\",\"stable\":\"s\"}", &result, &err),
        SERIN_UNAVAILABLE));
    cr_assert(ne(ptr, strstr(err.detail, "/no/such/canary.csv"), NULL), "%s", err.detail);
    cr_assert(eq(
        int,
        answer(&fixture, "{\"stream\":\"soft\",\"canary\":\"c\",\"stable\":\"s\"}", &result, &err),
        SERIN_OK));
    cr_assert(eq(int, result.decision, DECISION_INCONCLUSIVE));
    cr_assert(eq(str, (char *)result.reason, "source_unavailable"));
    cr_assert(eq(int, result.source_status, SERIN_UNAVAILABLE));
    cr_assert(ne(ptr, strstr(result.source_error, "/no/such/canary.csv"), NULL));
    close_fixture(&fixture);
}

Test(analysis, a_source_that_keeps_failing_is_left_alone_and_tried_again)
{
    struct fixture fixture = {0};
    struct serin_error err = {0};
    struct analysis_result result;
    struct fake_clock clock = fake_clock_at(1760000000000);
    open_fixture(&fixture, temp_path("late-canary.csv"), temp_path("late-stable.csv"));
    owned(question) question =
        understand(&fixture, "{\"stream\":\"hard\",\"canary\":\"c\",\"stable\":\"s\"}", &err);
    for (int i = 0; i < BREAKER_FAILURES; i++) {
        struct deadline deadline = deadline_after(&clock.clock, 60000);
        cr_assert(eq(int, question_answer(question, 1760000000000, deadline, &result, &err),
                     SERIN_UNAVAILABLE));
        cr_assert(eq(ptr, strstr(err.detail, "left alone"), NULL), "%s", err.detail);
    }
    (void)events("late-canary.csv", 1);
    (void)events("late-stable.csv", 1);
    cr_assert(eq(int,
                 question_answer(question, 1760000000000, deadline_after(&clock.clock, 60000),
                                 &result, &err),
                 SERIN_UNAVAILABLE));
    cr_assert(ne(ptr, strstr(err.detail, "left alone for 10 s more"), NULL), "%s", err.detail);
    cr_assert(eq(str, (char *)catalog_source_health(fixture.catalog, 0).name, "files"));
    cr_assert(eq(int, (int)catalog_source_health(fixture.catalog, 0).state, BREAKER_OPEN));
    fake_clock_advance(&clock, BREAKER_PAUSE_MS);
    cr_assert(eq(int,
                 question_answer(question, 1760000000000, deadline_after(&clock.clock, 60000),
                                 &result, &err),
                 SERIN_OK),
              "%s", err.detail);
    cr_assert(eq(int, (int)catalog_source_health(fixture.catalog, 0).state, BREAKER_CLOSED));
    close_fixture(&fixture);
}

Test(analysis, a_deadline_that_has_passed_is_not_held_against_the_source)
{
    struct fixture fixture = {0};
    struct serin_error err = {0};
    struct analysis_result result;
    open_fixture(&fixture, events("canary.csv", 1), events("stable.csv", 1));
    owned(question) question =
        understand(&fixture, "{\"stream\":\"hard\",\"canary\":\"c\",\"stable\":\"s\"}", &err);
    for (int i = 0; i < 2 * BREAKER_FAILURES; i++) {
        struct deadline passed = deadline_after(clock_system(), -1);
        cr_assert(eq(int, question_answer(question, 1760000000000, passed, &result, &err),
                     SERIN_TIMEOUT));
    }
    cr_assert(eq(int, (int)catalog_source_health(fixture.catalog, 0).state, BREAKER_CLOSED));
    close_fixture(&fixture);
}
