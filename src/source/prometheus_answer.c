#include "source/prometheus_answer.h"

#include "source/prometheus_answer_state.h"

enum { TOKEN_BYTES_MAX = 1 << 20 }; /* of one text that goes over several pieces of input */

struct prometheus_answer *prometheus_answer_create(const struct prometheus_sink *sink,
                                                   void *context)
{
    owned(prometheus_answer) answer = memory_allocate(1, sizeof(*answer));
    if (!answer) {
        return NULL;
    }
    answer->sink = sink;
    answer->context = context;
    answer->labels = label_collector_create();
    answer->parser = yajl_alloc(&prometheus_answer_callbacks, NULL, answer);
    return answer->labels && answer->parser ? give(answer) : NULL;
}

void prometheus_answer_destroy(struct prometheus_answer *answer)
{
    if (answer) {
        if (answer->parser) {
            yajl_free(answer->parser);
        }
        label_collector_destroy(answer->labels);
        memory_free(answer);
    }
}

static enum serin_status check_parser(struct prometheus_answer *answer, yajl_status status,
                                      struct serin_error *err)
{
    if (status == yajl_status_ok) {
        return SERIN_OK;
    }
    if (answer->failure != SERIN_OK) {
        return answer->failure;
    }
    return serin_fail(err, SERIN_UNAVAILABLE,
                      "the answer is cut short or not JSON; is something between Serin and %s "
                      "that rewrites answers?",
                      prometheus_answer_product(answer));
}

enum serin_status prometheus_answer_push(struct prometheus_answer *answer, const char *bytes,
                                         size_t length, struct serin_error *err)
{
    answer->err = err;
    answer->quiet_bytes += length;
    yajl_status status = yajl_parse(answer->parser, (const unsigned char *)bytes, length);
    answer->err = NULL;
    TRY(check_parser(answer, status, err));
    if (answer->quiet_bytes > TOKEN_BYTES_MAX) {
        return serin_fail(err, SERIN_TOO_LARGE, "the answer holds a text of more than %d bytes",
                          TOKEN_BYTES_MAX);
    }
    return SERIN_OK;
}

enum serin_status prometheus_answer_finish(struct prometheus_answer *answer,
                                           struct serin_error *err)
{
    answer->err = err;
    yajl_status status = yajl_complete_parse(answer->parser);
    answer->err = NULL;
    TRY(check_parser(answer, status, err));
    if (!has_seen(answer, MEMBER_STATUS)) {
        return serin_fail(err, SERIN_UNAVAILABLE,
                          "the answer has no status; is the source's url that of a %s?",
                          prometheus_answer_product(answer));
    }
    if (!answer->is_success) {
        return serin_fail(err, SERIN_UNAVAILABLE, "%s answered an error: %s: %s",
                          prometheus_answer_product(answer),
                          answer->error_type[0] ? answer->error_type : "without type",
                          answer->error[0] ? answer->error : "without text");
    }
    bool wants_lines = answer->sink->entry != NULL;
    if (answer->type != (wants_lines ? RESULT_STREAMS : RESULT_MATRIX) ||
        !has_seen(answer, MEMBER_RESULT)) {
        return serin_fail(
            err, SERIN_UNAVAILABLE, "the answer holds no %s; is the source's url that of a %s?",
            wants_lines ? "log lines" : "range of samples", prometheus_answer_product(answer));
    }
    return SERIN_OK;
}

void prometheus_answer_ignore_warnings(struct prometheus_answer *answer, char *const *texts,
                                       size_t count)
{
    answer->ignored_warnings = texts;
    answer->ignored_warning_count = count;
}

const char *prometheus_answer_product(const struct prometheus_answer *answer)
{
    return answer->sink->product ? answer->sink->product : "Prometheus";
}

const char *prometheus_answer_warning(const struct prometheus_answer *answer)
{
    return answer->has_warning ? answer->warning : NULL;
}

bool prometheus_answer_has_histograms(const struct prometheus_answer *answer)
{
    return answer->has_histograms;
}

const char *prometheus_answer_error_type(const struct prometheus_answer *answer)
{
    return answer->error_type;
}

const char *prometheus_answer_error(const struct prometheus_answer *answer)
{
    return answer->error;
}
