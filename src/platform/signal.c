#include "platform/signal.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

struct signals {
    int fd;
    sigset_t previous_mask;
    struct sigaction previous_pipe_action;
    atomic_bool stop_requested;
};

static sigset_t handled_signals(void)
{
    sigset_t set;
    (void)sigemptyset(&set);
    (void)sigaddset(&set, SIGTERM);
    (void)sigaddset(&set, SIGINT);
    (void)sigaddset(&set, SIGHUP);
    return set;
}

/* A peer that hung up is told by write's result; the signal would end the process. */
static void ignore_broken_pipes(struct sigaction *out_previous)
{
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    (void)sigaction(SIGPIPE, &ignore, out_previous);
}

enum serin_status signals_create(struct signals **out, struct serin_error *err)
{
    struct signals *signals = memory_allocate(1, sizeof(*signals));
    if (!signals) {
        return serin_fail(err, SERIN_NO_MEMORY, "no memory left to watch for signals");
    }
    sigset_t handled = handled_signals();
    signals->fd = signalfd(-1, &handled, SFD_CLOEXEC | SFD_NONBLOCK);
    if (signals->fd < 0) {
        int cause = errno;
        memory_free(signals);
        return serin_fail(err, SERIN_BUG, "cannot watch for signals: %s", strerror(cause));
    }
    (void)pthread_sigmask(SIG_BLOCK, &handled, &signals->previous_mask);
    ignore_broken_pipes(&signals->previous_pipe_action);
    *out = signals;
    return SERIN_OK;
}

void signals_destroy(struct signals *signals)
{
    if (!signals) {
        return;
    }
    (void)close(signals->fd);
    (void)sigaction(SIGPIPE, &signals->previous_pipe_action, NULL);
    (void)pthread_sigmask(SIG_SETMASK, &signals->previous_mask, NULL);
    memory_free(signals);
}

static enum signal_event event_of(struct signals *signals, uint32_t number)
{
    if (number == SIGHUP) {
        return SIGNAL_RELOAD;
    }
    return atomic_exchange(&signals->stop_requested, true) ? SIGNAL_STOP_NOW : SIGNAL_STOP;
}

enum serin_status signals_wait(struct signals *signals, int64_t timeout_ms, enum signal_event *out,
                               struct serin_error *err)
{
    int wait_ms = timeout_ms > INT32_MAX ? INT32_MAX : (int)timeout_ms;
    struct pollfd watched = {.fd = signals->fd, .events = POLLIN};
    int ready = poll(&watched, 1, timeout_ms < 0 ? -1 : wait_ms);
    if (ready < 0 && errno != EINTR) {
        return serin_fail(err, SERIN_BUG, "cannot wait for signals: %s", strerror(errno));
    }
    struct signalfd_siginfo info;
    bool has_signal = ready > 0 && read(signals->fd, &info, sizeof(info)) == sizeof(info);
    *out = has_signal ? event_of(signals, info.ssi_signo) : SIGNAL_NONE;
    return SERIN_OK;
}

bool signals_stop_requested(const struct signals *signals)
{
    return atomic_load(&signals->stop_requested);
}
