/* The contract's world as two files: packed, so that one that ends early can be told. */
#include "base/buffer.h"
#include "source/contract.h"
#include "source/file.h"
#include "support/json_document.h"
#include "support/temp_folder.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

static void append_field(struct buffer *line, const char *text, const char *end)
{
    buffer_append_char(line, '"');
    for (const char *c = text ? text : ""; *c != '\0'; c++) {
        buffer_append_text(line, *c == '"' ? "\"" : "");
        buffer_append_char(line, *c);
    }
    buffer_append_char(line, '"');
    buffer_append_text(line, end);
}

static void append_rows(struct buffer *rows, const struct contract_world *world, const char *arm)
{
    buffer_append_text(rows, "time,count,pod,label,reference,region\n");
    for (size_t i = 0; i < world->count; i++) {
        const struct contract_event *event = &world->events[i];
        if (strcmp(event->arm, arm) == 0) {
            buffer_printf(rows, "%lld,%llu,", (long long)event->time_ms,
                          (unsigned long long)event->count);
            append_field(rows, event->pod, ",");
            append_field(rows, event->label, ",");
            append_field(rows, event->reference, ",");
            append_field(rows, event->region, "\n");
        }
    }
}

static void write_file(const struct contract_world *world, const char *arm, const char *path)
{
    owned(buffer) rows = buffer_create(64 << 20);
    append_rows(rows, world, arm);
    gzFile file = gzopen(path, "wb");
    cr_assert(file && buffer_status(rows) == SERIN_OK);
    cr_assert(gzwrite(file, buffer_text(rows), (unsigned)buffer_view(rows).length) > 0);
    cr_assert(gzclose(file) == Z_OK);
    if (world->manner == CONTRACT_CUT) {
        FILE *packed = fopen(path, "rb");
        cr_assert(packed && fseek(packed, 0, SEEK_END) == 0);
        long length = ftell(packed);
        cr_assert(fclose(packed) == 0 && truncate(path, length * world->cut_percent / 100) == 0);
    }
}

/* ---- the fixture ----------------------------------------------------------------------------- */

/* The arms are told apart by the files and not by their names: the canary's are those that come
 * first. */
struct fixture {
    void *options;
    void *state;
};

static const struct decode_table *table(void)
{
    static struct decode_table table;
    table = (struct decode_table){file_driver.options, file_driver.option_count,
                                  file_driver.options_size};
    return &table;
}

static void write_files(const struct contract_world *world)
{
    write_file(world, contract_arms[ARM_CANARY], temp_path("canary.csv.gz"));
    write_file(world, contract_arms[ARM_STABLE], temp_path("stable.csv.gz"));
}

static void fixture_open(const struct contract_world *world, void **out)
{
    struct serin_error err = {.status = SERIN_OK};
    struct fixture *fixture = calloc(1, sizeof(*fixture));
    char json[1024];
    write_files(world);
    (void)snprintf(json, sizeof(json),
                   "{\"canary\":\"%s\",\"stable\":\"%s\",\"time\":\"time\",\"count\":\"count\"}",
                   temp_path("canary.csv.gz"), temp_path("stable.csv.gz"));
    owned(document) document = json_document(json);
    fixture->options = calloc(1, file_driver.options_size);
    cr_assert(decode_map(table(), document_root(document), "", fixture->options, &err) == SERIN_OK,
              "%s", err.detail);
    cr_assert(file_driver.open("contract", fixture->options, &fixture->state, &err) == SERIN_OK,
              "%s", err.detail);
    *out = fixture;
}

static void *fixture_state(void *fixture)
{
    return ((struct fixture *)fixture)->state;
}

static void fixture_show(void *fixture, const struct contract_world *world)
{
    (void)fixture;
    write_files(world);
}

static void fixture_close(void *context)
{
    struct fixture *fixture = context;
    file_driver.close(fixture->state);
    decode_clear(table(), fixture->options);
    free(fixture->options);
    free(fixture);
}

extern const struct contract_fixture contract_file;
const struct contract_fixture contract_file = {
    .type = "file",
    .can_be_cut = true,
    .open = fixture_open,
    .state = fixture_state,
    .show = fixture_show,
    .close = fixture_close,
};
