"""What a tap costs its pod: CPU at a steady 10,000 events/s, memory, and how fast it can go."""

import json
import os
import random
import signal
import subprocess
import time

from contest import Row, duration
from server import cpu_seconds

RATE, SECONDS, STEP_S = 10_000, 6, 0.02
BULK = 500_000


def log_lines(count):
    """As services write them: what a tap wants among what it does not."""
    draw = random.Random(1)
    return [
        json.dumps(
            {
                "ts": "2026-01-31T12:00:00.250Z",
                "level": "info",
                "msg": "segment assigned",
                "label": f"s{draw.randrange(20)}",
                "reference": f"s{draw.randrange(20)}",
                "key": f"order-{i}",
                "client": {"region": draw.choice(("eu", "us", "ap")), "agent": "Mozilla/5.0"},
                "latency_ms": draw.randrange(5000) / 100,
            }
        )
        + "\n"
        for i in range(count)
    ]


class Tap:
    """`serin tap` on a file or, with "-", on standard input. Use with `with`."""

    def __init__(self, context, file):
        self.command = [os.path.join(context.build, "serin"), "tap", "--arm", "a", "--pod", "p"]
        self.command += ["--listen", "127.0.0.1:0", "--linger", "0s"]
        self.command += ["--slices", "region=client.region", file]
        self.source = subprocess.PIPE if file == "-" else subprocess.DEVNULL

    def __enter__(self):
        self.process = subprocess.Popen(
            self.command, stdin=self.source, stderr=subprocess.PIPE, text=True
        )
        self.process.stderr.readline()  # "tapping"
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        self.process.stderr.read()
        self.process.wait()

    def memory_kib(self):
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as file:
            fields = dict(line.split(":", 1) for line in file)
        return int(fields["VmHWM"].split()[0]), int(fields["RssAnon"].split()[0])


def write_steadily(out, lines):
    """RATE lines a second, in writes of a few hundred."""
    start, sent, step = time.monotonic(), 0, int(RATE * STEP_S)
    while sent < RATE * SECONDS:
        out.write("".join(lines[(sent + i) % len(lines)] for i in range(step)))
        out.flush()
        sent += step
        time.sleep(max(0.0, start + sent / RATE - time.monotonic()))
    return sent


def steady(context, way, lines):
    """(share of a core, VmHWM, RssAnon) at the steady rate."""
    path = context.path("steady.log")
    open(path, "w", encoding="utf-8").close()
    with Tap(context, path if way == "file" else "-") as tap:
        before = cpu_seconds(tap.process.pid)
        out = open(path, "a", encoding="utf-8") if way == "file" else tap.process.stdin
        start = time.monotonic()
        write_steadily(out, lines)
        time.sleep(0.2)
        spent = cpu_seconds(tap.process.pid) - before
        return spent / (time.monotonic() - start), *tap.memory_kib()


def bulk(context, lines):
    """Seconds of CPU for one event of a file that is read at once, without the start."""

    def run(count):
        path = context.path("bulk.log")
        with open(path, "w", encoding="utf-8") as file:
            file.writelines(lines[i % len(lines)] for i in range(count))
        with open(path, "rb") as file:
            command = [*Tap(context, "-").command]
            process = subprocess.Popen(command, stdin=file, stderr=subprocess.DEVNULL)
            _, _, usage = os.wait4(process.pid, 0)
            return usage.ru_utime + usage.ru_stime

    return (run(BULK) - run(0)) / BULK


def run(context):
    lines = log_lines(10_000)
    for way in ("file", "standard input"):
        share, most, own = steady(context, way, lines)
        job = f"tap at {RATE:,} events/s from {way}"
        yield Row(f"{job}: CPU", f"{share:.2%} of a core", expected="< 1 %")
        figure = f"{most / 1024:.1f} MiB ({own / 1024:.1f} its own)"
        yield Row(f"{job}: memory", figure, expected="< 10 MiB")
    seconds = min(bulk(context, lines) for _ in range(context.rounds))
    yield Row("tap, one event of a log read at once", duration(seconds), expected="≤ 1 µs")
