#include "tap/push.h"

static const struct decode_field rows[] = {
    {.name = "push",
     DECODE_TEXT(struct push_options, url),
     .takes = "a URL",
     .help = "send counts to serin serve, e.g. http://serin:8080/v1/events"},
    {.name = "stream",
     DECODE_TEXT(struct push_options, stream),
     .takes = "a name",
     .maximum = "256",
     .help = "the stream they belong to there"},
    {.name = "push_token_file",
     DECODE_TEXT(struct push_options, token_file),
     .takes = "a file",
     .help = "bearer token to send them with; read anew for each request"},
    {.name = "push_ca_file",
     DECODE_TEXT(struct push_options, ca_file),
     .takes = "a file",
     .help = "PEM file to trust instead of the system's"},
    {.name = "push_interval",
     DECODE_DURATION(struct push_options, interval_ms),
     .fallback = "10s",
     .minimum = "100ms",
     .maximum = "10m",
     .help = "how often counts are sent"},
    {.name = "spool",
     DECODE_TEXT(struct push_options, spool),
     .takes = "a folder",
     .maximum = "3000",
     .help = "where batches wait until they are acknowledged; survives the process"},
    {.name = "spool_size",
     DECODE_SIZE(struct push_options, spool_bytes),
     .fallback = "64MiB",
     .minimum = "1MiB",
     .help = "most that may wait there; beyond, the oldest batches are dropped"},
};
const struct decode_table push_options_table = DECODE_TABLE(struct push_options, rows);

static enum serin_status missing(const char *option, const char *why, struct serin_error *err)
{
    serin_error_at(err, "%s", option);
    return serin_fail(err, SERIN_INVALID, "missing; %s", why);
}

enum serin_status push_options_check(const struct push_options *options, struct serin_error *err)
{
    if (!options->url) {
        return options->stream || options->spool
                   ? missing("push", "without an address nothing is sent", err)
                   : SERIN_OK;
    }
    if (!options->stream) {
        return missing("stream", "events that are pushed belong to a stream", err);
    }
    return options->spool
               ? SERIN_OK
               : missing("spool", "batches wait in a folder until they are acknowledged", err);
}
