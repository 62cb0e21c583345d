#include "source/otlp_logs.h"

#include "base/memory.h"
#include "source/json_members.h"

/* Whose attributes, in the order in which they are asked. */
enum owner { OWNER_RECORD, OWNER_BODY, OWNER_SCOPE, OWNER_RESOURCE, OWNERS };

struct attribute {
    struct text_view name;  /* a JSON text */
    struct text_view value; /* an AnyValue, or empty */
};

struct attribute_list {
    struct attribute *items;
    size_t count;
    size_t room;
};

struct otlp_attributes {
    struct attribute_list lists[OWNERS];
};

struct reader {
    struct json_scan scan; /* of the whole body, for columns */
    otlp_record_sink *sink;
    void *context;
    struct otlp_attributes attributes;
    struct otlp_record record;
};

static void clear(struct otlp_attributes *attributes)
{
    for (size_t i = 0; i < OWNERS; i++) {
        memory_free(attributes->lists[i].items);
    }
}

/* ---- lists and objects ----------------------------------------------------------------------- */

/* Reads each item of the list `value`, which may be absent. */
static enum serin_status each(const struct reader *reader, struct text_view value,
                              json_item_reader *read, void *context, struct serin_error *err)
{
    struct json_scan scan = json_within(&reader->scan, value);
    return value.length > 0 ? json_read_list(&scan, "a list", read, context, err) : SERIN_OK;
}

/* The members of the object `value`; where that is absent, so are they. */
static enum serin_status members(const struct reader *reader, struct text_view value,
                                 const struct text_view *names, size_t count, struct text_view *out,
                                 struct serin_error *err)
{
    struct json_scan scan = json_within(&reader->scan, value);
    if (value.length > 0) {
        return json_read_members(&scan, names, count, out, err);
    }
    for (size_t i = 0; i < count; i++) {
        out[i] = (struct text_view){0};
    }
    return SERIN_OK;
}

/* ---- attributes ------------------------------------------------------------------------------ */

static enum serin_status read_attribute(void *context, struct json_scan *scan,
                                        struct serin_error *err)
{
    static const struct text_view names[] = {TEXT_VIEW("key"), TEXT_VIEW("value")};
    struct attribute_list *list = context;
    struct text_view found[ARRAY_LENGTH(names)];
    enum serin_status status = memory_grow((void **)&list->items, &list->room, list->count + 1,
                                           sizeof(*list->items), OTLP_ATTRIBUTES_MAX);
    if (status != SERIN_OK) {
        return serin_fail(err, status,
                          status == SERIN_TOO_LARGE ? "more than %d attributes in one place"
                                                    : "no memory for %d attributes",
                          OTLP_ATTRIBUTES_MAX);
    }
    TRY(json_read_members(scan, names, ARRAY_LENGTH(names), found, err));
    list->items[list->count++] = (struct attribute){found[0], found[1]};
    return SERIN_OK;
}

static enum serin_status read_attributes(struct reader *reader, enum owner owner,
                                         struct text_view value, struct serin_error *err)
{
    struct attribute_list *list = &reader->attributes.lists[owner];
    list->count = 0;
    return each(reader, value, read_attribute, list, err);
}

/* The fields of a body that is a map. */
static enum serin_status read_body(struct reader *reader, struct text_view body,
                                   struct serin_error *err)
{
    static const struct text_view map[] = {TEXT_VIEW("kvlistValue")};
    static const struct text_view values[] = {TEXT_VIEW("values")};
    struct text_view found = {0};
    TRY(members(reader, body, map, 1, &found, err));
    TRY(members(reader, found, values, 1, &found, err));
    return read_attributes(reader, OWNER_BODY, found, err);
}

static struct text_view value_in(const struct attribute_list *list, struct text_view name)
{
    for (size_t i = 0; i < list->count; i++) {
        if (json_text_is(list->items[i].name, name)) {
            return list->items[i].value;
        }
    }
    return (struct text_view){0};
}

struct text_view otlp_record_value(const struct otlp_record *record, struct text_view name)
{
    for (size_t i = 0; i < OWNERS; i++) {
        struct text_view value = value_in(&record->attributes->lists[i], name);
        if (value.length > 0) {
            return value;
        }
    }
    return text_equals(name, "body") ? record->body : (struct text_view){0};
}

struct text_view otlp_resource_value(const struct otlp_record *record, struct text_view name)
{
    return value_in(&record->attributes->lists[OWNER_RESOURCE], name);
}

