#include "source/source.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>

/* Calls `check` for every type that source_driver_types names. */
static size_t for_each_type(void (*check)(const char *type))
{
    char types[SOURCE_TYPES_SIZE];
    const char *at = source_driver_types(types);
    size_t count = 0;
    while (*at) {
        char type[32] = "";
        size_t length = strcspn(at, ",");
        cr_assert(lt(sz, length, sizeof(type)));
        memcpy(type, at, length);
        check(type);
        at += length + strspn(at + length, ", ");
        count++;
    }
    return count;
}

static void check_driver(const char *type)
{
    const struct source_driver *driver = source_driver_find(type);
    struct serin_error err = {0};
    cr_assert(ne(ptr, (void *)driver, NULL), "%s", type);
    cr_assert(eq(str, (char *)driver->type, (char *)type));
    cr_assert(driver->help && driver->open && driver->fetch && driver->ping && driver->close);
    const struct decode_table table = {driver->options, driver->option_count, driver->options_size};
    cr_assert(eq(int, decode_table_check(&table, &err), SERIN_OK), "%s: %s: %s", type, err.field,
              err.detail);
}

Test(drivers, every_type_named_has_a_complete_driver)
{
    cr_assert(gt(sz, for_each_type(check_driver), 0));
}

Test(drivers, an_unknown_type_has_none)
{
    cr_assert(eq(ptr, (void *)source_driver_find("abacus"), NULL));
    cr_assert(eq(ptr, (void *)source_driver_find(""), NULL));
}
