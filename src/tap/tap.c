#include "tap/tap.h"

#include "platform/file.h"
#include "platform/thread.h"
#include "source/key_sample.h"
#include "source/slice_tuple.h"
#include "tap/line_feed.h"
#include "tap/tap_state.h"

#include <string.h>
#include <unistd.h>

enum {
    ANSWER_PARTS = 4, /* of a report of all blocks and keys: as counts, and as bytes that grow */
    PARTS_OF_BUDGET = TAP_PARTS + ANSWER_PARTS,
    SECRET_BYTES_MIN = 16,
    SECRET_BYTES_MAX = 64 * 1024
};
/* Hash tables that are there from the start, pieces being read, threads. */
#define FIXED_BYTES ((size_t)4 * 1024 * 1024)

#define BLOCK_WIDTH_MAX_MS INT64_C(3600000)

const char *tap_part_name(enum tap_part part)
{
    static const char *const names[TAP_PARTS] = {"counters", "blocks", "keys", "outbox"};
    return names[part];
}

/* ---- creating -------------------------------------------------------------------------------- */

static enum serin_status no_memory(struct serin_error *err)
{
    return serin_fail(err, SERIN_NO_MEMORY, "no memory for the tap");
}

static enum serin_status name_pod(struct tap *tap, struct serin_error *err)
{
    const char *given = tap->options->pod;
    if (given) {
        (void)strncpy(tap->pod, given, TAP_NAME_MAX);
        return SERIN_OK;
    }
    if (gethostname(tap->pod, TAP_NAME_MAX) != 0 || tap->pod[0] == '\0') {
        serin_error_at(err, "pod");
        return serin_fail(err, SERIN_INVALID, "the host has no name; give the pod's");
    }
    return SERIN_OK;
}

static enum serin_status read_secret(struct tap *tap, struct serin_error *err)
{
    owned_memory char *secret = NULL;
    size_t length = 0;
    const char *path = tap->options->key_secret_file;
    if (tap->options->sample_keys <= 0.0) {
        return SERIN_OK;
    }
    serin_error_at(err, "key_secret_file");
    if (!path) {
        return serin_fail(err, SERIN_INVALID,
                          "keys are sampled only under a secret; give a file with one, the same "
                          "in all pods, or leave out sample_keys");
    }
    TRY(file_read(path, SECRET_BYTES_MAX, &secret, &length, err));
    enum serin_status status =
        length < SECRET_BYTES_MIN
            ? serin_fail(err, SERIN_INVALID, "%s holds %zu bytes; a secret has %d at least", path,
                         length, SECRET_BYTES_MIN)
            : keyed_digest_create(secret, length, &tap->digest, err);
    explicit_bzero(secret, length);
    return status;
}

static enum serin_status create_rules(struct tap *tap, struct serin_error *err)
{
    const struct tap_options *options = tap->options;
    struct label_rules_options rules = {.allowed = options->labels,
                                        .allowed_count = options->label_count,
                                        .pattern = options->label_pattern,
                                        .keeps_personal = options->keeps_personal_data};
    TRY(event_reader_create(options, &tap->reader, err));
    serin_error_at(err, "label_pattern");
    TRY(label_rules_create(&rules, &tap->rules, err));
    serin_error_clear(err);
    return SERIN_OK;
}

static void share_budget(struct tap *tap)
{
    size_t share = ((size_t)tap->options->budget - FIXED_BYTES) / PARTS_OF_BUDGET;
    for (size_t part = 0; part < TAP_PARTS; part++) {
        tap->budgets[part] = share;
    }
}

/* Two buckets at least with every cell: else each minute would forget the one before. */
static size_t cell_limit(const struct tap *tap)
{
    size_t by_blocks = tap->budgets[TAP_PART_BLOCKS] / (2 * BLOCK_LOG_CELL_BYTES) - 32;
    size_t by_option = (size_t)tap->options->series;
    return by_option < by_blocks ? by_option : by_blocks;
}

