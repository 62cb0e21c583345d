#include "analysis/catalog.h"

#include "platform/yaml.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>

static struct document *parse(const char *text)
{
    struct document *document = NULL;
    struct serin_error err = {0};
    cr_assert(
        eq(int, yaml_parse(text_view_of(text), &document_limits_file, &document, &err), SERIN_OK),
        "%s", err.detail);
    return document;
}

static struct catalog *load(const struct document *document)
{
    const struct node *root = document_root(document);
    struct catalog *catalog = NULL;
    struct serin_error err = {0};
    cr_assert(eq(int,
                 catalog_create(node_find(root, text_view_of("sources")),
                                node_find(root, text_view_of("streams")), NULL, &catalog, &err),
                 SERIN_OK),
              "%s: %s", err.field, err.detail);
    return catalog;
}

static const struct catalog_stream *find(const struct catalog *catalog, const char *name)
{
    const struct catalog_stream *stream = NULL;
    cr_assert(eq(int, catalog_stream_find(catalog, name, &stream, NULL), SERIN_OK));
    return stream;
}

Test(catalog, the_store_is_not_asked_for_what_it_has_forgotten)
{
    owned(document) document = parse("streams:\n"
                                     "  - {name: short, retention: 1h, lookback: 2h}\n"
                                     "  - {name: long, retention: 2d, lookback: 1d}\n");
    owned(catalog) catalog = load(document);
    cr_assert(eq(i64, find(catalog, "short")->stream.lookback_ms, 3600000));
    cr_assert(eq(i64, find(catalog, "long")->stream.lookback_ms, 86400000));
}

Test(catalog, other_sources_keep_their_lookback)
{
    owned(document) document =
        parse("sources: [{name: p, type: prometheus, url: \"http://127.0.0.1:9\"}]\n"
              "streams:\n"
              "  - {name: s, source: p, metric: m_total, reference: r, label: l, pod: pod,\n"
              "     arm: {label: h}, retention: 1h, lookback: 2h}\n");
    owned(catalog) catalog = load(document);
    cr_assert(eq(i64, find(catalog, "s")->stream.lookback_ms, 7200000));
}

Test(catalog, maintenance_windows_are_half_open)
{
    owned(document) document =
        parse("streams:\n"
              "  - name: shop\n"
              "    maintenance: [{from: 1970-01-01T00:00:01Z, until: 1970-01-01T00:00:02Z}]\n");
    owned(catalog) catalog = load(document);
    const struct catalog_stream *shop = find(catalog, "shop");
    static const struct {
        int64_t now_ms;
        int is_open;
    } cases[] = {
        {999,  0},
        {1000, 1},
        {1999, 1},
        {2000, 0},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        cr_assert(
            eq(int,
               maintenance_is_open(shop->maintenance, shop->maintenance_count, cases[i].now_ms),
               cases[i].is_open),
            "at %lld", (long long)cases[i].now_ms);
    }
}
