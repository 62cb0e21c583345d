#include "serin/serin.h"

const char *serin_version(void)
{
    return SERIN_VERSION;
}
