#!/bin/sh
# Installs libserin into a scratch prefix, then builds and runs a program that knows only the
# installed headers and pkg-config. Also: nothing but serin_ symbols is exported.
set -eu
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
make --no-print-directory install PREFIX="$scratch" >"$scratch/log" 2>&1 || {
    cat "$scratch/log"
    exit 1
}
cat >"$scratch/program.c" <<'C'
#include <serin/serin.h>

#include <stdint.h>
#include <stdio.h>

int main(void)
{
    const uint64_t counts[] = {50, 0, 0, 50};
    struct serin_table table = {.counts = counts, .rows = 2, .columns = 2};
    double nmi = 0.0;
    if (serin_nmi(&table, SERIN_GEOMETRIC, &nmi) != SERIN_OK || nmi != 1.0) {
        return 1;
    }
    (void)printf("%s %.1f\n", serin_version(), nmi);
    return 0;
}
C
export PKG_CONFIG_PATH="$scratch/lib/pkgconfig"
# shellcheck disable=SC2046 # flags
cc -std=c17 -Wall -Wextra -Werror "$scratch/program.c" -o "$scratch/program" $(pkg-config --cflags --libs serin)
got=$(LD_LIBRARY_PATH="$scratch/lib" "$scratch/program")
version=$(sed -n 's/^VERSION := //p' Makefile)
if [ "$got" != "$version 1.0" ]; then
    echo "a program linked with libserin printed \"$got\", not \"$version 1.0\""
    exit 1
fi
foreign=$(nm -D --defined-only "$scratch/lib/libserin.so.0" | awk '$2 ~ /[TDBRV]/ && $3 !~ /^serin_/ { print $3 }')
if [ -n "$foreign" ]; then
    printf 'libserin exports what is not its own:\n%s\n' "$foreign"
    exit 1
fi
echo "installed-library: 2 passed, 0 failed"
