#!/bin/sh
# run_fuzz.sh SECONDS PROGRAM... : fuzzes each parser; new inputs go to build/, crashes fail the run.
set -u
seconds=$1
shift
failed=0
for program in "$@"; do
    name=$(basename "$program")
    found="build/fuzz-corpus/$name"
    mkdir -p "$found"
    printf '  %s\n' "$name"
    "$program" -max_total_time="$seconds" -max_len=8192 -timeout=5 -print_final_stats=0 -verbosity=0 \
        -artifact_prefix="build/fuzz-corpus/$name-" "$found" "tests/fuzz/corpus/$name" || failed=1
done
exit "$failed"
