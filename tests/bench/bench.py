"""Runs the sections and prints one table. See run.sh."""

import importlib
import os
import sys
import tempfile
import traceback

from contest import Context

SECTIONS = {
    "tables": "NMI with standard error from a table",
    "encoded": "label ids to a table",
    "labels": "label texts to a table",
    "expected": "expected mutual information",
    "ndjson": "NDJSON to tables",
    "interval": "jackknife and delta",
    "analysis": "analyses answered from the embedded store",
    "http": "the bare HTTP path",
    "ingest": "events accepted durably",
    "tap": "what a sidecar costs its pod",
}
HEADINGS = ("job", "Serin", "peer", "peer's figure", "ratio", "expected")


def chosen():
    """The sections that BENCH names, or all."""
    names = os.environ.get("BENCH", "").replace(",", " ").split() or list(SECTIONS)
    for name in names:
        if name not in SECTIONS:
            known = ", ".join(SECTIONS)
            sys.exit(f'bench: unknown section "{name}" in BENCH; known: {known}')
    return names


def run_section(name, context):
    """The section's rows, and whether it ran to its end."""
    print(f"bench: {SECTIONS[name]} …", file=sys.stderr, flush=True)
    rows = []
    try:
        for row in importlib.import_module(f"section_{name}").run(context):
            rows.append(row)
    except Exception as failure:  # the other sections shall run whatever happens in this one
        traceback.print_exc()
        print(f"bench: section {name} failed: {failure}", file=sys.stderr)
        return rows, False
    return rows, True


def print_table(rows):
    lines = [HEADINGS]
    for row in rows:
        ratio = "-" if row.ratio is None else f"{row.ratio:.3g}×"
        lines.append((row.job, row.serin, row.peer, row.peer_figure, ratio, row.expected))
    widths = [max(len(line[i]) for line in lines) for i in range(len(HEADINGS))]
    lines.insert(1, tuple("─" * width for width in widths))
    for line in lines:
        print("  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip())


def main():
    rounds = int(os.environ.get("BENCH_ROUNDS", "5"))
    rows, failed = [], []
    names = chosen()
    with tempfile.TemporaryDirectory(prefix="serin-bench-") as scratch:
        context = Context(os.path.abspath(sys.argv[1]), scratch, rounds)
        for name in names:
            section_rows, whole = run_section(name, context)
            rows += section_rows
            if not whole:
                failed.append(name)
    print_table(rows)
    print(f"\nEach figure is the best of {rounds} rounds in which Serin and its peers took turns.")
    print('Ratios above 1 are in Serin\'s favour; "expected" is information, nothing is asserted.')
    if failed:
        sys.exit(f"bench: failed sections: {', '.join(failed)}")


if __name__ == "__main__":
    main()
