"""GET /v1/analysis from the embedded store: 100 pods × 60 minutes × 10×10 cells."""

import json
import time
from urllib.parse import urlencode

import numpy as np

import samples
from contest import Row, duration
from server import Client, Server, get, post

STREAM = """
streams:
  - name: segments
"""
PODS, CANARY_PODS, MINUTES, LABELS = 100, 5, 60, 10
EVENTS_PER_BLOCK = 1000
REQUESTS = 2000
CANARY, STABLE = "7d9f8c6b5", "5c7d4f9b8"


def block_lines(pod, time_ms, counts):
    arm = CANARY if pod < CANARY_PODS else STABLE
    start = f'{{"stream":"segments","time":{time_ms},"arm":"{arm}","pod":"checkout-{arm}-{pod:03d}"'
    for (row, column), count in np.ndenumerate(counts):
        if count > 0:
            yield f'{start},"label":"s{column}","reference":"s{row}","count":{count}}}\n'


def fill(client):
    """Pushes every pod's last hour, one batch per minute."""
    blocks = samples.blocks(PODS * MINUTES, LABELS, EVENTS_PER_BLOCK, 0.85, 7)
    now_ms = int(time.time() * 1000)
    cells = 0
    for minute in range(MINUTES):
        time_ms = now_ms - (MINUTES - minute) * 60_000
        lines = []
        for pod in range(PODS):
            lines += block_lines(pod, time_ms, blocks[minute * PODS + pod])
        client.expect(post("/v1/events", "".join(lines).encode()))
        cells += len(lines)
    return cells


def question(margin):
    query = {"stream": "segments", "canary": CANARY, "stable": STABLE, "margin": margin}
    return get("/v1/analysis?" + urlencode(query))


def ask_often(client):
    """Seconds of each request; every question is a new one, so that no answer can be kept."""
    times = []
    for i in range(REQUESTS):
        request = question(f"{0.05 + i * 1e-6:.6f}")
        start = time.perf_counter()
        body = client.expect(request)
        times.append(time.perf_counter() - start)
    return np.array(times), json.loads(body)


def run(context):
    with Server(context, "analysis", STREAM) as server, Client(server.api) as client:
        cells = fill(client)
        best = {50: np.inf, 99: np.inf}
        for _ in range(context.rounds):
            times, answer = ask_often(client)
            for percentile in best:
                best[percentile] = min(best[percentile], np.percentile(times, percentile))
    if answer["verdict"] != "promote":
        raise RuntimeError(f"the canary is as good as the stable arm, but: {answer}")
    job = f"GET /v1/analysis, {PODS} pods × {MINUTES} min × {LABELS}×{LABELS}, {cells:,} cells"
    yield Row(job + ": p50", duration(best[50]))
    yield Row(job + ": p99", duration(best[99]), expected="< 2 ms")
