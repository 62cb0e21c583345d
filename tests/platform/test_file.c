#include "platform/file.h"

#include "base/memory.h"
#include "support/temp_folder.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

Test(file, reads_what_was_written)
{
    const char *path = temp_path("plain");
    cr_assert(eq(int, file_write_atomic(path, "one\0two", 7, NULL), SERIN_OK));
    char *bytes = NULL;
    size_t length = 0;
    cr_assert(eq(int, file_read(path, 7, &bytes, &length, NULL), SERIN_OK));
    cr_assert(eq(sz, length, 7));
    cr_assert(eq(int, memcmp(bytes, "one\0two", 8), 0));
    memory_free(bytes);
}

Test(file, an_empty_file_is_an_empty_text)
{
    const char *path = temp_file("empty", "", 0);
    char *bytes = NULL;
    size_t length = 1;
    cr_assert(eq(int, file_read(path, 0, &bytes, &length, NULL), SERIN_OK));
    cr_assert(eq(sz, length, 0));
    cr_assert(eq(str, bytes, ""));
    memory_free(bytes);
}

Test(file, a_long_file_is_read_whole)
{
    enum { LENGTH = 300001 };
    char *text = memory_allocate(LENGTH, 1);
    memset(text, 'x', LENGTH);
    const char *path = temp_file("long", text, LENGTH);
    char *bytes = NULL;
    size_t length = 0;
    cr_assert(eq(int, file_read(path, LENGTH, &bytes, &length, NULL), SERIN_OK));
    cr_assert(eq(sz, length, LENGTH));
    cr_assert(eq(int, memcmp(bytes, text, LENGTH), 0));
    memory_free(bytes);
    memory_free(text);
}

static enum serin_status read_with_limit(const char *path, size_t limit, struct serin_error *err)
{
    char *bytes = NULL;
    size_t length = 0;
    enum serin_status status = file_read(path, limit, &bytes, &length, err);
    memory_free(bytes);
    return status;
}

Test(file, one_byte_beyond_the_limit_is_too_large)
{
    const char *path = temp_file("limit", "12345", 5);
    struct serin_error err = {.status = SERIN_OK};
    cr_assert(eq(int, read_with_limit(path, 5, NULL), SERIN_OK));
    cr_assert(eq(int, read_with_limit(path, 4, &err), SERIN_TOO_LARGE));
    cr_assert(ne(ptr, strstr(err.detail, path), NULL));
    cr_assert(eq(int, read_with_limit("/dev/zero", 100000, NULL), SERIN_TOO_LARGE));
}

Test(file, failures_say_what_kind_they_are)
{
    cr_assert(eq(int, read_with_limit(temp_path("missing"), 5, NULL), SERIN_NOT_FOUND));
    cr_assert(eq(int, read_with_limit(temp_folder(), 5, NULL), SERIN_INVALID));
    cr_assert(eq(int, file_write_atomic(temp_path("no/folder"), "x", 1, NULL), SERIN_NOT_FOUND));
}

Test(file, a_failed_replacement_leaves_the_old_file_and_nothing_beside_it)
{
    cr_assert(eq(int, mkdir(temp_path("taken"), 0755), 0));
    (void)temp_file("taken/inside", "x", 1);
    struct serin_error err = {.status = SERIN_OK};
    cr_assert(ne(int, file_write_atomic(temp_path("taken"), "new", 3, &err), SERIN_OK));
    cr_assert(eq(int, rmdir(temp_folder()), -1));
    cr_assert(eq(int, unlink(temp_path("taken/inside")), 0));
    cr_assert(eq(int, rmdir(temp_path("taken")), 0));
    /* Nothing else may be left: now the folder itself can go. */
    cr_assert(eq(int, rmdir(temp_folder()), 0));
}

Test(file, running_out_of_memory_is_reported)
{
    const char *path = temp_file("memory", "12345", 5);
    memory_fail_after(1);
    enum serin_status status = read_with_limit(path, 5, NULL);
    memory_fail_after(0);
    cr_assert(eq(int, status, SERIN_NO_MEMORY));
}

/* ---- piece by piece -------------------------------------------------------------------------- */

struct pieces {
    size_t length;
    size_t sum;
    size_t count;
    size_t refuse_at; /* the piece to refuse; 0: none */
};

static enum serin_status take_piece(void *context, const char *bytes, size_t length,
                                    struct serin_error *err)
{
    struct pieces *pieces = context;
    cr_assert(gt(sz, length, 0));
    for (size_t i = 0; i < length; i++) {
        pieces->sum += (unsigned char)bytes[i];
    }
    pieces->length += length;
    pieces->count++;
    return pieces->count == pieces->refuse_at ? serin_fail(err, SERIN_CONFLICT, "enough")
                                              : SERIN_OK;
}

Test(file, a_long_file_comes_in_pieces_that_add_up)
{
    enum { LENGTH = 300001 };
    char *text = memory_allocate(LENGTH, 1);
    memset(text, 'x', LENGTH);
    const char *path = temp_file("long", text, LENGTH);
    struct pieces pieces = {0};
    cr_assert(eq(int, file_stream(path, take_piece, &pieces, NULL), SERIN_OK));
    cr_assert(eq(sz, pieces.length, LENGTH));
    cr_assert(eq(sz, pieces.sum, (size_t)LENGTH * 'x'));
    cr_assert(gt(sz, pieces.count, 1));
    memory_free(text);
}

Test(file, the_sink_can_end_a_reading)
{
    enum { LENGTH = 300001 };
    char *text = memory_allocate(LENGTH, 1);
    const char *path = temp_file("long", text, LENGTH);
    struct pieces pieces = {.refuse_at = 2};
    struct serin_error err = {0};
    cr_assert(eq(int, file_stream(path, take_piece, &pieces, &err), SERIN_CONFLICT));
    cr_assert(eq(str, err.detail, "enough"));
    cr_assert(eq(sz, pieces.count, 2));
    memory_free(text);
}

Test(file, streaming_fails_as_reading_does)
{
    struct pieces pieces = {0};
    const char *path = temp_file("present", "x", 1);
    cr_assert(
        eq(int, file_stream(temp_path("absent"), take_piece, &pieces, NULL), SERIN_NOT_FOUND));
    cr_assert(eq(int, file_stream("/", take_piece, &pieces, NULL), SERIN_INVALID));
    memory_fail_after(1);
    enum serin_status status = file_stream(path, take_piece, &pieces, NULL);
    memory_fail_after(0);
    cr_assert(eq(int, status, SERIN_NO_MEMORY));
    cr_assert(eq(sz, pieces.count, 0));
}
