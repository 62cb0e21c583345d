"""Events accepted durably on one connection, beside what the disk and SQLite allow."""

import os
import sqlite3
import time
from contextlib import closing

import samples
from contest import Row, duration
from server import Client, Server, post

STREAM = """
streams:
  - name: segments
    slices: [region]
"""
BATCH, BATCHES = 1000, 200


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


def open_peer(context):
    """A database with the settings of Serin's store."""
    database = sqlite3.connect(context.path("peer.db"), isolation_level=None)
    database.execute("pragma journal_mode = wal")
    database.execute("pragma synchronous = full")
    database.execute("create table journal (id integer primary key, counts blob)")
    return database


def commit_seconds(database):
    """Seconds per commit of one row about as large as a batch's counts."""
    start = time.perf_counter()
    for _ in range(BATCHES):
        database.execute("begin immediate")
        database.execute("insert into journal (counts) values (zeroblob(2000))")
        database.execute("commit")
    return (time.perf_counter() - start) / BATCHES


def sync_seconds(descriptor):
    """Seconds to write a page over and have the disk confirm it: the least a commit can take."""
    start = time.perf_counter()
    for _ in range(BATCHES):
        os.pwrite(descriptor, os.urandom(4096), 0)
        os.fdatasync(descriptor)
    return (time.perf_counter() - start) / BATCHES


def run(context):
    bodies = batches(context)
    push = commit = sync = float("inf")
    descriptor = os.open(context.path("page"), os.O_CREAT | os.O_WRONLY)
    with (
        closing(open_peer(context)) as database,
        Server(context, "ingest", STREAM) as server,
        Client(server.api) as client,
    ):
        for attempt in range(context.rounds):
            push = min(push, push_all(client, bodies, attempt * BATCHES))
            commit = min(commit, commit_seconds(database))
            sync = min(sync, sync_seconds(descriptor))
    os.close(descriptor)
    batch = push / BATCHES
    job = f"durable events/s, one connection, batches of {BATCH:,}"
    yield Row(job, f"{BATCH / batch:,.0f}", expected="≥ 300,000")
    yield Row(
        "one batch, sent to acknowledged",
        duration(batch),
        "SQLite commit",
        duration(commit),
        commit / batch,
    )
    yield Row(
        "one batch, sent to acknowledged",
        duration(batch),
        "write + fdatasync",
        duration(sync),
        sync / batch,
    )
