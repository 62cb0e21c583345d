"""Expected mutual information (the chance level of AMI), beside scikit-learn, with the errors."""

from decimal import Decimal, localcontext
from functools import cache
from math import isqrt

import numpy as np
import scipy.sparse
from sklearn.metrics.cluster import expected_mutual_information

import samples
from contest import Row, best_of, faster, timed

CASES = ((10, 10_000, 200, "≥ 25×"), (10, 1_000_000, 50, "≥ 150×"))
DIGITS = 50


def exact(table):
    """E[MI] with 50 digits: every pair of margins walked through its hypergeometric law."""
    total = int(table.sum())
    with localcontext() as numbers:
        numbers.prec = DIGITS

        @cache
        def log(number):
            return Decimal(number).ln()

        @cache
        def pair(row, column):
            # 30 standard deviations around the mean hold all but 10^-190 of the law.
            mean = row * column // total
            reach = 30 * (isqrt(mean) + 1)
            first = max(0, row + column - total, mean - reach)
            last = min(row, column, mean + reach)
            weight, weights, sum_of_terms = Decimal(1), Decimal(0), Decimal(0)
            for n in range(first, last + 1):
                weights += weight
                if n > 0:
                    gain = log(total) + log(n) - log(row) - log(column)
                    sum_of_terms += weight * n * gain
                step = (row - n) * (column - n)
                weight *= Decimal(step) / ((n + 1) * (total - row - column + n + 1))
            return sum_of_terms / weights / total

        rows, columns = table.sum(1).tolist(), table.sum(0).tolist()
        return sum((pair(row, column) for row in rows for column in columns), Decimal(0))


def error(value, truth):
    return abs(float((Decimal(float(value)) - truth) / truth))


def run(context):
    program = context.program("agreement")
    for side, total, repeats, expected in CASES:
        table = samples.margins(side, total)
        path = context.path(f"margins-{total}")
        samples.write_words(path, [side, side], table)
        sparse = scipy.sparse.csr_matrix(table)

        def by_sklearn():
            return expected_mutual_information(sparse, np.int64(total))

        best = best_of(
            context.rounds,
            {
                "serin": lambda: program("expected", path, repeats),
                "sklearn": timed(by_sklearn),
            },
        )
        truth = exact(table)
        ours = error(best["serin"]["expected"], truth)
        theirs = error(by_sklearn(), truth)
        if ours > 1e-9:
            raise RuntimeError(f"E[MI] is wrong by {ours:.1e}")
        job = f"expected MI, {side}×{side}, N = {total:.0e}"
        seconds = best["serin"]["seconds"], best["sklearn"]["seconds"]
        yield faster(job, seconds[0], "scikit-learn", seconds[1], expected)
        yield Row(
            job + ": relative error",
            f"{ours:.1e}",
            "scikit-learn",
            f"{theirs:.1e}",
            None,
            "smaller",
        )