/* Every dimension reads (other). */
static struct text_view other_tuple(const struct tap *tap, char buffer[TUPLE_BYTES_MAX])
{
    struct slice_value slices[SLICE_DIMENSIONS_MAX];
    size_t count = event_reader_dimension_count(tap->reader);
    for (size_t i = 0; i < count; i++) {
        slices[i] =
            (struct slice_value){event_reader_dimension(tap->reader, i), TEXT_VIEW(LABEL_OTHER)};
    }
    return (struct text_view){buffer, tuple_encode(slices, count, buffer)};
}

struct block_log *tap_block_log_create(const struct tap *tap, size_t bytes)
{
    struct block_log_options options = {.bytes = bytes,
                                        .width_ms = tap->options->block_ms,
                                        .width_max_ms = BLOCK_WIDTH_MAX_MS,
                                        .retention_ms = tap->options->retention_ms};
    return block_log_create(&options);
}

static enum serin_status create_logs(struct tap *tap, struct serin_error *err)
{
    const struct tap_options *options = tap->options;
    char tuple[TUPLE_BYTES_MAX];
    struct hash_key key;
    TRY(random_bytes(key.bytes, sizeof(key.bytes), err));
    struct cell_limits cells = {.cells = cell_limit(tap), .bytes = tap->budgets[TAP_PART_COUNTERS]};
    struct key_log_options keys = {.bytes = tap->budgets[TAP_PART_KEYS],
                                   .rate = options->sample_keys,
                                   .retention_ms = options->key_retention_ms};
    tap->book = cell_book_create(&cells, other_tuple(tap, tuple), &key);
    tap->blocks = tap_block_log_create(tap, tap->budgets[TAP_PART_BLOCKS]);
    tap->keys = key_log_create(&keys);
    return tap->book && tap->blocks && tap->keys ? SERIN_OK : no_memory(err);
}

enum serin_status tap_create(const struct tap_options *options, const struct clock *clock,
                             struct tap **out, struct serin_error *err)
{
    owned(tap) tap = memory_allocate(1, sizeof(*tap));
    if (!tap) {
        return no_memory(err);
    }
    mutex_init(&tap->mutex);
    tap->options = options;
    tap->clock = clock;
    tap->start_ms = clock_wall(clock).unix_ms;
    TRY(random_bytes(&tap->start_id, sizeof(tap->start_id), err));
    TRY(name_pod(tap, err));
    TRY(read_secret(tap, err));
    TRY(create_rules(tap, err));
    share_budget(tap);
    TRY(create_logs(tap, err));
    *out = give(tap);
    return SERIN_OK;
}

void tap_destroy(struct tap *tap)
{
    if (tap) {
        event_reader_destroy(tap->reader);
        label_rules_destroy(tap->rules);
        cell_book_destroy(tap->book);
        block_log_destroy(tap->blocks);
        key_log_destroy(tap->keys);
        keyed_digest_destroy(tap->digest);
        block_log_destroy(tap->outbox);
        mutex_clear(&tap->mutex);
        memory_free(tap);
    }
}

/* ---- one event ------------------------------------------------------------------------------- */

static struct text_view ruled(struct tap *tap, struct label_ruling ruling)
{
    tap->counts.not_allowed += ruling.fate == LABEL_NOT_ALLOWED;
    tap->counts.masked[ruling.kind] += ruling.fate == LABEL_PERSONAL;
    return ruling.text;
}

/* A text that is known was allowed when it came first. */
static uint32_t text_id(struct tap *tap, enum cell_text kind, struct text_view text, bool is_cut)
{
    uint32_t id = 0;
    if (cell_book_find(tap->book, kind, text, &id)) {
        return id;
    }
    struct text_view allowed = is_cut ? text : ruled(tap, label_rules_apply(tap->rules, text));
    return cell_book_intern(tap->book, kind, allowed);
}

