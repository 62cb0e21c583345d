#!/bin/sh
# deps.sh [build] [test] [check] [bench] [study] : installs what is missing on Debian or Ubuntu, quietly when
# all is there. Needs root or sudo only when something has to be installed.
set -u

missing=
need_package() { # pkg-config module, Debian package
    pkg-config --exists "$1" 2>/dev/null || missing="$missing $2"
}
need_program() { # program, Debian package
    command -v "$1" >/dev/null 2>&1 || missing="$missing $2"
}
need_header() { # header, Debian package
    printf '#include <%s>\n' "$1" | cc -E -x c - >/dev/null 2>&1 || missing="$missing $2"
}

need_build() {
    need_program cc gcc
    need_program pkg-config pkg-config
    need_header stdio.h libc6-dev
    need_package libmicrohttpd libmicrohttpd-dev
    need_package jansson libjansson-dev
    need_package libcurl libcurl4-openssl-dev
    need_package sqlite3 libsqlite3-dev
    need_package yaml-0.1 libyaml-dev
    need_package yajl libyajl-dev
    need_package zlib zlib1g-dev
    need_package gnutls libgnutls28-dev
}
need_test() {
    need_header criterion/criterion.h libcriterion-dev
    python3 -c 'import http.server, ssl, unittest' 2>/dev/null || missing="$missing python3"
    python3 -c 'import ensurepip' 2>/dev/null || missing="$missing python3-venv"
    need_program prometheus prometheus
    need_program openssl openssl
}
need_check() {
    need_program clang-19 clang-19
    need_program clang-format-19 clang-format-19
    need_program clang-tidy-19 clang-tidy-19
    [ -e /usr/lib/llvm-19/lib/clang/19/lib/linux/libclang_rt.fuzzer-x86_64.a ] ||
        missing="$missing libclang-rt-19-dev"
    need_program cppcheck cppcheck
    need_program gcovr gcovr
    need_program shellcheck shellcheck
    need_study # its sources are checked too
}
need_bench() {
    need_program wrk wrk
    [ -x /usr/sbin/nginx ] || need_program nginx nginx-light
    python3 -c 'import ensurepip' 2>/dev/null || missing="$missing python3-venv"
}

need_study() {
    need_package gsl libgsl-dev
}

for group in "$@"; do
    case $group in
    build | test | check | bench | study) "need_$group" ;;
    *)
        echo "deps: unknown group \"$group\"; known: build test check bench study" >&2
        exit 2
        ;;
    esac
done
[ -n "$missing" ] || exit 0

if ! command -v apt-get >/dev/null 2>&1; then
    echo "deps: missing:$missing; this script installs with apt-get (Debian, Ubuntu), so install them by hand" >&2
    exit 4
fi
as_root=
if [ "$(id -u)" -ne 0 ]; then
    if ! command -v sudo >/dev/null 2>&1; then
        echo "deps: missing:$missing; run as root, or install sudo, or: apt-get install$missing" >&2
        exit 4
    fi
    as_root=sudo
fi
echo "deps: installing$missing"
export DEBIAN_FRONTEND=noninteractive
$as_root apt-get update -qq || exit 4
# A server started by its package would only be in the way of the tests' own.
# shellcheck disable=SC2086 # a list of packages
$as_root env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 apt-get install -y -qq --no-install-recommends \
    ca-certificates $missing >/dev/null || exit 4
