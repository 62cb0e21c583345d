#include "http/service.h"

#include "platform/file.h"
#include "platform/thread.h"

#include <stdatomic.h>

enum { TOKEN_FILE_MAX = 1024 * 1024 };

struct snapshot {
    struct config *config;
    struct catalog *catalog;
    struct auth *auth;
    size_t holders; /* guarded by the service's mutex */
};

struct service {
    struct service_parts parts;
    struct flights *flights;
    pthread_mutex_t mutex;
    struct snapshot *current; /* holds one reference */
    atomic_bool is_draining;
    _Atomic size_t active;
};

void snapshot_destroy(struct snapshot *snapshot)
{
    if (snapshot) {
        catalog_destroy(snapshot->catalog);
        auth_destroy(snapshot->auth);
        config_destroy(snapshot->config);
        memory_free(snapshot);
    }
}

enum serin_status service_create(const struct service_parts *parts, struct service **out,
                                 struct serin_error *err)
{
    struct service *service = memory_allocate(1, sizeof(*service));
    struct flights *flights = flights_create();
    if (!service || !flights) {
        memory_free(service);
        flights_destroy(flights);
        return serin_fail(err, SERIN_NO_MEMORY, "no memory for the service");
    }
    service->parts = *parts;
    service->flights = flights;
    mutex_init(&service->mutex);
    atomic_init(&service->is_draining, false);
    atomic_init(&service->active, 0);
    *out = service;
    return SERIN_OK;
}

void service_destroy(struct service *service)
{
    if (service) {
        snapshot_destroy(service->current);
        flights_destroy(service->flights);
        mutex_clear(&service->mutex);
        memory_free(service);
    }
}

static enum serin_status read_tokens(const struct config *config, struct auth **out,
                                     struct serin_error *err)
{
    owned_memory char *text = NULL;
    size_t length = 0;
    TRY(file_read(config->auth.tokens, TOKEN_FILE_MAX, &text, &length, err));
    return auth_create(text, length, config->auth.tokens, out, err);
}

static enum serin_status make_auth(const struct config *config, struct auth **out,
                                   struct serin_error *err)
{
    if (config->auth.tokens) {
        return read_tokens(config, out, err);
    }
    *out = config_is_open(config) ? auth_create_open() : auth_create_closed();
    return *out ? SERIN_OK : serin_fail(err, SERIN_NO_MEMORY, "no memory for the tokens");
}

enum serin_status snapshot_create(const struct service *service, struct config *config,
                                  struct snapshot **out, struct serin_error *err)
{
    owned(snapshot) next = memory_allocate(1, sizeof(*next));
    if (!next) {
        return serin_fail(err, SERIN_NO_MEMORY, "no memory for the configuration");
    }
    TRY(catalog_create(config->sources, config->streams, service->parts.store, &next->catalog,
                       err));
    TRY(make_auth(config, &next->auth, err));
    next->config = config;
    *out = give(next);
    return SERIN_OK;
}

void service_configure(struct service *service, struct snapshot *next)
{
    mutex_lock(&service->mutex);
    struct snapshot *old = service->current;
    next->holders = 1;
    service->current = next;
    bool is_last = old && --old->holders == 0;
    mutex_unlock(&service->mutex);
    if (is_last) {
        snapshot_destroy(old);
    }
}

const struct snapshot *service_acquire(struct service *service)
{
    scoped_lock held = mutex_hold(&service->mutex);
    if (service->current) {
        service->current->holders++;
    }
    return service->current;
}

void service_release(struct service *service, const struct snapshot *snapshot)
{
    if (!snapshot) {
        return;
    }
    struct snapshot *held = (struct snapshot *)snapshot;
    mutex_lock(&service->mutex);
    bool is_last = --held->holders == 0;
    mutex_unlock(&service->mutex);
    if (is_last) {
        snapshot_destroy(held);
    }
}

const struct catalog *snapshot_catalog(const struct snapshot *snapshot)
{
    return snapshot->catalog;
}

const struct auth *snapshot_auth(const struct snapshot *snapshot)
{
    return snapshot->auth;
}

const struct config *snapshot_config(const struct snapshot *snapshot)
{
    return snapshot->config;
}

struct store *service_store(const struct service *service)
{
    return service->parts.store;
}

struct metrics *service_metrics(const struct service *service)
{
    return service->parts.metrics;
}

struct log *service_log(const struct service *service)
{
    return service->parts.log;
}

const struct clock *service_clock(const struct service *service)
{
    return service->parts.clock;
}

struct flights *service_flights(const struct service *service)
{
    return service->flights;
}

void service_enter(struct service *service)
{
    atomic_fetch_add(&service->active, 1);
}

void service_leave(struct service *service)
{
    atomic_fetch_sub(&service->active, 1);
}

size_t service_active(const struct service *service)
{
    return atomic_load(&service->active);
}

void service_drain(struct service *service)
{
    atomic_store(&service->is_draining, true);
}

bool service_is_draining(const struct service *service)
{
    return atomic_load(&service->is_draining);
}
