#include "source/file_rows.h"

#include "platform/file.h"
#include "platform/gzip.h"
#include "source/file_format.h"

#include <string.h>

enum { MAGIC_BYTES = 2 /* of gzip */ };

/* A file on its way from bytes to rows. */
struct input {
    const char *path;
    const struct file_options *options;
    const struct deadline *deadline;
    struct file_columns columns;
    file_row_sink *sink;
    void *context;
    char head[MAGIC_BYTES]; /* the first bytes, until there are enough to tell gzip */
    size_t held;
    bool is_begun;
    struct gzip_inflater *inflater; /* NULL: the file is plain */
    struct format_reader *rows;     /* NULL before the first byte */
};

static enum serin_status no_memory(struct serin_error *err)
{
    return serin_fail(err, SERIN_NO_MEMORY, "no memory left to read a file");
}

static enum file_format format_of(const struct input *input, struct text_view bytes)
{
    enum file_format format = input->options->format;
    format = format == FILE_FORMAT_AUTO ? file_format_of_name(input->path) : format;
    return format == FILE_FORMAT_AUTO ? file_format_of_bytes(bytes) : format;
}

/* Gets unpacked bytes. */
static enum serin_status take_plain(void *context, const char *bytes, size_t length,
                                    struct serin_error *err)
{
    struct input *input = context;
    if (!input->rows) {
        struct text_view view = {bytes, length};
        input->rows = format_reader_create(format_of(input, view), &input->columns, input->sink,
                                           input->context);
    }
    return input->rows ? format_reader_push(input->rows, bytes, length, err) : no_memory(err);
}

/* Memory does not grow with the file and a person is waiting, so a bomb only takes its time. */
static enum serin_status begin(struct input *input, struct serin_error *err)
{
    static const struct gzip_limits limits = {.output = UINT64_MAX};
    input->is_begun = true;
    return gzip_is_compressed(input->head, input->held)
               ? gzip_inflater_create(limits, take_plain, input, &input->inflater, err)
               : SERIN_OK;
}

static enum serin_status unpack(struct input *input, const char *bytes, size_t length,
                                struct serin_error *err)
{
    if (length == 0) {
        return SERIN_OK;
    }
    return input->inflater ? gzip_inflater_push(input->inflater, bytes, length, err)
                           : take_plain(input, bytes, length, err);
}

/* Holds the first bytes back until their number suffices. */
static enum serin_status take_head(struct input *input, const char **bytes, size_t *length,
                                   struct serin_error *err)
{
    while (input->held < MAGIC_BYTES && *length > 0) {
        input->head[input->held++] = **bytes;
        *bytes += 1;
        *length -= 1;
    }
    if (input->held < MAGIC_BYTES) {
        return SERIN_OK;
    }
    TRY(begin(input, err));
    return unpack(input, input->head, input->held, err);
}

/* Gets the bytes of the file. */
static enum serin_status take_packed(void *context, const char *bytes, size_t length,
                                     struct serin_error *err)
{
    struct input *input = context;
    progress_advance(input->options->progress, length);
    if (input->deadline) {
        TRY(deadline_check(*input->deadline, "reading a file", err));
    }
    if (!input->is_begun) {
        TRY(take_head(input, &bytes, &length, err));
    }
    return unpack(input, bytes, length, err);
}

static enum serin_status finish(struct input *input, struct serin_error *err)
{
    if (!input->is_begun) {
        TRY(begin(input, err));
        TRY(unpack(input, input->head, input->held, err));
    }
    if (input->inflater) {
        TRY(gzip_inflater_finish(input->inflater, err));
    }
    TRY(take_plain(input, "", 0, err));
    return format_reader_finish(input->rows, err);
}

/* Long paths lose their start: the name at the end tells more. */
void file_name_place(const char *path, struct serin_error *err)
{
    enum { SHOWN = 48 };
    if (!err) {
        return;
    }
    struct serin_error told = *err;
    const char *name = strcmp(path, "-") == 0 ? "standard input" : path;
    size_t length = strlen(name);
    size_t skipped = length > SHOWN ? length - SHOWN : 0;
    while (skipped > 0 && ((unsigned char)name[skipped] & 0xC0) == 0x80) {
        skipped++;
    }
    serin_error_at(err, "%s%s%s%s", skipped > 0 ? "…" : "", name + skipped,
                   told.field[0] ? ", " : "", told.field);
}

enum serin_status file_rows_read(const char *path, const struct file_options *options,
                                 const struct deadline *deadline, file_row_sink *sink,
                                 void *context, struct serin_error *err)
{
    struct input input = {
        .path = path, .options = options, .deadline = deadline, .sink = sink, .context = context};
    file_columns_init(options, &input.columns);
    enum serin_status status = file_stream(path, take_packed, &input, err);
    if (status == SERIN_OK) {
        status = finish(&input, err);
    }
    if (status != SERIN_OK) {
        file_name_place(path, err);
    }
    gzip_inflater_destroy(input.inflater);
    format_reader_destroy(input.rows);
    return status;
}
