"""A million encoded labels to a table and to NMI, beside numpy and scikit-learn."""

import numpy as np
from sklearn.metrics import normalized_mutual_info_score

import samples
from contest import agree, best_of, faster, timed

PAIRS = 1_000_000


def run(context):
    program = context.program("counter")
    for side in (10, 100):
        references, emitted = samples.labels(PAIRS, side)
        path = context.path(f"labels-{side}")
        samples.write_words(path, references, emitted)

        def bincount():
            return np.bincount(references * side + emitted, minlength=side * side)

        best = best_of(
            context.rounds,
            {
                "serin": lambda: program("encoded", path, side, 20),
                "numpy": timed(bincount, 5),
                "sklearn": timed(lambda: normalized_mutual_info_score(references, emitted)),
            },
        )
        squares = float((bincount().astype(float) ** 2).sum())
        agree("table", best["serin"]["squares"], squares, 0.0)
        agree("NMI", best["serin"]["nmi"], normalized_mutual_info_score(references, emitted))
        serin, numpy = best["serin"], best["numpy"]["seconds"]
        job = f"10⁶ label ids, {side} labels"
        yield faster(job + " → table", serin["table_seconds"], "numpy bincount", numpy, "≥ 1.3×")
        sklearn = best["sklearn"]["seconds"]
        yield faster(
            job + " → NMI + SE", serin["nmi_seconds"], "scikit-learn NMI", sklearn, "≥ 150×"
        )
