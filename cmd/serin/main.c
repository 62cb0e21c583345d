#include <stdio.h>
#include <string.h>

int main(int count, char **arguments)
{
    if (count == 2 && strcmp(arguments[1], "--version") == 0) {
        return puts("serin " SERIN_VERSION) < 0;
    }
    (void)fputs("serin: usage: serin --version\n", stderr);
    return 2;
}
