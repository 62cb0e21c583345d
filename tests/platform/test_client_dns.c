/* Name servers that do not answer: getaddrinfo cannot be told to hurry, and must not be waited for.
 */
#include "support/client_fixture.h"

#include <curl/curlver.h>
#include <dlfcn.h>
#include <netdb.h>
#include <stdatomic.h>
#include <time.h>

static atomic_bool released; /* lets the stuck resolver go on */
static atomic_bool resolved; /* it has come back */

typedef int resolver(const char *host, const char *service, const struct addrinfo *hints,
                     struct addrinfo **out);

/* Stands in front of the C library's, also for libcurl. */
__attribute__((visibility("default"))) int getaddrinfo(const char *host, const char *service,
                                                       const struct addrinfo *hints,
                                                       struct addrinfo **out)
{
    const struct timespec pause = {.tv_nsec = 1000000};
    if (host && strcmp(host, "stuck.test") == 0) {
        while (!atomic_load(&released)) {
            (void)nanosleep(&pause, NULL);
        }
        atomic_store(&resolved, true);
        return EAI_AGAIN;
    }
    resolver *real = NULL;
    *(void **)&real = dlsym(RTLD_NEXT, "getaddrinfo");
    return real(host, service, hints, out);
}

#if LIBCURL_VERSION_NUM >= 0x075700 /* older ones cannot leave the resolver behind */
Test(client_dns, a_name_server_that_does_not_answer_costs_no_more_than_the_deadline, .timeout = 20)
{
    struct fixture fixture;
    open_fixture(&fixture, ok_answer, strlen(ok_answer), SERVER_KEEPS);
    fixture.request.url = "http://stuck.test/api";
    cr_assert(eq(int, fetch(&fixture, short_one()), SERIN_TIMEOUT), "%s", fixture.err.detail);
    cr_assert(not(atomic_load(&resolved)));
    require_in(fixture.err.detail, "stuck.test");
    fixture.request.url = test_server_url(fixture.server, "/api");
    cr_assert(eq(int, fetch(&fixture, ample()), SERIN_OK), "%s", fixture.err.detail);
    close_fixture(&fixture);
    atomic_store(&released, true);
}
#endif

Test(client_dns, a_name_that_cannot_be_resolved_is_unavailable)
{
    struct fixture fixture;
    open_fixture(&fixture, ok_answer, strlen(ok_answer), SERVER_KEEPS);
    atomic_store(&released, true);
    fixture.request.url = "http://stuck.test/api";
    cr_assert(eq(int, fetch(&fixture, ample()), SERIN_UNAVAILABLE));
    require_in(fixture.err.detail, "stuck.test: its name cannot be resolved");
    close_fixture(&fixture);
}
