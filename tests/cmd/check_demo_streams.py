#!/usr/bin/env python3
"""Check the label streams that `serin demo` replays. Needs Python's standard library only.

Usage: check_demo_streams.py [FOLDER]    FOLDER holds streams.csv.gz and SOURCE.md
"""

import csv
import gzip
import io
import math
import re
import sys
from collections import Counter
from pathlib import Path

DEFAULT_FOLDER = Path(__file__).resolve().parents[2] / "cmd" / "serin" / "demo"
HEADER = ["key", "reference", "stable", "good", "broken", "collapsed"]
ARMS = HEADER[2:]
LABELS = set("0123456789")
MAX_BYTES = 1_000_000


def entropy(counts):
    total = sum(counts)
    return -math.fsum(n / total * math.log(n / total) for n in counts if n)


def nmi(reference, emitted):
    """Plug-in NMI with the geometric normaliser; 0 where one side has a single label."""
    rows = entropy(Counter(reference).values())
    cols = entropy(Counter(emitted).values())
    joint = entropy(Counter(zip(reference, emitted)).values())
    return (rows + cols - joint) / math.sqrt(rows * cols) if rows and cols else 0.0


def jensen_shannon_bits(a, b):
    """Divergence of two columns' label shares when both weigh the same, 0 to 1."""
    shares = [Counter(a), Counter(b)]
    mixed = [shares[0][v] / len(a) / 2 + shares[1][v] / len(b) / 2 for v in sorted(LABELS)]
    apart = (entropy(shares[0].values()) + entropy(shares[1].values())) / 2
    return (entropy(mixed) - apart) / math.log(2)


def largest_share_change(a, b):
    before, after = Counter(a), Counter(b)
    return max(abs(before[v] / len(a) - after[v] / len(b)) for v in LABELS)


def accuracy(reference, emitted):
    return sum(r == e for r, e in zip(reference, emitted)) / len(reference)


def check_shape(packed, header, rows):
    """What must hold before any statistic makes sense."""
    yield "is smaller than 1 MB", len(packed) < MAX_BYTES, f"{len(packed)} bytes"
    yield "carries no time stamp", packed[4:8] == bytes(4), packed[4:8].hex()
    yield "has the agreed columns", header == HEADER, ",".join(header)
    yield "has at least 10,000 rows", len(rows) >= 10_000, f"{len(rows)} rows"
    ragged = [i for i, row in enumerate(rows, 2) if len(row) != len(HEADER)]
    yield "has as many fields in every row", not ragged, f"lines {ragged[:3]}"
    yield "names every item once", len({row[0] for row in rows}) == len(rows), "repeated keys"
    strange = {value for row in rows for value in row[1:]} - LABELS
    yield "labels with single digits only", not strange, f"{sorted(strange)[:3]}"


def check_arms(columns):
    """What the demo promises of each arm."""
    reference, stable, broken = columns["reference"], columns["stable"], columns["broken"]
    base = nmi(reference, stable)
    delta = {arm: nmi(reference, columns[arm]) - base for arm in ARMS}
    right = {arm: accuracy(reference, columns[arm]) for arm in ARMS}
    moved, shifted = largest_share_change(stable, broken), jensen_shannon_bits(stable, broken)
    yield "reference has all ten labels", set(reference) == LABELS, f"{sorted(set(reference))}"
    yield "stable is a useful model", right["stable"] > 0.9 and base > 0.8, f"NMI {base:.4f}"
    yield "good is about as good", abs(delta["good"]) <= 0.02, f"delta {delta['good']:+.4f}"
    yield "good is another model", stable != columns["good"], "equal to stable"
    loses = -0.2 <= delta["broken"] <= -0.12
    yield "broken loses 0.12 to 0.2", loses, f"delta {delta['broken']:+.4f}"
    yield "broken keeps 80 % accuracy", right["broken"] > 0.8, f"{right['broken']:.4f}"
    yield "broken keeps each label's share", moved < 0.02, f"moved by {moved:.4f}"
    yield "broken is invisible to shift", shifted < 0.005, f"{shifted:.5f} bits"
    few = len(set(columns["collapsed"]))
    yield "collapsed has 2 or 3 labels", 2 <= few <= 3, f"{few} labels"
    yield "collapsed loses most", delta["collapsed"] < -0.3, f"delta {delta['collapsed']:+.4f}"


def check_documented(columns, text):
    """SOURCE.md quotes what the file holds."""
    reference = columns["reference"]
    base = nmi(reference, columns["stable"])
    for arm in ARMS:
        score, right = nmi(reference, columns[arm]), accuracy(reference, columns[arm])
        line = f"| {arm} | {right:.4f} | {score:.4f} | {score - base:+.4f} |"
        yield f"SOURCE.md quotes the scores of {arm}", line in text, f"expected {line}"
    for name in HEADER[1:]:
        counts = Counter(columns[name])
        shares = " | ".join(f"{100 * counts[v] / len(reference):.2f}" for v in sorted(LABELS))
        yield f"SOURCE.md quotes the shares of {name}", f"| {name} | {shares} |" in text, shares
    rows = re.search(r"holds ([\d,]+) rows", text)
    quoted = int(rows[1].replace(",", "")) if rows else 0
    yield "SOURCE.md quotes the rows", quoted == len(reference), f"{quoted} quoted"


def run(checks):
    """Print each failure; return how many passed and failed."""
    passed = failed = 0
    for name, holds, detail in checks:
        passed, failed = passed + bool(holds), failed + (not holds)
        if not holds:
            print(f"FAILED: {name}: {detail}")
    return passed, failed


def main():
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else DEFAULT_FOLDER
    packed = (folder / "streams.csv.gz").read_bytes()
    table = csv.reader(io.StringIO(gzip.decompress(packed).decode("ascii")))
    header, rows = next(table), list(table)

    passed, failed = run(check_shape(packed, header, rows))
    if not failed:
        columns = {name: [row[i] for row in rows] for i, name in enumerate(header)}
        text = (folder / "SOURCE.md").read_text(encoding="utf-8")
        for checks in (check_arms(columns), check_documented(columns, text)):
            more_passed, more_failed = run(checks)
            passed, failed = passed + more_passed, failed + more_failed
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
