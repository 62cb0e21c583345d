#include "analysis/once.h"

#include "analysis/ingest.h"
#include "platform/gzip.h"

static enum serin_status no_memory(struct serin_error *err)
{
    return serin_fail(err, SERIN_NO_MEMORY, "no memory left for the request");
}

static enum serin_status read_and_append(struct store *store, struct event_ids *ids,
                                         once_reader *read, void *context,
                                         struct append_result *out, struct serin_error *err)
{
    owned(store_batch) batch = store_batch_create(store);
    if (!batch) {
        return no_memory(err);
    }
    event_ids_rewind(ids);
    TRY(read(context, ids, batch, err));
    return store_append_once(store, ids, batch, out, err);
}

enum serin_status once_append(struct store *store, once_reader *read, void *context,
                              struct append_result *out, struct serin_error *err)
{
    owned(event_ids) ids = store_event_ids(store);
    if (!ids) {
        return no_memory(err);
    }
    /* Ends, because each conflict makes at least one id known that was not. */
    enum serin_status status = SERIN_CONFLICT;
    while (status == SERIN_CONFLICT) {
        serin_error_clear(err);
        status = read_and_append(store, ids, read, context, out, err);
    }
    return status;
}

enum serin_status once_unpack(struct text_view raw, bool is_gzip, struct text_view *out,
                              char **out_owned, struct serin_error *err)
{
    static const struct text_view nothing = TEXT_VIEW("");
    if (!is_gzip) {
        *out = raw.length > 0 ? raw : nothing;
        *out_owned = NULL;
        return SERIN_OK;
    }
    struct gzip_limits limits = {.output = ONCE_BODY_BYTES_MAX, .ratio = INGEST_EXPANSION_MAX};
    size_t length = 0;
    TRY(gzip_inflate(raw.start, raw.length, limits, out_owned, &length, err));
    *out = (struct text_view){*out_owned, length};
    return SERIN_OK;
}
