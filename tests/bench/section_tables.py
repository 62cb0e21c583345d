"""NMI with its standard error from a table, beside numpy and scikit-learn."""

import numpy as np
from sklearn.metrics import mutual_info_score

import samples
from contest import agree, best_of, faster, timed

CASES = ((10, 20000, 200, "≥ 200×", "≥ 40×"), (200, 200, 10, "≥ 40×", ""))


def numpy_estimate(table):
    """NMI (arithmetic mean) and the standard error by its influence function, in one go."""
    total = table.sum()
    shares = table / total
    rows, columns = shares.sum(1), shares.sum(0)
    log_rows, log_columns = np.log(rows)[:, None], np.log(columns)[None, :]
    with np.errstate(divide="ignore"):
        gain = np.where(shares > 0, np.log(shares) - log_rows - log_columns, 0.0)
    information = (shares * gain).sum()
    entropies = -(rows @ np.log(rows)) - (columns @ np.log(columns))
    nmi = 2.0 * information / entropies
    influence = (2.0 * gain + nmi * (log_rows + log_columns)) / entropies
    variance = (shares * influence**2).sum() - (shares * influence).sum() ** 2
    return nmi, np.sqrt(variance / total)


def sklearn_nmi(table):
    """NMI alone: scikit-learn's mutual information of a table over its margins' entropies."""
    information = mutual_info_score(None, None, contingency=table)
    entropies = 0.0
    for margin in (table.sum(0), table.sum(1)):
        shares = margin / margin.sum()
        entropies -= np.sum(shares * np.log(shares))
    return 2.0 * information / entropies


def run(context):
    program = context.program("agreement")
    for side, repeats, peer_repeats, sklearn_expected, numpy_expected in CASES:
        table = samples.table(side)
        path = context.path(f"table-{side}")
        samples.write_words(path, [side, side], table)
        best = best_of(
            context.rounds,
            {
                "serin": lambda: program("nmi", path, repeats),
                "numpy": timed(lambda: numpy_estimate(table), peer_repeats),
                "sklearn": timed(lambda: sklearn_nmi(table), peer_repeats),
            },
        )
        nmi, standard_error = numpy_estimate(table)
        agree("NMI", best["serin"]["nmi"], nmi, 1e-12)
        agree("NMI", best["serin"]["nmi"], sklearn_nmi(table), 1e-12)
        agree("standard error", best["serin"]["standard_error"], standard_error, 1e-8)
        job = f"NMI + SE, {side}×{side} table"
        serin = best["serin"]["seconds"]
        yield faster(job, serin, "numpy NMI + SE", best["numpy"]["seconds"], numpy_expected)
        yield faster(job, serin, "scikit-learn NMI", best["sklearn"]["seconds"], sklearn_expected)
