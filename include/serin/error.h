/*
 * Status codes and error details shared by every part of Serin.
 *
 * A function that can fail returns `enum serin_status`, which says what the caller should do, and
 * fills a `struct serin_error`, which tells a person what went wrong, where, and how to mend it.
 * On failure a function leaves its `out` parameters untouched.
 */
#ifndef SERIN_ERROR_H
#define SERIN_ERROR_H

/* What libserin shows to the programs that link it; everything else in it is hidden. */
#define SERIN_API __attribute__((visibility("default")))

#define SERIN_MUST_CHECK __attribute__((warn_unused_result))

enum serin_status {
    SERIN_OK = 0,
    SERIN_INVALID,     /* the request, file or argument is wrong; repeating it will not help */
    SERIN_NOT_FOUND,   /* what was named does not exist */
    SERIN_CONFLICT,    /* contradicts what is already stored */
    SERIN_TOO_LARGE,   /* exceeds a stated limit */
    SERIN_DENIED,      /* not authenticated, or not allowed */
    SERIN_UNDEFINED,   /* the quantity has no value for these numbers */
    SERIN_RANGE,       /* a number outside the range in which the result is exact */
    SERIN_UNAVAILABLE, /* a source or store failed; it may work later */
    SERIN_TIMEOUT,     /* the deadline passed first */
    SERIN_BUSY,        /* overloaded or still starting; try again soon */
    SERIN_NO_MEMORY,
    SERIN_BUG /* an invariant of our own does not hold */
};

struct serin_error {
    enum serin_status status;
    char field[96];   /* the part concerned, e.g. "streams[2].metric" or "line 7", or "" */
    char detail[320]; /* e.g. "unknown stream \"chekout\"; known: checkout, search" */
};

/* The lower-case name of a status, e.g. "not_found"; never NULL. */
SERIN_API const char *serin_status_name(enum serin_status status);

/*
 * Records `status` and a printf-formatted detail in `err` (which may be NULL) and returns `status`,
 * so that callers can write `return serin_fail(err, ...)`. A field set by serin_error_at before is
 * kept. Text that does not fit is cut at a character boundary.
 */
SERIN_API enum serin_status serin_fail(struct serin_error *err, enum serin_status status,
                                       const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Names the part that an error to come concerns; printf-formatted. `err` may be NULL. */
SERIN_API void serin_error_at(struct serin_error *err, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Empties `err`, so that one struct can serve several calls. `err` may be NULL. */
SERIN_API void serin_error_clear(struct serin_error *err);

#endif