/* ---- records --------------------------------------------------------------------------------- */

static enum serin_status read_fields(struct reader *reader, struct json_scan *scan,
                                     struct serin_error *err)
{
    enum { TIME, OBSERVED_TIME, EVENT_NAME, BODY, ATTRIBUTES, FIELDS };
    static const struct text_view names[FIELDS] = {
        [TIME] = TEXT_VIEW("timeUnixNano"),     [OBSERVED_TIME] = TEXT_VIEW("observedTimeUnixNano"),
        [EVENT_NAME] = TEXT_VIEW("eventName"),  [BODY] = TEXT_VIEW("body"),
        [ATTRIBUTES] = TEXT_VIEW("attributes"),
    };
    struct text_view found[FIELDS];
    struct otlp_record *record = &reader->record;
    TRY(json_read_members(scan, names, FIELDS, found, err));
    TRY(read_attributes(reader, OWNER_RECORD, found[ATTRIBUTES], err));
    TRY(read_body(reader, found[BODY], err));
    record->time = found[TIME];
    record->observed_time = found[OBSERVED_TIME];
    record->event_name = found[EVENT_NAME];
    record->body = found[BODY];
    return SERIN_OK;
}

static enum serin_status read_record(void *context, struct json_scan *scan, struct serin_error *err)
{
    struct reader *reader = context;
    reader->record.number++;
    enum serin_status status = read_fields(reader, scan, err);
    if (status != SERIN_OK) {
        serin_error_at(err, "log record %llu", (unsigned long long)reader->record.number);
        return status;
    }
    return reader->sink(reader->context, &reader->record, err);
}

static enum serin_status read_scope_logs(void *context, struct json_scan *scan,
                                         struct serin_error *err)
{
    struct reader *reader = context;
    enum { SCOPE, RECORDS, FIELDS };
    static const struct text_view names[FIELDS] = {
        [SCOPE] = TEXT_VIEW("scope"), [RECORDS] = TEXT_VIEW("logRecords")};
    enum { SCOPE_NAME, SCOPE_ATTRIBUTES, SCOPE_FIELDS };
    static const struct text_view scope_names[SCOPE_FIELDS] = {
        [SCOPE_NAME] = TEXT_VIEW("name"), [SCOPE_ATTRIBUTES] = TEXT_VIEW("attributes")};
    struct text_view found[FIELDS];
    struct text_view scope[SCOPE_FIELDS];
    TRY(json_read_members(scan, names, FIELDS, found, err));
    TRY(members(reader, found[SCOPE], scope_names, SCOPE_FIELDS, scope, err));
    TRY(read_attributes(reader, OWNER_SCOPE, scope[SCOPE_ATTRIBUTES], err));
    reader->record.scope = scope[SCOPE_NAME];
    return each(reader, found[RECORDS], read_record, reader, err);
}

/* The resource counts for its records wherever it stands. */
static enum serin_status read_resource_logs(void *context, struct json_scan *scan,
                                            struct serin_error *err)
{
    struct reader *reader = context;
    enum { RESOURCE, SCOPES, FIELDS };
    static const struct text_view names[FIELDS] = {
        [RESOURCE] = TEXT_VIEW("resource"), [SCOPES] = TEXT_VIEW("scopeLogs")};
    static const struct text_view attributes[] = {TEXT_VIEW("attributes")};
    struct text_view found[FIELDS];
    struct text_view list = {0};
    TRY(json_read_members(scan, names, FIELDS, found, err));
    TRY(members(reader, found[RESOURCE], attributes, 1, &list, err));
    TRY(read_attributes(reader, OWNER_RESOURCE, list, err));
    return each(reader, found[SCOPES], read_scope_logs, reader, err);
}

static enum serin_status read_request(struct reader *reader, struct serin_error *err)
{
    static const struct text_view names[] = {TEXT_VIEW("resourceLogs")};
    struct text_view list = {0};
    struct json_scan scan = reader->scan;
    TRY(json_read_members(&scan, names, 1, &list, err));
    TRY(json_read_end(&scan, "the end of the body", err));
    return each(reader, list, read_resource_logs, reader, err);
}

enum serin_status otlp_logs_read(struct text_view body, otlp_record_sink *sink, void *context,
                                 struct serin_error *err)
{
    struct reader reader = {.scan = json_scan_of(body), .sink = sink, .context = context};
    reader.record.attributes = &reader.attributes;
    enum serin_status status = read_request(&reader, err);
    clear(&reader.attributes);
    return status;
}