static uint32_t tuple_id(struct tap *tap, struct label_event *event)
{
    char tuple[TUPLE_BYTES_MAX];
    uint32_t id = 0;
    struct text_view text = {tuple, tuple_encode(event->slices, event->slice_count, tuple)};
    if (cell_book_find(tap->book, CELL_TUPLE, text, &id)) {
        return id;
    }
    for (size_t i = 0; i < event->slice_count; i++) {
        event->slices[i].value = ruled(tap, label_rules_mask(tap->rules, event->slices[i].value));
    }
    text.length = tuple_encode(event->slices, event->slice_count, tuple);
    return cell_book_intern(tap->book, CELL_TUPLE, text);
}

static uint32_t count_cell(struct tap *tap, struct label_event *event)
{
    struct cell cell = {.reference = CELL_NO_REFERENCE};
    cell.tuple = tuple_id(tap, event);
    if (event->has_reference) {
        cell.reference = text_id(tap, CELL_REFERENCE, event->reference,
                                 event_reader_cuts_references(tap->reader));
    }
    cell.label = text_id(tap, CELL_LABEL, event->label, event_reader_cuts_labels(tap->reader));
    return cell_book_count(tap->book, cell, event->count);
}

/* What comes without a time, or from the future, came now. */
static int64_t time_of(const struct label_event *event, int64_t now_ms)
{
    return event->time_ms >= 0 && event->time_ms < now_ms ? event->time_ms : now_ms;
}

/* Where an event stands in the order in which sampling leaves events out. */
static double place_of(const struct tap *tap, const struct label_event *event)
{
    struct text_view number = {(const char *)&tap->counts.events, sizeof(tap->counts.events)};
    return sample_place(event->has_key ? event->key : number);
}

static void keep_key(struct tap *tap, const struct label_event *event, double place, uint32_t cell,
                     int64_t now_ms)
{
    uint8_t code[SHA256_BYTES];
    if (keyed_digest_compute(tap->digest, event->key.start, event->key.length, code, NULL) !=
        SERIN_OK) {
        tap->counts.keys_dropped++;
        return;
    }
    struct kept_key item = {
        .place = place, .time_ms = time_of(event, now_ms), .count = event->count, .cell = cell};
    memcpy(&item.key, code, sizeof(item.key));
    tap->counts.keys_dropped += !key_log_add(tap->keys, &item, now_ms);
}

/* A reference that comes after its label matters to those who know the item: by its key. */
static void take_reference(struct tap *tap, const struct label_event *event, int64_t now_ms)
{
    double place = tap->digest ? place_of(tap, event) : 1.0;
    if (!tap->digest || !key_log_keeps(tap->keys, place)) {
        return;
    }
    struct cell cell = {.label = CELL_NO_LABEL};
    cell.reference =
        text_id(tap, CELL_REFERENCE, event->reference, event_reader_cuts_references(tap->reader));
    uint32_t index = cell_book_count(tap->book, cell, 0);
    if (cell_book_cell(tap->book, index).label == CELL_NO_LABEL) {
        keep_key(tap, event, place, index, now_ms);
    } else {
        tap->counts.keys_dropped++; /* there was no room for the cell */
    }
}

static void put_into_outbox(struct tap *tap, const struct label_event *event, double place,
                            uint32_t cell, int64_t now_ms)
{
    bool is_in = block_log_keeps(tap->outbox, place) &&
                 block_log_add(tap->outbox, time_of(event, now_ms), now_ms, cell, event->count);
    tap->counts.unsent += is_in ? 0 : event->count;
}

static bool needs_place(const struct tap *tap, bool is_sampled)
{
    return is_sampled || block_log_rate(tap->blocks) < 1.0 ||
           (tap->outbox && block_log_rate(tap->outbox) < 1.0);
}

