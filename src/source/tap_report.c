#include "source/tap_report.h"

#include "source/counts_codec.h"

#include <endian.h>
#include <string.h>

static const uint8_t magic[8] = {'s', 'e', 'r', 'i', 'n', 't', 'a', 'p'};
enum { FORMAT_VERSION = 1, WORDS = 8 };

/* What follows the magic: little-endian words in the order of the struct, rates as their bits. */
struct head {
    uint8_t magic[sizeof(magic)];
    uint64_t version;
    uint64_t words[WORDS];
};
_Static_assert(sizeof(struct head) == sizeof(magic) + (1 + WORDS) * sizeof(uint64_t),
               "the head has no gaps");

static uint64_t bits_of(double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof(bits));
    return bits;
}

static double double_of(uint64_t bits)
{
    double value;
    memcpy(&value, &bits, sizeof(value));
    return value;
}

/* ---- writing --------------------------------------------------------------------------------- */

static struct head head_of(const struct tap_report *report)
{
    struct head head = {.version = htole64(FORMAT_VERSION)};
    const uint64_t words[WORDS] = {
        report->start_id,           (uint64_t)report->start_ms, (uint64_t)report->now_ms,
        (uint64_t)report->since_ms, (uint64_t)report->block_ms, bits_of(report->block_rate),
        bits_of(report->key_rate),  report->folded_events,
    };
    memcpy(head.magic, magic, sizeof(magic));
    for (size_t i = 0; i < WORDS; i++) {
        head.words[i] = htole64(words[i]);
    }
    return head;
}

enum serin_status tap_report_encode(const struct tap_report *report, uint8_t **out,
                                    size_t *out_length)
{
    owned_memory uint8_t *counts = NULL;
    size_t counts_length = 0;
    TRY(counts_encode(&report->counts, &counts, &counts_length));
    struct head head = head_of(report);
    size_t length = sizeof(head) + counts_length;
    uint8_t *bytes = memory_allocate(length + TAP_REPORT_CHECKSUM_BYTES, 1);
    if (!bytes) {
        return SERIN_NO_MEMORY;
    }
    memcpy(bytes, &head, sizeof(head));
    memcpy(bytes + sizeof(head), counts, counts_length);
    uint64_t checksum = htole64(counts_checksum(bytes, length));
    memcpy(bytes + length, &checksum, sizeof(checksum));
    *out = bytes;
    *out_length = length + TAP_REPORT_CHECKSUM_BYTES;
    return SERIN_OK;
}

/* ---- reading --------------------------------------------------------------------------------- */

static enum serin_status damaged(const char *why, struct serin_error *err)
{
    return serin_fail(err, SERIN_INVALID, "the tap's report cannot be read: %s", why);
}

static enum serin_status check_frame(const uint8_t *bytes, size_t length, struct serin_error *err)
{
    struct head head;
    uint64_t checksum = 0;
    if (length < sizeof(head) + TAP_REPORT_CHECKSUM_BYTES ||
        memcmp(bytes, magic, sizeof(magic)) != 0) {
        return damaged("it is no report of a tap", err);
    }
    memcpy(&head, bytes, sizeof(head));
    if (le64toh(head.version) != FORMAT_VERSION) {
        return damaged("it has a version that is not known here; use the same version of serin for "
                       "tap and serve",
                       err);
    }
    size_t body = length - TAP_REPORT_CHECKSUM_BYTES;
    memcpy(&checksum, bytes + body, sizeof(checksum));
    return le64toh(checksum) == counts_checksum(bytes, body) ? SERIN_OK
                                                             : damaged("it is damaged", err);
}

/* NaN is within no bounds. */
static bool is_sound(const struct tap_report *report)
{
    return report->start_ms >= 0 && report->now_ms >= 0 && report->since_ms >= 0 &&
           report->block_ms > 0 && report->block_rate > 0.0 && report->block_rate <= 1.0 &&
           report->key_rate >= 0.0 && report->key_rate <= 1.0 &&
           report->counts.text_count[TEXT_ARM] == 1 && report->counts.text_count[TEXT_POD] == 1;
}

static void read_head(const uint8_t *bytes, struct tap_report *report)
{
    struct head head;
    memcpy(&head, bytes, sizeof(head));
    report->start_id = le64toh(head.words[0]);
    report->start_ms = (int64_t)le64toh(head.words[1]);
    report->now_ms = (int64_t)le64toh(head.words[2]);
    report->since_ms = (int64_t)le64toh(head.words[3]);
    report->block_ms = (int64_t)le64toh(head.words[4]);
    report->block_rate = double_of(le64toh(head.words[5]));
    report->key_rate = double_of(le64toh(head.words[6]));
    report->folded_events = le64toh(head.words[7]);
}

enum serin_status tap_report_decode(const uint8_t *bytes, size_t length, struct tap_report *out,
                                    struct serin_error *err)
{
    struct tap_report report = {0};
    TRY(check_frame(bytes, length, err));
    read_head(bytes, &report);
    enum serin_status status =
        counts_decode(bytes + sizeof(struct head),
                      length - sizeof(struct head) - TAP_REPORT_CHECKSUM_BYTES, &report.counts);
    if (status == SERIN_NO_MEMORY) {
        return serin_fail(err, status, "no memory for the tap's report");
    }
    if (status != SERIN_OK || !is_sound(&report)) {
        event_counts_clear(&report.counts);
        return damaged("its counts contradict themselves", err);
    }
    *out = report;
    return SERIN_OK;
}
