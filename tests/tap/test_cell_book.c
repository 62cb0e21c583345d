#include "tap/cell_book.h"

#include "support/random.h"
#include "tap/label_rules.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>

static const struct hash_key key = {"a key for tests"};

static struct cell_book *new_book(size_t cells, size_t bytes)
{
    struct cell_limits limits = {cells, bytes};
    struct cell_book *book = cell_book_create(&limits, (struct text_view){0}, &key);
    cr_assert(book != NULL);
    return book;
}

static uint32_t count(struct cell_book *book, const char *reference, const char *label,
                      uint64_t events)
{
    struct cell cell = {.reference = CELL_NO_REFERENCE};
    cell.tuple = cell_book_intern(book, CELL_TUPLE, (struct text_view){0});
    if (reference) {
        cell.reference = cell_book_intern(book, CELL_REFERENCE, text_view_of(reference));
    }
    cell.label = cell_book_intern(book, CELL_LABEL, text_view_of(label));
    return cell_book_count(book, cell, events);
}

static const char *label_of(const struct cell_book *book, uint32_t index)
{
    return cell_book_text(book, CELL_LABEL, cell_book_cell(book, index).label).start;
}

static uint64_t sum(const struct cell_book *book)
{
    uint64_t total = 0;
    for (uint32_t i = 0; i < cell_book_size(book); i++) {
        total += cell_book_total(book, i);
    }
    return total;
}

Test(cell_book, equal_events_share_a_cell)
{
    owned(cell_book) book = new_book(100, 1 << 20);
    uint32_t first = count(book, "s1", "s2", 2);
    cr_assert(eq(u32, count(book, "s1", "s2", 3), first));
    cr_assert(ne(u32, count(book, NULL, "s2", 1), first));
    cr_assert(ne(u32, count(book, "s2", "s2", 1), first));
    cr_assert(eq(u64, cell_book_total(book, first), 5));
    cr_assert(eq(u64, cell_book_folded(book), 0));
}

Test(cell_book, a_flood_of_labels_is_counted_whole_within_the_limits)
{
    enum { EVENTS = 20000, CELLS = 50 };
    owned(cell_book) book = new_book(CELLS, 1 << 20);
    uint32_t kept = count(book, "s1", "s1", 1);
    for (unsigned i = 0; i < EVENTS; i++) {
        char label[16];
        (void)snprintf(label, sizeof(label), "x%u", i);
        uint32_t cell = count(book, i % 2 ? "s1" : NULL, label, 1);
        cr_assert(lt(sz, cell, CELLS));
    }
    cr_assert(eq(sz, cell_book_size(book), CELLS));
    cr_assert(eq(u64, sum(book), EVENTS + 1));
    cr_assert(eq(u64, cell_book_folded(book), EVENTS - (CELLS - 3)));
    cr_assert(eq(str, (char *)label_of(book, count(book, "s9", "new", 1)), LABEL_OTHER));
    cr_assert(eq(u32, count(book, "s1", "s1", 1), kept), "known cells are told apart as before");
}

Test(cell_book, bytes_never_pass_the_limit_whatever_comes)
{
    enum { BYTES = 64 * 1024 };
    struct random random = {.state = 11};
    owned(cell_book) book = new_book(1000000, BYTES);
    uint64_t events = 0;
    for (unsigned i = 0; i < 20000; i++) {
        char label[200];
        (void)snprintf(label, sizeof(label), "%0*zu", 1 + (int)random_below(&random, 150),
                       random_below(&random, 5000));
        (void)count(book, random_below(&random, 3) ? label : NULL, label, 2);
        events += 2;
        cr_assert(le(sz, cell_book_bytes(book), BYTES));
    }
    cr_assert(eq(u64, sum(book), events));
    cr_assert(gt(u64, cell_book_folded(book), 0));
}

Test(cell_book, without_memory_events_are_folded_and_not_lost)
{
    owned(cell_book) book = new_book(1000, 1 << 20);
    memory_fail_after(1);
    for (unsigned i = 0; i < 500; i++) {
        char label[16];
        (void)snprintf(label, sizeof(label), "x%u", i);
        (void)count(book, "s1", label, 1);
    }
    memory_fail_after(0);
    cr_assert(eq(u64, sum(book), 500));
    cr_assert(gt(u64, cell_book_folded(book), 0));
}

Test(cell_book, every_allocation_of_its_creation_may_fail)
{
    struct cell_limits limits = {100, 1 << 20};
    struct cell_book *book = NULL;
    uint64_t failures = 0;
    while (!book) {
        memory_fail_after(failures + 1);
        book = cell_book_create(&limits, (struct text_view){0}, &key);
        memory_fail_after(0);
        failures += book == NULL;
    }
    cell_book_destroy(book);
    cr_assert(ge(u64, failures, 8));
}