static void take_event(struct tap *tap, struct label_event *event, int64_t now_ms)
{
    uint32_t cell = count_cell(tap, event);
    double place = 0.0;
    bool is_sampled = tap->digest && event->has_key;
    if (needs_place(tap, is_sampled)) {
        place = place_of(tap, event);
    }
    if (!block_log_keeps(tap->blocks, place)) {
        tap->counts.sampled_out += event->count;
    } else if (!block_log_add(tap->blocks, time_of(event, now_ms), now_ms, cell, event->count)) {
        tap->counts.late += event->count;
    }
    if (tap->outbox) {
        put_into_outbox(tap, event, place, cell, now_ms);
    }
    if (is_sampled && key_log_keeps(tap->keys, place)) {
        keep_key(tap, event, place, cell, now_ms);
    }
    tap->counts.events += event->count;
    tap->counts.time_unreadable += event->time_ms == EVENT_TIME_UNREADABLE ? event->count : 0;
}

/* ---- intakes --------------------------------------------------------------------------------- */

struct tap_intake {
    struct tap *tap;
    struct line_feed *feed;
    int64_t now_ms; /* when the piece at hand came */
    struct tap_intake_counts counts;
};

static void take_line(void *context, struct text_view line, bool is_whole)
{
    struct tap_intake *intake = context;
    struct tap *tap = intake->tap;
    struct label_event event;
    enum line_fate fate = is_whole ? event_reader_read(tap->reader, line, &event) : LINE_TOO_LONG;
    tap->counts.lines[fate]++;
    intake->counts.counted += fate == LINE_COUNTED;
    intake->counts.refused += fate != LINE_COUNTED && fate != LINE_REFERENCE && fate != LINE_BLANK;
    if (fate == LINE_COUNTED) {
        take_event(tap, &event, intake->now_ms);
    } else if (fate == LINE_REFERENCE) {
        take_reference(tap, &event, intake->now_ms);
    }
}

struct tap_intake *tap_intake_create(struct tap *tap)
{
    owned(tap_intake) intake = memory_allocate(1, sizeof(*intake));
    if (!intake) {
        return NULL;
    }
    intake->tap = tap;
    intake->feed = line_feed_create(take_line, intake);
    return intake->feed ? give(intake) : NULL;
}

void tap_intake_destroy(struct tap_intake *intake)
{
    if (intake) {
        line_feed_destroy(intake->feed);
        memory_free(intake);
    }
}

void tap_intake_push(struct tap_intake *intake, const char *bytes, size_t length)
{
    scoped_lock held = mutex_hold(&intake->tap->mutex);
    intake->now_ms = clock_wall(intake->tap->clock).unix_ms;
    line_feed_push(intake->feed, bytes, length);
}

void tap_intake_finish(struct tap_intake *intake)
{
    scoped_lock held = mutex_hold(&intake->tap->mutex);
    intake->now_ms = clock_wall(intake->tap->clock).unix_ms;
    line_feed_finish(intake->feed);
}

void tap_intake_restart(struct tap_intake *intake)
{
    scoped_lock held = mutex_hold(&intake->tap->mutex);
    intake->tap->counts.torn += line_feed_drop(intake->feed);
}

struct tap_intake_counts tap_intake_counts(const struct tap_intake *intake)
{
    return intake->counts;
}

/* ---- what it tells --------------------------------------------------------------------------- */

void tap_read_counts(struct tap *tap, struct tap_counts *out)
{
    scoped_lock held = mutex_hold(&tap->mutex);
    *out = tap->counts;
}

void tap_read_usage(struct tap *tap, struct tap_usage *out)
{
    scoped_lock held = mutex_hold(&tap->mutex);
    *out = (struct tap_usage){.folded = cell_book_folded(tap->book),
                              .series = cell_book_size(tap->book),
                              .block_rate = block_log_rate(tap->blocks),
                              .key_rate = key_log_rate(tap->keys),
                              .block_ms = block_log_width_ms(tap->blocks)};
    out->bytes[TAP_PART_COUNTERS] = cell_book_bytes(tap->book);
    out->bytes[TAP_PART_BLOCKS] = block_log_bytes(tap->blocks);
    out->bytes[TAP_PART_KEYS] = key_log_bytes(tap->keys);
    out->bytes[TAP_PART_OUTBOX] = tap->outbox ? block_log_bytes(tap->outbox) : 0;
    memcpy(out->budgets, tap->budgets, sizeof(out->budgets));
}
