"""The block jackknife and the whole delta with its interval: times that have to be small."""

import numpy as np

import samples
from contest import Row, agree, best_of, duration, faster, timed
from section_tables import numpy_estimate

BLOCKS, SIDE = 60, 10


def numpy_nmi(table):
    return numpy_estimate(table)[0]


def numpy_jackknife(blocks):
    """Delete-one-block variance of NMI (arithmetic mean), all blocks at once."""
    left = (blocks.sum(0) - blocks).astype(float)
    totals = left.sum((1, 2))
    rows, columns = left.sum(2), left.sum(1)

    def sum_of_logs(counts, axes):
        return np.sum(counts * np.log(np.where(counts > 0, counts, 1.0)), axis=axes)

    joint = np.log(totals) - sum_of_logs(left, (1, 2)) / totals
    margins = 2.0 * np.log(totals) - (sum_of_logs(rows, 1) + sum_of_logs(columns, 1)) / totals
    nmi = 2.0 * (margins - joint) / margins
    count = len(blocks)
    return (count - 1.0) / count * np.sum((nmi - nmi.mean()) ** 2)


def run(context):
    program = context.program("agreement")
    arms = {
        "canary": samples.blocks(BLOCKS, SIDE, 100, 0.8, 5),
        "stable": samples.blocks(BLOCKS, SIDE, 1900, 0.85, 6),
    }
    jobs = {}
    for name, blocks in arms.items():
        path = context.path(f"{name}-blocks")
        samples.write_words(path, blocks.shape, blocks)
        jobs[name] = lambda path=path: program("jackknife", path, 500)
        jobs[f"numpy {name}"] = timed(lambda blocks=blocks: numpy_jackknife(blocks), 20)
    paths = context.path("canary-blocks"), context.path("stable-blocks")
    jobs["delta"] = lambda: program("delta", *paths, 200)
    best = best_of(context.rounds, jobs)

    for name, blocks in arms.items():
        agree("jackknife", best[name]["variance"], numpy_jackknife(blocks), 1e-7)
        job = f"block jackknife, {BLOCKS} blocks, {SIDE}×{SIDE}, N = {blocks.sum():,}"
        seconds = best[name]["seconds"], best[f"numpy {name}"]["seconds"]
        yield faster(job, seconds[0], "numpy", seconds[1], "≤ 20 µs")
    plugin = numpy_nmi(arms["canary"].sum(0)) - numpy_nmi(arms["stable"].sum(0))
    delta = best["delta"]
    if not delta["lower"] < plugin < delta["upper"]:
        raise RuntimeError("the interval of the delta misses its plug-in estimate")
    for job, figure in (
        (f"delta with sequential interval, {SIDE}×{SIDE}", "interval_seconds"),
        (f"the same with both arms' jackknives over {BLOCKS} blocks", "whole_seconds"),
    ):
        yield Row(job, duration(delta[figure]), expected="< 100 µs")
