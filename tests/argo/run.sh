#!/bin/sh
# run.sh SERIN_BINARY : Argo Rollouts' own metric provider and AnalysisRun controller against a
# live serin.
#
# The tests are shared; each line of Argo Rollouts has a module file of its own, because the
# Kubernetes libraries must match it. The last line of the output counts the tests of all lines.
# Exit: 0 all passed, 1 a test failed, 2 wrong use, 3 no usable Go (1 where SERIN_REQUIRE_GO=1).
set -u

folder=$(cd "$(dirname "$0")" && pwd) || exit 2
if [ $# -ne 1 ] || [ ! -x "$1" ]; then
    echo "usage: $0 SERIN_BINARY (for example build/serin; build it with make)" >&2
    exit 2
fi
SERIN_BINARY=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
# Without cgo the build needs no C compiler and is the same everywhere.
export SERIN_BINARY CGO_ENABLED=0

without_go() { # why
    echo "tests/argo: $1; install Go from https://go.dev/dl to run these tests" >&2
    [ "${SERIN_REQUIRE_GO:-0}" = 1 ] && exit 1
    exit 3
}

scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT
trap 'exit 1' HUP INT TERM
broken=0
skipped=0

# -count=1: the result depends on the serin binary too, which Go's cache of test results cannot see.
# -p 2: compiling Kubernetes on more cores takes more memory than a small machine has.
vet_and_test() { # module file, build tags
    go vet -modfile="$1" -tags="$2" ./... &&
        go test -v -count=1 -p 2 -modfile="$1" -tags="$2" ./...
}

run_line() { # line of Argo Rollouts, module file, build tags
    echo "Argo Rollouts $1 (the first build takes some minutes)"
    if ! (cd "$folder" && go list -m -modfile="$2") >"$scratch/why" 2>&1; then
        skipped=$((skipped + 1))
        echo "skipped: $(head -n 1 "$scratch/why")"
        return
    fi
    (cd "$folder" && vet_and_test "$2" "$3") >"$scratch/output" 2>&1 || broken=1
    grep -v -e '^=== ' -e '^ *--- PASS: .*/' -e '^PASS$' "$scratch/output"
    sed -n "s|^ *--- \([A-Z]*\): \([^ ]*\).*|\1 $1/\2|p" "$scratch/output" >>"$scratch/results"
}

# A test with subtests is not counted beside them.
count() { # PASS, FAIL or SKIP
    awk -v wanted="$1" '
        { result[$2] = $1; parent = $2; sub("/[^/]*$", "", parent); has_children[parent] = 1 }
        END { for (name in result) n += result[name] == wanted && !(name in has_children)
              print n + 0 }' "$scratch/results"
}

command -v go >/dev/null 2>&1 || without_go "there is no Go on this machine"
: >"$scratch/results"
run_line 1.9 go.mod ""
run_line 1.10 argo-1.10.mod argo_1_10
[ "$skipped" -lt 2 ] || without_go "$(go version) is too old"
if [ "$skipped" -gt 0 ] && [ "${SERIN_REQUIRE_GO:-0}" = 1 ]; then
    broken=1
fi

passed=$(count PASS)
failed=$(count FAIL)
# What does not compile fails without any test having a result.
if [ "$broken" -ne 0 ] && [ "$failed" -eq 0 ]; then
    failed=1
fi
echo "argo: $passed passed, $failed failed, $((skipped + $(count SKIP))) skipped"
[ "$broken" -eq 0 ] && [ "$passed" -gt 0 ]
