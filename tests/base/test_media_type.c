#include "base/media_type.h"

#include "base/memory.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <criterion/parameterized.h>

struct media_case {
    char text[64];
    bool is_event; /* application/cloudevents+json */
    bool is_json;
};

ParameterizedTestParameters(media_type, letters_and_parameters_do_not_matter)
{
    static struct media_case cases[] = {
        {"application/cloudevents+json",                  true,  true },
        {"Application/CloudEvents+JSON",                  true,  true },
        {" application/cloudevents+json ; charset=utf-8", true,  true },
        {"application/cloudevents+json;",                 true,  true },
        {"application/cloudevents+jsonx",                 false, false},
        {"application/cloudevents-batch+json",            false, true },
        {"application/json",                              false, true },
        {"text/json; charset=utf-8",                      false, true },
        {"application/x-protobuf",                        false, false},
        {"application/x-ndjson",                          false, false},
        {"+json",                                         false, false},
        {"json",                                          false, false},
        {"; application/json",                            false, false},
        {"",                                              false, false},
    };
    return cr_make_param_array(struct media_case, cases, ARRAY_LENGTH(cases));
}

ParameterizedTest(struct media_case *c, media_type, letters_and_parameters_do_not_matter)
{
    struct text_view text = text_view_of(c->text);
    cr_assert(eq(int, media_type_is(text, "application/cloudevents+json"), c->is_event), "%s",
              c->text);
    cr_assert(eq(int, media_type_is_json(text), c->is_json), "%s", c->text);
}

Test(media_type, none_is_no_type)
{
    cr_assert(not(media_type_is_json((struct text_view){0})));
}
