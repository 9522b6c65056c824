"""Train the `shape` statistic and store what it looks like on mosaics of one and of two populations.

    python calibration/null_parts.py --work scratch/library
    python calibration/build_null_library.py --work scratch/library

writes shape_<null>.npz (the network) and null_<null>.npz (quantiles) into grainstats/infer/modality.  Even
seeds train, odd ones tell the quantiles; with --quantiles the network that is there stays.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from null_parts import NULLS, read_parts
from null_samples import FAMILIES, Samples
from train_shape_network import Lesson, train

from grainstats.infer.modality.null_library import CLOSEST_RATIO, NULL_LEVELS, PAIR_SHARE, SPREAD_WEIGHT
from grainstats.infer.modality.shape_network import ShapeNetwork, load_network, shape_inputs
from segment.choices import Null

PACKAGE = Path(__file__).parents[1] / "grainstats" / "infer" / "modality"
SIZES = np.array([80.0, 110.0, 155.0, 220.0, 310.0, 450.0, 900.0, 1800.0])  # interior grains of the nodes
EPOCHS = 40
# From the first size to the second the limits do not fall: wide spheres thrown at random at half the density
# exceeded lower ones in a tenth of the samples (outside_table.py, seeds 5, 6 and 11).
NOT_BELOW = {"section": ((310.0, np.inf), (155.0, 450.0)), "columnar": ((310.0, np.inf),)}
LEAST_RATIO, LEAST_SHARE = 2.0, 0.05  # in the plane: what counts as two populations while the network learns
WIDTHS = (0.25, 0.4, 0.5, 0.6, 0.75)  # part the uniform mosaics that a network learns into kinds
LEARNED_SIZES = 3
WIDTH_NODES = np.arange(0.2, 0.86, 0.065)  # each keeps the level
BROAD = 0.3  # SD of log diameter that parts narrow populations from broad ones
FEWEST = 100  # samples of a kind that tell a quantile
NEAR = 1.35  # pairs whose ratio is within this factor of the least one are the hardest to tell from one
COARSE = (0.25, 0.6)  # parts the classes of coarse share, of which the worst decides


def fit_network(one: Samples, two: Samples, seed: int = 1) -> ShapeNetwork:
    """Train on both."""
    two = two.take(is_pair(two, LEAST_RATIO, LEAST_SHARE))
    both = Samples.join([one, two])
    thirds = np.quantile(one.scalars[:, 1], np.arange(1, LEARNED_SIZES) / LEARNED_SIZES)
    family, width = both.truth[:, 0].astype(int), both.truth[:, 1]
    lesson = Lesson(
        inputs=shape_inputs(both.grid, both.counts, both.scalars),
        two=np.arange(len(family)) >= len(one.grid),
        weight=np.ones(len(family)),
        size=np.digitize(both.scalars[:, 1], thirds),
        kind=(family % len(FAMILIES)) * (len(WIDTHS) + 1) + np.digitize(width, WIDTHS),
    )
    return train(lesson, epochs=EPOCHS, seed=seed)


def is_pair(samples: Samples, ratio: float, share: float) -> np.ndarray:
    """Samples that show two populations so far apart, each of so large a share of the area."""
    found, coarse = samples.truth[:, 2], samples.truth[:, 3]
    return np.asarray((found >= ratio) & (coarse >= share) & (coarse <= 1 - share))


def score(samples: Samples, network: ShapeNetwork) -> np.ndarray:
    return network.score(shape_inputs(samples.grid, samples.counts, samples.scalars))


def null_quantiles(samples: Samples, values: np.ndarray, null: Null) -> np.ndarray:
    """Values that the worst width of the worst family exceeds with these probabilities, (sizes, levels)."""
    merged = len(FAMILIES)  # of all families together: by themselves they are few
    table = _worst(samples, values, np.minimum(samples.truth[:, 0].astype(int), merged), WIDTH_NODES)
    for first, last in NOT_BELOW[null]:
        here = (SIZES >= first) & (SIZES <= last)
        table[here] = np.maximum(table[here], table[SIZES == first])
    return table


def pair_quantiles(pairs: Samples, values: np.ndarray, ratio: float) -> np.ndarray:
    """Values that the worst pairs of this ratio or more fall below with these probabilities, (sizes, levels).

    The worst of few, many and most grains coarse, of narrow and broad populations, and of ratios that are
    just large enough or larger.
    """
    chosen = is_pair(pairs, ratio, PAIR_SHARE)
    pairs, values = pairs.take(chosen), values[chosen]
    kind = np.digitize(pairs.truth[:, 3], COARSE) * 4
    kind += (pairs.truth[:, 2] > NEAR * ratio) * 2 + (pairs.truth[:, 1] > BROAD)
    return -_worst(pairs, -values, kind, None)


def _worst(samples: Samples, values: np.ndarray, kind: np.ndarray, nodes: np.ndarray | None) -> np.ndarray:
    tables = [kind_quantiles(samples.take(kind == k), values[kind == k], nodes) for k in np.unique(kind)]
    return np.asarray(np.max(tables, axis=0))


def _basis(log_n: np.ndarray, width: np.ndarray | None) -> np.ndarray:
    """A line in the log of interior grains; with widths, a parabola in width that changes along it."""
    a = log_n - 5.5
    if width is None:
        return np.column_stack([np.ones_like(a), a])
    b = width - 0.5
    return np.column_stack([np.ones_like(a), a, b, b * b, a * b])


def kind_quantiles(samples: Samples, values: np.ndarray, nodes: np.ndarray | None) -> np.ndarray:
    """Upper quantiles of one kind at its worst width, shape (sizes, levels); -inf where samples are too few.

    The trends of the values and of their scatter over size and width are taken out first, and put back at
    the nodes that lie among the samples' widths: all samples of the kind tell the quantiles of the rest.
    Without `nodes`, trends are over size alone.
    """
    if len(values) < FEWEST:
        return np.full((len(SIZES), len(NULL_LEVELS)), -np.inf)
    log_n, width = samples.scalars[:, 1].astype(float), samples.truth[:, 1].astype(float)
    basis = _basis(log_n, None if nodes is None else width)
    trend = np.linalg.lstsq(basis, values, rcond=None)[0]
    rest = values - basis @ trend
    scatter = np.linalg.lstsq(basis, np.abs(rest), rcond=None)[0]
    least = 0.3 * np.abs(rest).mean()
    upper = np.quantile(rest / np.maximum(basis @ scatter, least), 1 - NULL_LEVELS)
    low, high = np.quantile(width, [0.02, 0.98])
    at: list[float | None] = [None]
    if nodes is not None:
        at = [*nodes[(nodes > low) & (nodes < high)], float(np.median(width))]
    tables = []
    for w in at:
        node = _basis(np.log(SIZES), None if w is None else np.full(len(SIZES), w))
        tables.append((node @ trend)[:, None] + np.maximum(node @ scatter, least)[:, None] * upper)
    return np.asarray(np.max(tables, axis=0))


def learn(null: Null, folder: Path, out: Path) -> ShapeNetwork:
    """The network of the even parts, kept."""
    network = fit_network(*(read_parts(null, two=two, odd=False, folder=folder) for two in (False, True)))
    layers = {f"matrix{k}": m.astype(np.float32) for k, m in enumerate(network.matrices)}
    layers |= {f"offset{k}": o.astype(np.float32) for k, o in enumerate(network.offsets)}
    np.savez_compressed(out / f"shape_{null}.npz", centre=network.centre, scale=network.scale, **layers)
    return network


def keep_quantiles(null: Null, network: ShapeNetwork, folder: Path, out: Path) -> None:
    """What its values are in the odd parts."""
    one, two = (read_parts(null, two=two, odd=True, folder=folder) for two in (False, True))
    values = score(two, network) + SPREAD_WEIGHT * np.exp(two.scalars[:, 0])
    np.savez_compressed(
        out / f"null_{null}.npz",
        n_interior=SIZES,
        one=null_quantiles(one, score(one, network), null).astype(np.float32),
        two=pair_quantiles(two, values, CLOSEST_RATIO).astype(np.float32),
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--null", choices=NULLS, nargs="*", default=NULLS)
    parser.add_argument("--work", type=Path, required=True, help="folder of the simulated parts")
    parser.add_argument("--out", type=Path, default=PACKAGE)
    parser.add_argument("--quantiles", action="store_true", help="of the network that is there")
    given = parser.parse_args()
    for null in given.null:
        network = load_network(null) if given.quantiles else learn(null, given.work, given.out)
        keep_quantiles(null, network, given.work, given.out)


if __name__ == "__main__":
    main()
