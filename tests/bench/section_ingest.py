"""Events accepted durably on one connection, beside what the disk and SQLite allow."""

import os
import sqlite3
import time

import samples
from contest import Row, duration
from server import Client, Server, post

STREAM = """
streams:
  - name: segments
    slices: [region]
"""
BATCH, BATCHES = 1000, 200
COMMITS = 100


def batches(context):
    path = context.path("ingest.ndjson")
    samples.write_events(path, BATCH * BATCHES, int(time.time() * 1000) - 600_000)
    with open(path, "rb") as file:
        lines = file.readlines()
    return [b"".join(lines[at : at + BATCH]) for at in range(0, len(lines), BATCH)]


def push_all(client, bodies, first):
    """Seconds for all batches, each under a name of its own."""
    requests = [
        post("/v1/events", body, f"Idempotency-Key: batch-{first + i}")
        for i, body in enumerate(bodies)
    ]
    start = time.perf_counter()
    for request in requests:
        client.expect(request)
    return time.perf_counter() - start


def commit_seconds(context, attempt):
    """Seconds per commit of one small row, with the settings of Serin's store."""
    database = sqlite3.connect(context.path(f"peer-{attempt}.db"), isolation_level=None)
    database.execute("pragma journal_mode = wal")
    database.execute("pragma synchronous = full")
    database.execute("create table journal (id integer primary key, counts blob)")
    start = time.perf_counter()
    for _ in range(COMMITS):
        database.execute("begin immediate")
        database.execute("insert into journal (counts) values (zeroblob(2000))")
        database.execute("commit")
    seconds = (time.perf_counter() - start) / COMMITS
    database.close()
    return seconds


def fsync_seconds(context):
    """Seconds to append a page to a file and have the disk confirm it."""
    descriptor = os.open(context.path("fsync"), os.O_CREAT | os.O_WRONLY | os.O_TRUNC)
    start = time.perf_counter()
    for _ in range(COMMITS):
        os.write(descriptor, b"\0" * 4096)
        os.fsync(descriptor)
    seconds = (time.perf_counter() - start) / COMMITS
    os.close(descriptor)
    return seconds


def run(context):
    bodies = batches(context)
    push = commit = fsync = float("inf")
    with Server(context, "ingest", STREAM) as server, Client(server.api) as client:
        for attempt in range(context.rounds):
            push = min(push, push_all(client, bodies, attempt * BATCHES))
            commit = min(commit, commit_seconds(context, attempt))
            fsync = min(fsync, fsync_seconds(context))
    job = f"durable events/s, one connection, batches of {BATCH:,}"
    yield Row(job, f"{BATCH * BATCHES / push:,.0f}", expected="≥ 300,000")
    yield Row(
        "one batch, sent to acknowledged",
        duration(push / BATCHES),
        "a commit of SQLite's",
        duration(commit),
        commit / (push / BATCHES),
    )
    yield Row("one write and fsync on this disk", "-", "the disk", duration(fsync))
