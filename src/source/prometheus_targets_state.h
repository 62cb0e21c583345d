/*
 * How targets are laid out: shared by what reads start times (prometheus_starts.c) and what judges
 * by them (prometheus_targets.c), and by nobody else.
 */
#ifndef SERIN_SOURCE_PROMETHEUS_TARGETS_STATE_H
#define SERIN_SOURCE_PROMETHEUS_TARGETS_STATE_H

#include "base/arena.h"
#include "labels/dictionary.h"
#include "source/prometheus_targets.h"

enum { PEERS_MAX = 64 }; /* series of one machine, or scopes of one host, that are compared */

#define NONE UINT32_MAX

/* A process that ran in a container; another one follows when it restarts. */
struct life {
    int64_t started_ms; /* by the pod's clock */
    int64_t first_ms;   /* first sample that told so, by that of Prometheus */
};

/* One series of start times. */
struct process {
    struct series_labels labels;
    uint32_t host;
    uint32_t next; /* on the same machine */
    struct life *lives;
    size_t life_count;
    size_t life_room;
    bool is_unclear;
    int64_t first_ms;
    int64_t last_ms;
};

struct host {
    int64_t first_ms; /* first sample of anything of it */
    uint32_t scope;   /* the last one made */
};

struct scope {
    uint32_t host;
    uint32_t next; /* of the same host */
    uint32_t process;
    int64_t first_ms;
    int64_t last_ms;
};

/* Texts or hashes → dense ids, with an array of what they stand for beside it. */
struct targets {
    struct target_settings settings;
    struct arena *arena;
    struct dictionary *host_ids;
    struct dictionary *machine_ids; /* pod and instance: where one process listens */
    struct dictionary *scope_ids;
    struct dictionary *scraper_labels;
    struct host *hosts;
    size_t host_room;
    struct scope *scopes;
    size_t scope_room;
    uint32_t *machines; /* first process of each */
    size_t machine_room;
    struct process *processes;
    size_t process_count;
    size_t process_room;
};

/* Makes the targets empty again; false when memory is out. */
bool targets_begin_anew(struct targets *targets);

/* The ids of the host and the machine that a series with these labels belongs to. */
SERIN_MUST_CHECK enum serin_status targets_intern_host(struct targets *targets,
                                                       struct series_labels labels,
                                                       uint32_t *out_host, struct serin_error *err);
SERIN_MUST_CHECK enum serin_status targets_intern_machine(struct targets *targets,
                                                          struct series_labels labels,
                                                          uint32_t *out_machine,
                                                          struct serin_error *err);

/* Notes a sample of anything of a host. */
void targets_see_host(struct targets *targets, uint32_t host, int64_t time_ms);

enum serin_status targets_no_memory(struct serin_error *err);

#endif
