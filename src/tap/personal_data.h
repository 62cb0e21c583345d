/*
 * Does a text look like personal data? For labels, which should be names of classes and sometimes
 * are what somebody typed.
 *
 * Told by form alone: it errs towards yes (a version of four numbers looks like an IP address, a
 * bare number of ten digits like a phone's), and it knows no names and no street.
 */
#ifndef SERIN_TAP_PERSONAL_DATA_H
#define SERIN_TAP_PERSONAL_DATA_H

#include "base/text.h"

enum personal_data {
    PERSONAL_NONE,
    PERSONAL_EMAIL,   /* something@host.tld */
    PERSONAL_CARD,    /* 13 to 19 digits, single blanks or hyphens between them, Luhn's sum right */
    PERSONAL_ADDRESS, /* an IPv4 or IPv6 address */
    PERSONAL_PHONE,   /* 9 to 15 digits, or 8 after a "+"; blanks and ().-/ between; no decimal */
    PERSONAL_KINDS
};

/* "none", "email", "card", "ip", "phone" */
const char *personal_data_name(enum personal_data kind);

/* The first kind, in the order above, that occurs anywhere in `text`. */
enum personal_data personal_data_find(struct text_view text);

#endif
