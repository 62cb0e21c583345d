"""Input for the contests, the same at every run: tables, labels, blocks, events."""

import json

import numpy as np


def table(side, seed=2):
    """A side × side table that is dense on its diagonal and thin elsewhere."""
    random = np.random.default_rng(seed)
    noise = random.gamma(0.5, 300.0, (side, side))
    return (noise + np.eye(side) * 5000.0).astype(np.int64) + 1


def labels(pairs, side, seed=1):
    """References and labels, 85 % of which agree."""
    random = np.random.default_rng(seed)
    references = random.integers(0, side, pairs)
    emitted = np.where(random.random(pairs) < 0.85, references, random.integers(0, side, pairs))
    return references, emitted


def margins(side, total, seed=3):
    """A table with random margins of about total / side: what E[MI] depends on."""
    random = np.random.default_rng(seed)
    uniform = np.full(side, 1.0 / side)
    rows = random.multinomial(total, uniform)
    columns = random.multinomial(total, uniform)
    return north_west(rows, columns)


def north_west(rows, columns):
    """The table with these margins that fills cells from its north-west corner on."""
    counts = np.zeros((len(rows), len(columns)), np.int64)
    left, above = rows.copy(), columns.copy()
    row = column = 0
    while row < len(rows) and column < len(columns):
        count = min(left[row], above[column])
        counts[row, column] += count
        left[row] -= count
        above[column] -= count
        if left[row] == 0:
            row += 1
        else:
            column += 1
    return counts


def blocks(count, side, events, agreement, seed):
    """Counts of `events` events per block, block by block, of labels that agree that often."""
    random = np.random.default_rng(seed)
    probabilities = np.full((side, side), (1.0 - agreement) / side / side)
    probabilities += np.eye(side) * agreement / side
    return random.multinomial(events, probabilities.ravel(), count).reshape(count, side, side)


def write_words(path, *arrays):
    """64-bit words, as the benchmark programs read them."""
    with open(path, "wb") as file:
        for array in arrays:
            file.write(np.ascontiguousarray(array, np.int64).tobytes())


def write_events(path, count, start_ms, seed=4):
    """NDJSON as POST /v1/events takes it: ten labels, two arms, twenty pods, ten minutes."""
    random = np.random.default_rng(seed)
    references, emitted = labels(count, 10, seed)
    pods = random.integers(0, 20, count)
    regions = random.integers(0, 3, count)
    times = start_ms + np.sort(random.integers(0, 600_000, count))
    with open(path, "w", encoding="utf-8") as file:
        for i in range(count):
            arm = "7d9f8c6b5" if pods[i] == 0 else "5c7d4f9b8"
            event = {
                "stream": "segments",
                "time": int(times[i]),
                "arm": arm,
                "pod": f"checkout-{arm}-{pods[i]:02d}",
                "label": f"segment-{emitted[i]}",
                "reference": f"segment-{references[i]}",
                "slices": {"region": ("eu", "us", "ap")[regions[i]]},
            }
            file.write(json.dumps(event, separators=(",", ":")) + "\n")
