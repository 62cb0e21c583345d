/*
 * A finite distribution from which single outcomes are drawn in constant time: the alias method
 * (Walker 1977, with Vose's construction of 1991).
 */
#ifndef SERIN_PLAN_URN_H
#define SERIN_PLAN_URN_H

#include "base/memory.h"
#include "plan/draw.h"

#include <stddef.h>

struct urn;

/* Of these shares, which sum to 1; at least one, fewer than 2^32. NULL when memory is out. */
struct urn *urn_create(const double *shares, size_t count) __attribute__((warn_unused_result));
void urn_destroy(struct urn *urn); /* NULL is fine */
DEFINE_CLEANUP(urn)

/* The index of a share, drawn with that chance; never one of a share of 0. */
size_t urn_draw(const struct urn *urn, struct draw *draw);

#endif
