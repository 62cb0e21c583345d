"""NDJSON to counts on one thread, beside duckdb, polars and jansson; Serin validates all of it."""

import duckdb
import polars

import samples
from contest import agree, best_of, faster, timed

EVENTS = 500_000
START_MS = 1_769_860_800_000

PAIR = ("reference", "label")
BLOCK = ("arm", "pod", "minute", "region", *PAIR)


def duckdb_query(path, keys):
    columns = {"reference": "VARCHAR", "label": "VARCHAR"}
    picked = ", ".join(keys)
    if keys is BLOCK:
        columns |= {"time": "BIGINT", "arm": "VARCHAR", "pod": "VARCHAR"}
        columns |= {"slices": "STRUCT(region VARCHAR)"}
        picked = picked.replace("minute", "time // 60000 as minute")
        picked = picked.replace("region", "slices.region as region")
    names = ", ".join(f"{name}: '{kind}'" for name, kind in columns.items())
    source = f"read_json('{path}', format='newline_delimited', columns={{{names}}})"
    return f"select {picked}, count(*) as len from {source} group by all"


def polars_query(path, keys):
    schema = {"reference": polars.String, "label": polars.String}
    if keys is BLOCK:
        schema |= {"time": polars.Int64, "arm": polars.String, "pod": polars.String}
        schema |= {"slices": polars.Struct({"region": polars.String})}
    lines = polars.scan_ndjson(path, schema=schema)
    if keys is BLOCK:
        lines = lines.with_columns(
            minute=polars.col("time") // 60000,
            region=polars.col("slices").struct.field("region"),
        )
    return lines.group_by(*keys).len()


def squares(counts):
    """A digest of a table: the sum of its squared counts."""
    return float((counts.astype(float) ** 2).sum())


def check(engine, path, best):
    """All four count the same; Serin's blocks are compared over all slices."""
    pairs = polars_query(path, PAIR).collect()["len"].to_numpy()
    agree("polars", best["serin pairs"]["squares"], squares(pairs), 0.0)
    pairs = engine.execute(duckdb_query(path, PAIR)).fetchnumpy()["len"]
    agree("duckdb", best["serin pairs"]["squares"], squares(pairs), 0.0)
    agree("jansson", best["serin pairs"]["squares"], best["jansson"]["squares"], 0.0)
    cells = polars_query(path, BLOCK).group_by("arm", "pod", "minute", *PAIR)
    cells = cells.agg(polars.col("len").sum()).collect()["len"].to_numpy()
    agree("cells", best["serin blocks"]["cells"], len(cells), 0.0)
    agree("blocks", best["serin blocks"]["squares"], squares(cells), 0.0)


def run(context):
    program = context.program("ndjson")
    path = context.path("events.ndjson")
    samples.write_events(path, EVENTS, START_MS)
    engine = duckdb.connect()
    engine.execute("set threads to 1")
    jobs = {
        "serin pairs": lambda: program("pairs", path, 3),
        "serin blocks": lambda: program("blocks", path, 3),
        "jansson": lambda: program("jansson", path, 1),
    }
    for name, keys in (("pairs", PAIR), ("blocks", BLOCK)):
        plan, query = polars_query(path, keys), duckdb_query(path, keys)
        jobs[f"polars {name}"] = timed(plan.collect)
        jobs[f"duckdb {name}"] = timed(lambda query=query: engine.execute(query).fetchnumpy())
    best = best_of(context.rounds, jobs)
    check(engine, path, best)
    for name, title in (("pairs", "table"), ("blocks", "tables per arm, pod, minute, slice")):
        job = f"NDJSON, {EVENTS:,} events → {title}"
        serin = best[f"serin {name}"]["seconds"]
        for peer in ("duckdb", "polars"):
            seconds = best[f"{peer} {name}"]["seconds"]
            yield faster(job, serin, peer, seconds, "≥ 3× the faster")
        if name == "pairs":
            yield faster(job, serin, "jansson documents", best["jansson"]["seconds"], "≥ 12×")
