/* The token file. */
#include "http/auth.h"

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    owned(auth) auth = NULL;
    struct serin_error err = {0};
    if (auth_create((const char *)data, size, "tokens.yaml", &auth, &err) == SERIN_OK) {
        const struct principal *principal = NULL;
        (void)!auth_identify(auth, "Bearer x", false, &principal, &err);
    }
    return 0;
}
