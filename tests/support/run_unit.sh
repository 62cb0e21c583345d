#!/bin/sh
# run_unit.sh PROGRAM... : runs each layer's test program; the last line counts the tests of all.
set -u
passed=0 failed=0
for program in "$@"; do
    name=$(basename "$program")
    report=$("$program" --jobs 2 2>&1)
    status=$?
    summary=$(printf '%s\n' "$report" | sed -n 's/.*Tested: \([0-9]*\) | Passing: \([0-9]*\) | Failing: \([0-9]*\) | Crashing: \([0-9]*\).*/\2 \3 \4/p' | tail -n 1)
    if [ -z "$summary" ]; then
        printf '%s\n%s: no summary, status %s\n' "$report" "$name" "$status"
        failed=$((failed + 1))
        continue
    fi
    # shellcheck disable=SC2086 # three numbers
    set -- $summary "$@"
    bad=$(($2 + $3))
    printf '  %-10s %s passed, %s failed\n' "$name" "$1" "$bad"
    passed=$((passed + $1))
    failed=$((failed + bad))
    if [ "$bad" -ne 0 ] || [ "$status" -ne 0 ]; then
        printf '%s\n' "$report"
        [ "$bad" -ne 0 ] || failed=$((failed + 1))
    fi
    shift 3
done
printf 'unit: %s passed, %s failed\n' "$passed" "$failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
