/* Cuts text at a separator: lines into words, files into lines. */
#ifndef SERIN_STUDY_WORDS_H
#define SERIN_STUDY_WORDS_H

#include "base/text.h"

/* What stands before the next separator, or all; taken off `*rest` with the separator. */
struct text_view words_next(struct text_view *rest, char separator);

#endif
