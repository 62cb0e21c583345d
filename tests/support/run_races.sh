#!/bin/sh
# run_races.sh BUILD PROGRAM... : runs each race test; a report of the thread sanitizer fails it.
set -u
shift
passed=0 failed=0
for program in "$@"; do
    if TSAN_OPTIONS="halt_on_error=1 ${TSAN_OPTIONS:-}" "$program"; then
        passed=$((passed + 1))
    else
        printf '  %s failed\n' "$(basename "$program")"
        failed=$((failed + 1))
    fi
done
printf 'races: %s passed, %s failed\n' "$passed" "$failed"
[ "$failed" -eq 0 ]
