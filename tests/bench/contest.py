"""Interleaved rounds: every job in turn, as often as there are rounds, the least time of each."""

import os
import subprocess
import time
from dataclasses import dataclass


@dataclass
class Row:
    """One line of the table. `ratio` says how many times better Serin is than the peer."""

    job: str
    serin: str
    peer: str = "-"
    peer_figure: str = "-"
    ratio: float | None = None
    expected: str = ""


@dataclass
class Context:
    """Where things are: the build's folder, a scratch folder, and how many rounds to run."""

    build: str
    scratch: str
    rounds: int

    def path(self, name):
        return os.path.join(self.scratch, name)

    def program(self, name):
        """A runner of build/…/bench/NAME, which prints "name value" lines, as a dict."""
        path = os.path.join(self.build, "bench", name)

        def run(*arguments):
            words = [path, *(str(argument) for argument in arguments)]
            done = subprocess.run(words, capture_output=True, text=True, check=False)
            if done.returncode != 0:
                raise RuntimeError(f"{' '.join(words)}: {done.stderr.strip()}")
            lines = (line.split(" ", 1) for line in done.stdout.splitlines())
            return {name: float(value) for name, value in lines}

        return run


def timed(work, repeats=1):
    """A job that returns the CPU seconds one run of `work` takes, averaged over `repeats`.

    Everybody computes on one thread, so this is what a quiet machine's clock would show; on a busy
    one it suffers less. The benchmark programs measure the same way.
    """

    def job():
        start = time.process_time()
        for _ in range(repeats):
            work()
        return {"seconds": (time.process_time() - start) / repeats}

    return job


def best_of(rounds, jobs):
    """Runs the jobs in turn; of each the least value of every figure over the rounds."""
    best = {name: {} for name in jobs}
    for _ in range(rounds):
        for name, job in jobs.items():
            for figure, value in job().items():
                best[name][figure] = min(value, best[name].get(figure, value))
    return best


def duration(seconds):
    """0.0000123 → "12.3 µs"."""
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds * 1e9:.3g} ns"


def faster(job, serin_seconds, peer, peer_seconds, expected=""):
    """A row that compares two times."""
    return Row(
        job,
        duration(serin_seconds),
        peer,
        duration(peer_seconds),
        peer_seconds / serin_seconds,
        expected,
    )


def agree(what, ours, theirs, tolerance=1e-9):
    """Raises when two results of the same quantity differ by more than the relative tolerance."""
    if not abs(ours - theirs) <= tolerance * max(1e-300, abs(ours), abs(theirs)):
        raise RuntimeError(f"results differ: {what}: Serin {ours!r}, peer {theirs!r}")
