#include "analysis/otlp_mapping.h"

#include "base/memory.h"

#include <string.h>

/* ---- slices ---------------------------------------------------------------------------------- */

static void release_slices(void *member)
{
    struct otlp_slices *slices = member;
    for (size_t i = 0; i < slices->count; i++) {
        memory_free(slices->items[i].dimension);
        memory_free(slices->items[i].attribute);
    }
    *slices = (struct otlp_slices){.count = 0};
}

static enum serin_status add_slice(struct otlp_slices *slices, const struct node *node,
                                   const char *path, struct serin_error *err)
{
    char place[DECODE_PATH_SIZE];
    struct text_view dimension = node_key(node);
    decode_path_field(path, dimension.start, place);
    TRY(decode_expect(node, NODE_TEXT, place, err));
    struct text_view attribute = node_text(node);
    if (attribute.length == 0) {
        return decode_fail(node, place, err, "empty; name the attribute with the dimension");
    }
    if (slices->count == SLICE_DIMENSIONS_MAX) {
        return decode_fail(node, place, err, "more than %d dimensions", SLICE_DIMENSIONS_MAX);
    }
    struct otlp_slice *slice = &slices->items[slices->count++];
    slice->dimension = memory_copy_text(dimension.start, dimension.length);
    slice->attribute = memory_copy_text(attribute.start, attribute.length);
    return slice->dimension && slice->attribute
               ? SERIN_OK
               : serin_fail(err, SERIN_NO_MEMORY, "no memory for the slices");
}

static enum serin_status read_slices(const struct node *node, const char *path, void *member,
                                     struct serin_error *err)
{
    struct otlp_slices slices = {.count = 0};
    TRY(decode_expect(node, NODE_MAP, path, err));
    for (const struct node *each = node_first(node); each; each = node_next(each)) {
        enum serin_status status = add_slice(&slices, each, path, err);
        if (status != SERIN_OK) {
            release_slices(&slices);
            return status;
        }
    }
    release_slices(member);
    *(struct otlp_slices *)member = slices;
    return SERIN_OK;
}

/* ---- the map --------------------------------------------------------------------------------- */

#define ATTRIBUTE(member)                                                                          \
    .name = #member, DECODE_TEXT(struct otlp_mapping, member), .maximum = "256"

static const struct decode_field fields[] = {
    {ATTRIBUTE(event_name),
     .help = "label events are the log records of this name: eventName, or the attribute "
             "event.name"},
    {ATTRIBUTE(service), .help = "and only those of this service: service.name of the resource"},
    {ATTRIBUTE(scope), .help = "and only those of this instrumentation scope"},
    {ATTRIBUTE(label), .fallback = "label", .help = "attribute with the emitted label"},
    {ATTRIBUTE(reference), .fallback = "reference", .help = "attribute with the reference label"},
    {ATTRIBUTE(key), .fallback = "key", .help = "attribute with the item id"},
    {ATTRIBUTE(arm), .fallback = "k8s.pod.label.rollouts-pod-template-hash",
     .help = "attribute with the pod-template hash or another arm value"},
    {ATTRIBUTE(pod), .fallback = "k8s.pod.name", .help = "attribute with the pod"},
    {ATTRIBUTE(time),
     .help = "attribute with the time, RFC 3339 or Unix milliseconds; without it the record's "
             "timeUnixNano"},
    {ATTRIBUTE(count), .help = "attribute with a number of events; without it a record is one"},
    {.name = "slices",
     DECODE_CUSTOM(struct otlp_mapping, slices, read_slices, release_slices),
     .takes = "a map of dimensions to attributes",
     .help = "attributes of slice dimensions that are called otherwise, e.g. {region: "
             "cloud.region}"},
};
const struct decode_table otlp_mapping_table = DECODE_TABLE(struct otlp_mapping, fields);

enum serin_status otlp_mapping_check(const struct otlp_mapping *mapping,
                                     const struct stream *stream, const struct node *node,
                                     const char *path, struct serin_error *err)
{
    char place[DECODE_PATH_SIZE];
    char inner[DECODE_PATH_SIZE];
    decode_path_field(path, "otlp", place);
    if (!mapping->event_name && !mapping->service && !mapping->scope) {
        return decode_fail(node, place, err,
                           "says of no log records that they are label events; give it event_name, "
                           "service or scope");
    }
    for (size_t i = 0; i < mapping->slices.count; i++) {
        struct text_view dimension = text_view_of(mapping->slices.items[i].dimension);
        if (!stream_has_slice(stream, dimension)) {
            decode_path_field(place, "slices", inner);
            return decode_fail(node, inner, err,
                               "%s is no slice dimension of the stream; add it to its slices",
                               TEXT_QUOTE(dimension));
        }
    }
    return SERIN_OK;
}

const char *otlp_mapping_slice(const struct otlp_mapping *mapping, const char *dimension)
{
    for (size_t i = 0; i < mapping->slices.count; i++) {
        if (strcmp(mapping->slices.items[i].dimension, dimension) == 0) {
            return mapping->slices.items[i].attribute;
        }
    }
    return dimension;
}
