"""A million label texts to a table on one thread, beside duckdb and polars."""

import duckdb
import numpy as np
import polars
import pyarrow

import samples
from contest import agree, best_of, faster, timed

PAIRS = 1_000_000


def run(context):
    program = context.program("counter")
    engine = duckdb.connect()
    engine.execute("set threads to 1")
    for side in (10, 100, 1000):
        references, emitted = samples.labels(PAIRS, side)
        names = np.array([f"category_{label:04d}" for label in range(side)])
        path = context.path(f"texts-{side}")
        with open(path, "w", encoding="utf-8") as file:
            for reference, label in zip(names[references], names[emitted]):
                file.write(f"{reference}\n{label}\n")
        frame = polars.DataFrame({"reference": names[references], "label": names[emitted]})
        engine.register(
            "events", pyarrow.table({"reference": names[references], "label": names[emitted]})
        )

        def by_polars():
            return frame.group_by("reference", "label").len()

        def by_duckdb():
            query = "select reference, label, count(*) as len from events group by all"
            return engine.execute(query).fetchnumpy()

        best = best_of(
            context.rounds,
            {
                "serin": lambda: program("texts", path, PAIRS, 5),
                "polars": timed(by_polars),
                "duckdb": timed(by_duckdb),
            },
        )
        agree("cells", best["serin"]["cells"], len(by_polars()), 0.0)
        for counts in (by_polars()["len"].to_numpy(), by_duckdb()["len"]):
            agree("table", best["serin"]["squares"], float((counts.astype(float) ** 2).sum()), 0.0)
        job = f"10⁶ label texts, {side} labels → table"
        for peer in ("duckdb", "polars"):
            seconds = best[peer]["seconds"]
            yield faster(job, best["serin"]["seconds"], peer, seconds, "≥ 3× the faster")
