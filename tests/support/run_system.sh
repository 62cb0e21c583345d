#!/bin/sh
# run_system.sh BINARY : the system tests, which see the binary only from outside.
set -u
SERIN_BINARY=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
export SERIN_BINARY PYTHONDONTWRITEBYTECODE=1
report=$(python3 -m unittest discover -s tests/system -t tests/system -p 'test_*.py' 2>&1)
status=$?
printf '%s\n' "$report" | grep -v '^\.*$'
ran=$(printf '%s\n' "$report" | sed -n 's/^Ran \([0-9]*\) test.*/\1/p' | tail -n 1)
bad=$(printf '%s\n' "$report" | sed -n 's/^FAILED (\(.*\))/\1/p' | grep -o '[0-9][0-9]*' | awk '{ n += $1 } END { print n + 0 }')
ran=${ran:-0}
printf 'system: %s passed, %s failed\n' "$((ran - bad))" "$bad"
[ "$status" -eq 0 ] && [ "$ran" -gt 0 ]
