/*
 * What every handler shares: the store, the metrics, the log, and the configuration in force.
 *
 * The configuration can be replaced while requests are under way. Each request holds the snapshot
 * it began with; an old one goes when its last request has ended.
 */
#ifndef SERIN_HTTP_SERVICE_H
#define SERIN_HTTP_SERVICE_H

#include "analysis/catalog.h"
#include "analysis/flight.h"
#include "base/memory.h"
#include "http/auth.h"
#include "http/config.h"
#include "platform/clock.h"
#include "platform/log.h"
#include "platform/metrics.h"
#include "serin/error.h"

#include <stdbool.h>

struct service;
struct snapshot;
struct store;

/* Borrowed for the service's life. */
struct service_parts {
    struct store *store;
    struct metrics *metrics;
    struct log *log;
    const struct clock *clock;
};

/* A service without a configuration yet: not ready. */
SERIN_MUST_CHECK enum serin_status service_create(const struct service_parts *parts,
                                                  struct service **out, struct serin_error *err);
void service_destroy(struct service *service); /* NULL is fine; no request may be under way */
DEFINE_CLEANUP(service)

/*
 * A configuration made ready: its sources opened, its tokens read. Takes over `config` only on
 * success. What is not put in force has to be destroyed.
 */
SERIN_MUST_CHECK enum serin_status snapshot_create(const struct service *service,
                                                   struct config *config, struct snapshot **out,
                                                   struct serin_error *err);
void snapshot_destroy(struct snapshot *snapshot); /* NULL is fine */
DEFINE_CLEANUP(snapshot)

/* Puts it in force and takes it over. */
void service_configure(struct service *service, struct snapshot *next);

/* The configuration in force, to be released by the caller; NULL before the first. */
const struct snapshot *service_acquire(struct service *service);
void service_release(struct service *service, const struct snapshot *snapshot); /* NULL is fine */

const struct catalog *snapshot_catalog(const struct snapshot *snapshot);
const struct auth *snapshot_auth(const struct snapshot *snapshot);
const struct config *snapshot_config(const struct snapshot *snapshot);

struct store *service_store(const struct service *service);
struct metrics *service_metrics(const struct service *service);
struct log *service_log(const struct service *service);
const struct clock *service_clock(const struct service *service);
struct flights *service_flights(const struct service *service);

/* Requests under way, on every listener. */
void service_enter(struct service *service);
void service_leave(struct service *service);
size_t service_active(const struct service *service);

/* From now on the service finishes what it has and is no longer ready. */
void service_drain(struct service *service);
bool service_is_draining(const struct service *service);

#endif
