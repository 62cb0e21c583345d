/*
 * One question to the HTTP API of a Prometheus, or of something that answers like one.
 */
#ifndef SERIN_SOURCE_PROMETHEUS_QUERY_H
#define SERIN_SOURCE_PROMETHEUS_QUERY_H

#include "base/buffer.h"
#include "labels/block_tables.h"
#include "platform/client.h"
#include "source/peer.h"
#include "source/prometheus_answer.h"

struct prometheus_peer {
    struct client *client;
    char *url;                     /* with the path that is asked */
    int64_t timeout_ms;            /* for one question */
    uint64_t bytes_max;            /* of one answer */
    char *const *ignored_warnings; /* what warnings may contain and yet be passed over */
    size_t ignored_warning_count;
};

/*
 * A peer that is asked at `path` ("/api/v1/query") of the options' url. Fails as peer_url and
 * peer_client do; whatever comes of it, prometheus_peer_clear frees what the peer holds.
 */
SERIN_MUST_CHECK enum serin_status prometheus_peer_init(struct prometheus_peer *peer,
                                                        const struct peer_options *options,
                                                        const char *path, struct serin_error *err);
void prometheus_peer_clear(struct prometheus_peer *peer);

/* Appends a field to a form, `&` before it unless it is the first, its value in percent code. */
void prometheus_form_append(struct buffer *form, const char *name, const char *value);

/*
 * Sends a form within `limit`, of which the peer's timeout has been taken off, and hands what the
 * answer holds to `sink`; otherwise like prometheus_ask.
 */
SERIN_MUST_CHECK enum serin_status
prometheus_send_form(const struct prometheus_peer *peer, struct text_view form,
                     struct deadline limit, const struct prometheus_sink *sink, void *context,
                     struct block_tables *tables, struct serin_error *err);

/*
 * Evaluates a range selector at `time_ms` and hands the series to `sink`. A Thanos is told to fail
 * rather than to answer in part, unless there are warnings to pass over. After a failure to
 * connect, a connection that broke and a 5xx answer it asks once more, if the deadline lets it; the
 * sink then begins anew. Warnings and native histograms are noted in `tables` as incomplete data
 * (`infos` are not: they are about how a query is written). What the sink got is good only when
 * this says SERIN_OK.
 *
 * Fails with SERIN_UNAVAILABLE (not reachable, an error answer, an answer that is cut short or none
 * of a Prometheus), SERIN_TIMEOUT, SERIN_TOO_LARGE, SERIN_NO_MEMORY or what the sink returned.
 */
SERIN_MUST_CHECK enum serin_status
prometheus_ask(const struct prometheus_peer *peer, const char *query, int64_t time_ms,
               struct deadline deadline, const struct prometheus_sink *sink, void *context,
               struct block_tables *tables, struct serin_error *err);

#endif
