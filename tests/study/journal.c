#include "study/journal.h"

#include "base/number.h"
#include "platform/file.h"
#include "study/words.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FILE_MAX = 1 << 30, LINE_MAX_BYTES = 1 << 14, ENTRIES_MAX = 1 << 24 };

struct entry {
    struct journal_key key;
    struct tallies tallies;
};

struct journal {
    FILE *file;
    struct entry *entries; /* sorted by key */
    size_t count;
    size_t capacity;
    size_t measure_count;
};

void journal_close(struct journal *journal)
{
    if (journal) {
        if (journal->file) {
            (void)fclose(journal->file); /* each line was flushed and checked */
        }
        memory_free(journal->entries);
        memory_free(journal);
    }
}

static int compare_keys(const void *left, const void *right)
{
    const struct journal_key *a = left;
    const struct journal_key *b = right;
    if (a->cell != b->cell) {
        return a->cell < b->cell ? -1 : 1;
    }
    if (a->stage != b->stage) {
        return a->stage < b->stage ? -1 : 1;
    }
    return (a->chunk > b->chunk) - (a->chunk < b->chunk);
}

static enum serin_status read_number(struct text_view *rest, uint64_t *out)
{
    return number_parse_uint64(words_next(rest, ' '), out);
}

/* "cell stage chunk tallies" */
static enum serin_status read_line(struct text_view line, size_t measure_count, struct entry *out)
{
    struct entry entry = {.tallies = {.measure_count = measure_count}};
    uint64_t stage = 0;
    uint64_t chunk = 0;
    TRY(read_number(&line, &entry.key.cell));
    TRY(read_number(&line, &stage));
    TRY(read_number(&line, &chunk));
    TRY(tallies_read(line, &entry.tallies));
    entry.key.stage = (size_t)stage;
    entry.key.chunk = (size_t)chunk;
    *out = entry;
    return SERIN_OK;
}

static enum serin_status add_entry(struct journal *journal, const struct entry *entry)
{
    void *items = journal->entries;
    TRY(memory_grow(&items, &journal->capacity, journal->count + 1, sizeof(*entry), ENTRIES_MAX));
    journal->entries = items;
    journal->entries[journal->count++] = *entry;
    return SERIN_OK;
}

static enum serin_status read_entries(struct journal *journal, struct text_view text)
{
    struct entry entry;
    while (text.length > 0) {
        if (read_line(words_next(&text, '\n'), journal->measure_count, &entry) == SERIN_OK) {
            TRY(add_entry(journal, &entry));
        }
    }
    if (journal->count > 0) {
        qsort(journal->entries, journal->count, sizeof(*journal->entries), compare_keys);
    }
    return SERIN_OK;
}

static void write_head(uint64_t program, char out[static 64])
{
    (void)snprintf(out, 64, "serin study %016" PRIx64, program);
}

/* Reads what the same program wrote; says whether the file can be continued. */
static enum serin_status load(struct journal *journal, const char *path, uint64_t program,
                              bool *out_continues, struct serin_error *err)
{
    owned_memory char *text = NULL;
    size_t length = 0;
    char head[64];
    enum serin_status status = file_read(path, FILE_MAX, &text, &length, err);
    if (status == SERIN_NOT_FOUND) {
        return SERIN_OK;
    }
    TRY(status);
    write_head(program, head);
    struct text_view rest = {text, length};
    if (length == 0 || !text_equals(words_next(&rest, '\n'), head)) {
        return SERIN_OK;
    }
    if (read_entries(journal, rest) != SERIN_OK) {
        return serin_fail(err, SERIN_NO_MEMORY, "the chunks in %s", path);
    }
    *out_continues = true;
    return SERIN_OK;
}

static enum serin_status write_failed(struct serin_error *err)
{
    return serin_fail(err, SERIN_UNAVAILABLE, "cannot write the study's chunks: %s",
                      strerror(errno));
}

/* A line that was cut short by a crash is ended, so that the next one stands alone. */
static enum serin_status begin_writing(struct journal *journal, const char *path, uint64_t program,
                                       bool continues, struct serin_error *err)
{
    char head[64] = "";
    journal->file = fopen(path, continues ? "ae" : "we");
    if (!journal->file) {
        return serin_fail(err, SERIN_UNAVAILABLE, "cannot write %s: %s", path, strerror(errno));
    }
    if (!continues) {
        write_head(program, head);
    }
    if (fprintf(journal->file, "%s\n", head) < 0 || fflush(journal->file) != 0) {
        return write_failed(err);
    }
    return SERIN_OK;
}

enum serin_status journal_open(const char *path, uint64_t program, size_t measure_count,
                               struct journal **out, struct serin_error *err)
{
    bool continues = false;
    owned(journal) journal = memory_allocate(1, sizeof(*journal));
    if (!journal) {
        return serin_fail(err, SERIN_NO_MEMORY, "the chunks of a study");
    }
    journal->measure_count = measure_count;
    TRY(load(journal, path, program, &continues, err));
    TRY(begin_writing(journal, path, program, continues, err));
    *out = give(journal);
    return SERIN_OK;
}

bool journal_find(const struct journal *journal, const struct journal_key *key, struct tallies *out)
{
    if (journal->count == 0) {
        return false;
    }
    const struct entry *found =
        bsearch(key, journal->entries, journal->count, sizeof(*journal->entries), compare_keys);
    if (found) {
        *out = found->tallies;
    }
    return found != NULL;
}

enum serin_status journal_add(struct journal *journal, const struct journal_key *key,
                              const struct tallies *tallies, struct serin_error *err)
{
    owned(buffer) line = buffer_create(LINE_MAX_BYTES);
    if (!line) {
        return serin_fail(err, SERIN_NO_MEMORY, "a chunk of a study");
    }
    buffer_printf(line, "%" PRIu64 " %zu %zu ", key->cell, key->stage, key->chunk);
    tallies_write(tallies, line);
    buffer_append_char(line, '\n');
    TRY(buffer_status(line));
    struct text_view text = buffer_view(line);
    if (fwrite(text.start, 1, text.length, journal->file) != text.length ||
        fflush(journal->file) != 0) {
        return write_failed(err);
    }
    return SERIN_OK;
}
