#!/bin/sh
# run.sh BUILD : measures Serin beside its peers and prints one table; asserts nothing about speed.
# Fails when a section cannot run or when Serin and a peer disagree about a result.
#
#   BENCH=tables,http     only these sections (default: all; an unknown name lists them)
#   BENCH_ROUNDS=5        rounds that every job gets, in turn; the least time of each counts
#
# The peers are installed into build/bench-venv at the versions of requirements.txt.
set -u

build=$1
here=$(cd "$(dirname "$0")" && pwd) || exit 1

peers=build/bench-venv
if ! cmp -s "$here/requirements.txt" "$peers/requirements.txt"; then
    echo "bench: installing peers into $peers"
    python3 -m venv --clear "$peers" &&
        "$peers/bin/pip" install --quiet --disable-pip-version-check \
            --requirement "$here/requirements.txt" &&
        cp "$here/requirements.txt" "$peers/requirements.txt" || exit 4
fi

# One thread for everybody: peers read these when they are loaded.
export OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 POLARS_MAX_THREADS=1
exec "$peers/bin/python" -B "$here/bench.py" "$build"
