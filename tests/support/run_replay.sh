#!/bin/sh
# run_replay.sh PROGRAM... : feeds tests/fuzz/corpus/NAME/* to each program; one test a parser.
set -u
passed=0 failed=0
for program in "$@"; do
    name=$(basename "$program")
    corpus="tests/fuzz/corpus/$name"
    if [ -n "$(ls -A "$corpus" 2>/dev/null)" ] && "$program" "$corpus"/*; then
        passed=$((passed + 1))
    else
        printf '  fuzz corpus of %s failed (or is empty)\n' "$name"
        failed=$((failed + 1))
    fi
done
printf 'fuzz-replay: %s passed, %s failed\n' "$passed" "$failed"
[ "$failed" -eq 0 ]
