#include "command.h"

#include "platform/client.h"

#include <stdio.h>

struct probe_flags {
    int64_t timeout_ms;
    char *ca_file;
};

static const struct decode_field probe_fields[] = {
    {.name = "timeout",
     DECODE_DURATION(struct probe_flags, timeout_ms),
     .fallback = "2s",
     .minimum = "1ms",
     .help = "give up after"},
    {.name = "ca_file",
     DECODE_TEXT(struct probe_flags, ca_file),
     .takes = "a file",
     .help = "PEM file to trust instead of the system's"},
};
static const struct decode_table probe_table = DECODE_TABLE(struct probe_flags, probe_fields);

static enum serin_status probe(const struct probe_flags *flags, const char *url,
                               struct serin_error *err)
{
    struct client_settings settings = {.ca_file = flags->ca_file};
    owned(client) client = NULL;
    TRY(client_create(&settings, &client, err));
    struct client_request request = {
        .method = CLIENT_GET, .url = url, .response_limit = 1024 * 1024};
    struct client_response response;
    struct deadline deadline = deadline_after(clock_system(), flags->timeout_ms);
    TRY(client_send(client, &request, deadline, NULL, NULL, &response, err));
    return client_require_success(&request, &response, err);
}

static enum exit_code run(const struct node *flags_given, char **arguments, size_t argument_count)
{
    (void)argument_count;
    struct serin_error err = {0};
    struct probe_flags flags = {0};
    if (decode_map(&probe_table, flags_given, "", &flags, &err) != SERIN_OK) {
        return command_misuse("probe", &err);
    }
    enum serin_status status = probe(&flags, arguments[0], &err);
    decode_clear(&probe_table, &flags);
    if (status != SERIN_OK) {
        return command_fail("probe", &err) == EXIT_BUG ? EXIT_BUG : EXIT_ROLLBACK;
    }
    return EXIT_PROMOTE;
}

const struct command command_probe = {
    .name = "probe",
    .summary = "ask a URL whether the service behind it is well; exit 1 when not",
    .arguments = "URL",
    .least_arguments = 1,
    .most_arguments = 1,
    .flags = {&probe_table},
    .run = run,
};
