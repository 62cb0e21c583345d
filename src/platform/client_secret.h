/*
 * Credentials stay out of what a peer's answer is quoted with. For the client*.c files only.
 */
#ifndef SERIN_PLATFORM_CLIENT_SECRET_H
#define SERIN_PLATFORM_CLIENT_SECRET_H

#include "platform/client_handle.h"

/*
 * Replaces an excerpt that repeats a credential sent with the request, or ends within one: some
 * gateways answer with the request they refuse. `headers` are those of the request.
 */
void client_conceal(const struct client_settings *settings, const struct curl_slist *headers,
                    struct client_response *response);

#endif
