#include "plan_flags.h"

#include "analysis/catalog.h"
#include "http/config.h"
#include "platform/clock.h"
#include "platform/deadline.h"
#include "platform/digest.h"
#include "source/store.h"

#include <string.h>

extern char **environ;

enum { SOURCE_PATIENCE_MS = 60000 };

static double share_of(const struct file_sampled *sampled)
{
    return sampled->kept > 0 ? (double)sampled->kept / (double)sampled->rows : 1.0;
}

enum serin_status plan_tables_of_file(const struct planning *planning, struct block_tables **out,
                                      double *out_share, struct serin_error *err)
{
    owned(progress) progress = label_progress(&planning->path, 1);
    struct file_options options = label_flags_options(&planning->labels);
    options.progress = progress;
    options.needs_reference = true;
    struct file_sampled sampled[ARM_COUNT] = {
        {0, 0}
    };
    options.sampled = sampled;
    owned(block_tables) tables = NULL;
    TRY(label_tables_create(&tables, err));
    TRY(label_file_read(planning->path, &options, ARM_STABLE, tables, err));
    TRY(block_tables_seal(tables));
    if (label_flags_sample(&planning->labels)) {
        const struct estimate nothing = {0};
        label_sample_note("plan", &sampled[ARM_STABLE], 1, &nothing, 0.0);
    }
    *out = give(tables);
    *out_share = share_of(&sampled[ARM_STABLE]);
    return SERIN_OK;
}

/* A configuration with its sources opened; the store only where the stream is kept in it. */
struct opened {
    struct config *config;
    struct store *store;
    struct catalog *catalog;
    const struct catalog_stream *stream;
};

static void opened_clear(struct opened *opened)
{
    catalog_destroy(opened->catalog);
    store_close(opened->store);
    config_destroy(opened->config);
}

static enum serin_status open_catalog(const struct plan_flags *flags, struct opened *opened,
                                      struct serin_error *err)
{
    TRY(catalog_create(opened->config->sources, opened->config->streams, opened->store,
                       &opened->catalog, err));
    return catalog_stream_find(opened->catalog, flags->stream, &opened->stream, err);
}

/* The file of the store belongs to one process at a time, and that is mostly the service. */
static enum serin_status open_store(const struct plan_flags *flags, struct opened *opened,
                                    struct serin_error *err)
{
    struct store_options options = {.path = opened->config->store_path, .clock = clock_system()};
    enum serin_status status = store_open(&options, &opened->store, err);
    if (status == SERIN_BUSY) {
        return serin_fail(err, SERIN_BUSY,
                          "the store \"%s\" is in use, probably by serin serve; plan on a copy of "
                          "it, on an exported file, or with --nmi and --labels",
                          opened->config->store_path);
    }
    TRY(status);
    catalog_destroy(give(opened->catalog));
    return open_catalog(flags, opened, err);
}

static enum serin_status fetch_stable(const struct plan_flags *flags, const struct opened *opened,
                                      struct block_tables **out, struct serin_error *err)
{
    const struct catalog_stream *stream = opened->stream;
    const struct clock *clock = clock_system();
    int64_t kept_ms = stream->stream.lookback_ms;
    struct table_query query = {
        .stream = &stream->stream,
        .arms = {[ARM_CANARY] = "no-canary", [ARM_STABLE] = flags->stable},
        .window_ms = flags->window_ms < kept_ms ? flags->window_ms : kept_ms,
        .now_ms = clock_wall(clock).unix_ms,
        .limits = table_limits_default,
    };
    TRY(random_bytes(query.limits.key.bytes, sizeof(query.limits.key.bytes), err));
    return stream->driver->fetch(stream->source_state, &query,
                                 deadline_after(clock, SOURCE_PATIENCE_MS), out, err);
}

static enum serin_status open_and_fetch(const struct plan_flags *flags, struct opened *opened,
                                        struct block_tables **out, struct serin_error *err)
{
    TRY(config_load(flags->config, environ, &opened->config, err));
    TRY(open_catalog(flags, opened, err));
    if (strcmp(opened->stream->driver->type, "store") == 0) {
        TRY(open_store(flags, opened, err));
    }
    owned(block_tables) tables = NULL;
    TRY(fetch_stable(flags, opened, &tables, err));
    const char *missing = block_tables_incomplete_reason(tables);
    if (missing) {
        serin_error_at(err, "%s", flags->stream);
        return serin_fail(err, SERIN_UNAVAILABLE, "the data of the window are incomplete: %s",
                          missing);
    }
    if (block_tables_events(tables, ARM_STABLE) == 0) {
        serin_error_at(err, "%s", flags->stream);
        return serin_fail(err, SERIN_UNAVAILABLE,
                          "no events of \"%s\" in the window; is it the stable pods' hash?",
                          flags->stable);
    }
    *out = give(tables);
    return SERIN_OK;
}

enum serin_status plan_tables_of_stream(const struct planning *planning, struct block_tables **out,
                                        struct serin_error *err)
{
    struct opened opened = {0};
    enum serin_status status = open_and_fetch(&planning->flags, &opened, out, err);
    opened_clear(&opened);
    return status;
}

enum serin_status plan_judgement_of_stream(const struct plan_flags *flags, struct judgement *out,
                                           struct serin_error *err)
{
    struct opened opened = {0};
    enum serin_status status = config_load(flags->config, environ, &opened.config, err);
    if (status == SERIN_OK) {
        status = open_catalog(flags, &opened, err);
    }
    if (status == SERIN_OK) {
        *out = opened.stream->judgement;
    }
    opened_clear(&opened);
    return status;
}
