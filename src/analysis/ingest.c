#include "analysis/ingest.h"

#include "analysis/admission.h"
#include "platform/gzip.h"
#include "source/ndjson.h"

#include <string.h>

struct ingest {
    struct store *store;
    struct text_view name; /* of the batch */
    struct admission admission;
    struct store_batch *batch;
    struct ndjson_reader *reader;
    struct gzip_inflater *inflater; /* NULL: the body is not compressed */
    uint64_t bytes;                 /* of lines so far */
    struct serin_error failure;     /* the first one; SERIN_OK: none */
};

static enum serin_status take_event(void *context, const struct label_event *event,
                                    struct serin_error *err)
{
    struct ingest *ingest = context;
    return admission_add(&ingest->admission, ingest->batch, event, err);
}

static enum serin_status take_lines(void *context, const char *bytes, size_t length,
                                    struct serin_error *err)
{
    struct ingest *ingest = context;
    ingest->bytes += length;
    if (ingest->bytes > INGEST_BODY_BYTES_MAX) {
        return serin_fail(err, SERIN_TOO_LARGE,
                          "the body has more than %d bytes; send events in several batches",
                          INGEST_BODY_BYTES_MAX);
    }
    return ndjson_reader_push(ingest->reader, bytes, length, err);
}

static enum serin_status no_memory(struct serin_error *err)
{
    return serin_fail(err, SERIN_NO_MEMORY, "no memory left for the batch");
}

static enum serin_status prepare(struct ingest *ingest, const struct ingest_request *request,
                                 struct serin_error *err)
{
    ingest->batch = store_batch_create(ingest->store);
    ingest->reader = ndjson_reader_create(take_event, ingest);
    if (!ingest->batch || !ingest->reader) {
        return no_memory(err);
    }
    if (!request->is_gzip) {
        return SERIN_OK;
    }
    struct gzip_limits limits = {.output = INGEST_BODY_BYTES_MAX, .ratio = INGEST_EXPANSION_MAX};
    return gzip_inflater_create(limits, take_lines, ingest, &ingest->inflater, err);
}

static enum serin_status check_name(struct text_view name, struct serin_error *err)
{
    const char *wrong = name.length > STORE_BATCH_NAME_MAX ? "longer than 256 bytes"
                        : !text_is_printable(name) ? "has control characters or is not UTF-8"
                                                   : NULL;
    if (wrong) {
        serin_error_at(err, "Idempotency-Key");
        return serin_fail(err, SERIN_INVALID, "%s", wrong);
    }
    return SERIN_OK;
}

enum serin_status ingest_create(const struct catalog *catalog, struct store *store,
                                const struct ingest_request *request, struct ingest **out,
                                struct serin_error *err)
{
    TRY(check_name(request->batch, err));
    owned(ingest) ingest = memory_allocate(1, sizeof(*ingest));
    if (!ingest) {
        return no_memory(err);
    }
    ingest->store = store;
    ingest->name = request->batch;
    ingest->admission = admission_of(catalog, request);
    TRY(prepare(ingest, request, err));
    *out = give(ingest);
    return SERIN_OK;
}

void ingest_destroy(struct ingest *ingest)
{
    if (ingest) {
        store_batch_destroy(ingest->batch);
        ndjson_reader_destroy(ingest->reader);
        gzip_inflater_destroy(ingest->inflater);
        memory_free(ingest);
    }
}

/* Keeps the first failure and hands out that one ever after. */
static enum serin_status settle(struct ingest *ingest, enum serin_status status,
                                const struct serin_error *failure, struct serin_error *err)
{
    if (ingest->failure.status == SERIN_OK && status != SERIN_OK) {
        ingest->failure = *failure;
        ingest->failure.status = status;
    }
    if (err && ingest->failure.status != SERIN_OK) {
        *err = ingest->failure;
    }
    return ingest->failure.status;
}

enum serin_status ingest_push(struct ingest *ingest, const char *bytes, size_t length,
                              struct serin_error *err)
{
    struct serin_error failure = {0};
    enum serin_status status = SERIN_OK;
    if (ingest->failure.status == SERIN_OK) {
        status = ingest->inflater ? gzip_inflater_push(ingest->inflater, bytes, length, &failure)
                                  : take_lines(ingest, bytes, length, &failure);
    }
    return settle(ingest, status, &failure, err);
}

static enum serin_status finish(struct ingest *ingest, struct append_result *out,
                                struct serin_error *err)
{
    if (ingest->inflater) {
        TRY(gzip_inflater_finish(ingest->inflater, err));
    }
    TRY(ndjson_reader_finish(ingest->reader, err));
    return store_append(ingest->store, ingest->name, ingest->batch, out, err);
}

enum serin_status ingest_finish(struct ingest *ingest, struct append_result *out,
                                struct serin_error *err)
{
    struct serin_error failure = {0};
    enum serin_status status = SERIN_OK;
    if (ingest->failure.status == SERIN_OK) {
        status = finish(ingest, out, &failure);
    }
    return settle(ingest, status, &failure, err);
}
