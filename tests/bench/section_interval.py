"""The block jackknife and the whole delta with its interval: times that have to be small."""

import numpy as np

import samples
from contest import Row, agree, best_of, duration, faster, timed
from section_tables import numpy_estimate

BLOCKS, SIDE = 60, 10


def write_blocks(path, blocks):
    samples.write_words(path, blocks.shape, blocks)


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
    canary = samples.blocks(BLOCKS, SIDE, 100, 0.8, 5)
    stable = samples.blocks(BLOCKS, SIDE, 1900, 0.85, 6)
    paths = context.path("canary-blocks"), context.path("stable-blocks")
    write_blocks(paths[0], canary)
    write_blocks(paths[1], stable)
    best = best_of(
        context.rounds,
        {
            "jackknife": lambda: program("jackknife", paths[1], 500),
            "numpy": timed(lambda: numpy_jackknife(stable), 20),
            "delta": lambda: program("delta", *paths, 200),
        },
    )
    agree("jackknife", best["jackknife"]["variance"], numpy_jackknife(stable), 1e-7)
    delta = best["delta"]
    plugin = numpy_estimate(canary.sum(0))[0] - numpy_estimate(stable.sum(0))[0]
    if not delta["lower"] < plugin < delta["upper"]:
        raise RuntimeError("the interval of the delta misses its plug-in estimate")
    yield faster(
        f"block jackknife, {BLOCKS} blocks, {SIDE}×{SIDE}",
        best["jackknife"]["seconds"],
        "numpy",
        best["numpy"]["seconds"],
        "≤ 20 µs",
    )
    yield Row(
        f"delta with sequential interval, {SIDE}×{SIDE}",
        duration(delta["interval_seconds"]),
        expected="< 100 µs",
    )
    yield Row(
        f"… and both arms' jackknives over {BLOCKS} blocks",
        duration(delta["whole_seconds"]),
        expected="< 100 µs",
    )
