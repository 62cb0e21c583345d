/*
 * libserin: agreement statistics and canary verdicts for streams of labels. Includes everything.
 */
#ifndef SERIN_SERIN_H
#define SERIN_SERIN_H

#include "serin/arm.h"
#include "serin/cap.h"
#include "serin/critical.h"
#include "serin/error.h"
#include "serin/influence.h"
#include "serin/interval.h"
#include "serin/jackknife.h"
#include "serin/leave_out.h"
#include "serin/nmi.h"
#include "serin/paired.h"
#include "serin/power.h"
#include "serin/rarefaction.h"
#include "serin/sample_ratio.h"
#include "serin/scores.h"
#include "serin/shift.h"
#include "serin/slices.h"
#include "serin/stratified.h"
#include "serin/table.h"

/* The version of the library that is linked, e.g. "0.1.0". */
SERIN_API const char *serin_version(void);

#endif
