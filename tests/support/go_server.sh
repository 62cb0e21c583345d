#!/bin/sh
# go_server.sh [--built] NAME : prints the path of a server that tests run against; builds it from
# its Go module when that has not been done on this machine yet.
#
# tests/servers/NAME/go.mod pins the server in its `tool` and `require` lines and go.sum what it is
# made of; the file `tags`, where there is one, holds build tags that leave out what no test needs.
# Binaries are kept outside the tree, in SERIN_SERVERS, under a name that follows from these files.
# With --built nothing is built.
# Exit: 0 it is there, 1 it does not build, 2 wrong use, 3 no Go, or not built.
set -u

folder=$(cd "$(dirname "$0")/../servers" && pwd) || exit 2
may_build=yes
if [ "${1:-}" = --built ]; then
    may_build=
    shift
fi
if [ $# -ne 1 ] || [ ! -f "$folder/$1/go.mod" ]; then
    echo "usage: $0 [--built] NAME, one of:" "$(ls "$folder")" >&2
    exit 2
fi
name=$1
cd "$folder/$name" || exit 2

tags=$(cat tags 2>/dev/null)
key=$(cat go.mod go.sum tags 2>/dev/null | sha256sum | cut -c 1-16)
kept=${SERIN_SERVERS:-${XDG_CACHE_HOME:-$HOME/.cache}/serin-servers}
binary=$kept/$name-$key/$name

if [ ! -x "$binary" ]; then
    if [ -z "$may_build" ]; then
        echo "$name is not built; run \"make servers\" (it needs Go, from https://go.dev/dl)" >&2
        exit 3
    fi
    if ! command -v go >/dev/null 2>&1; then
        echo "building $name needs Go, from https://go.dev/dl" >&2
        exit 3
    fi
    mkdir -p "${binary%/*}" || exit 1
    echo "building $name (the first time takes some minutes)" >&2
    # Without cgo the build needs no C compiler; a server that does not build leaves nothing behind.
    CGO_ENABLED=0 go build -mod=readonly -p 2 -trimpath -tags "$tags" -o "$binary.$$" \
        "$(sed -n 's/^tool //p' go.mod)" >&2 || exit 1
    mv "$binary.$$" "$binary" || exit 1
fi
printf '%s\n' "$binary"
