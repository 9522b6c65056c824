"""Simulate mosaics of one and of two populations, train the `shape` statistic and store all null quantiles.

    python scripts/build_null_library.py --work scratch/library

builds both nulls, section and columnar, and writes grainstats/infer/shape_<null>.npz (the network) and
null_<null>.npz (quantiles and power).  The seeds of `PLAN` decide every figure: half of the parts train, the
others calibrate.  Each part is kept in the work folder, so that an interrupted run goes on.
"""

from __future__ import annotations

import argparse
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
from null_windows import FAMILIES, LOOSE, Kind, Part, Samples, simulate
from train_shape_network import train

from grainstats.infer.modality import LEVEL
from grainstats.infer.null_library import LEVELS, NullLibrary
from grainstats.infer.shape import SMALL_BELOW, ShapeNetwork, ShapeNetworks, shape_inputs
from grainstats.infer.statistics import STATISTICS, statistics_on_grid

PACKAGE = Path(__file__).parents[1] / "grainstats" / "infer"
NULLS = ("section", "columnar")
FIELDS = ("grid", "scalars", "truth")
# Parts by null, two populations or one, and kind: how many train (seeds 0, 2, ...) and calibrate (1, 3, ...).
PLAN: dict[tuple[str, bool], dict[Kind, tuple[int, int]]] = {
    ("section", False): {"small": (3, 4), "medium": (4, 5), "large": (3, 5), "packed": (1, 1)},
    ("section", True): {"small": (2, 2), "medium": (3, 3), "large": (3, 3), "packed": (0, 0)},
    ("columnar", False): {"small": (3, 4), "medium": (3, 4), "large": (2, 4), "packed": (3, 3)},
    ("columnar", True): {"small": (2, 2), "medium": (2, 2), "large": (2, 2), "packed": (1, 1)},
}
KINDS: dict[str, tuple[Kind, ...]] = {
    "small": ("small", "packed"),
    "large": ("small", "medium", "large", "packed"),
}
# Interior grains at which quantiles are kept, by network; the ranges meet between two whole numbers.
SIZES = {
    "small": (80.0, 100.0, 125.0, 155.0, 200.0, SMALL_BELOW - 0.5),
    "large": (SMALL_BELOW + 0.5, 420.0, 865.0, 1900.0, 4000.0),
}
SEEN = {"small": (60.0, 1.4 * SMALL_BELOW), "large": (SMALL_BELOW / 1.4, np.inf)}  # samples a network learns
SD_NODES = np.geomspace(0.18, 1.3, 24)
SD_KERNEL = 0.12  # of log SD
N_KERNEL = 0.25  # of log interior grains
# Interior grains from which a family is protected on its own; fewer cannot tell it from two populations.
SPEAKS_FROM = (0, 600, 600, 0, 0, 600, 1500)
CORE = (0, 1, 3, 4)  # their pool is protected at any size
LOOSE_FROM = 600
CLASSICAL = 6000
NARROW, BROAD = (0.0, 0.25), (0.3, 0.4)  # sigmas of the two populations whose power is kept
FEWEST = 120  # effective null samples that let a family speak for itself
SIGMA_CENTRES, SIGMA_HALF = np.arange(0.2, 0.96, 0.05), 0.06  # each such stretch of sigma keeps the level
N_HALF = 0.35  # of log interior grains


def parts_of(null: str, size: str) -> list[Part]:
    """Parts that the network and the quantiles of this range of sizes need."""
    return [
        Part(null, two, kind, 2 * k + odd)
        for two in (False, True)
        for kind in KINDS[size]
        for odd in (0, 1)
        for k in range(PLAN[null, two][kind][odd])
    ]


def simulate_into(part: Part, folder: Path) -> None:
    """Keep the samples of one part, unless they are there."""
    path = folder / f"{part.name}.npz"
    if not path.exists():
        samples = simulate(part)
        unfinished = path.with_suffix(".part.npz")
        np.savez(unfinished, **{k: getattr(samples, k).astype(np.float32) for k in FIELDS})
        unfinished.replace(path)


def read_parts(parts: list[Part], folder: Path) -> Samples:
    found = []
    for part in parts:
        with np.load(folder / f"{part.name}.npz") as stored:
            found.append(Samples(*(stored[k].astype(np.float32) for k in FIELDS)))
    return Samples.join(found)


def fit_network(one: Samples, two: Samples, seed: int) -> ShapeNetwork:
    """Train on both populations, the null reweighted to the spread of the bimodal samples.

    The hard cases weigh more: narrow populations not far apart.
    """
    one, two = (
        s.take(~np.isin(s.truth[:, 0], LOOSE) | (s.scalars[:, 1] > np.log(LOOSE_FROM))) for s in (one, two)
    )
    both = Samples.join([one, two])
    edges = np.linspace(np.log(0.1), np.log(1.8), 30)
    counts = [np.histogram(s.scalars[:, 0], edges)[0] + 1.0 for s in (one, two)]
    bins = np.clip(np.digitize(one.scalars[:, 0], edges) - 1, 0, 28)
    matched = np.clip((counts[1] / counts[0])[bins], 0.02, 5.0)
    label = np.repeat([0.0, 1.0], [len(one.truth), len(two.truth)])
    hard = np.where(two.truth[:, 1] < 0.25, 1.5, 0.3) * np.where(two.truth[:, 2] < 4.5, 1.5, 1.0)
    weight = np.concatenate([matched * len(matched) / matched.sum(), hard])
    return train(shape_inputs(both.grid, both.scalars), label, weight, epochs=30, seed=seed)


def _basis(scalars: np.ndarray) -> np.ndarray:
    """Polynomial in the logs of interior grains and SD."""
    a, b = scalars[:, 1] - 6.0, scalars[:, 0] + 0.6
    return np.column_stack([np.ones_like(a), a, b, a * a, a * b, b * b, b**3, a * b * b])


def quantile_table(null: Samples, values: np.ndarray, sizes: tuple[float, ...]) -> np.ndarray:
    """Quantiles of the worst family near each node, shape (sizes, SD_NODES, LEVELS).

    The trend of the values over size and spread is taken out first, and put back at the node: kernels wide
    enough to see many samples would otherwise blur it.
    """
    scalars = null.scalars.astype(float)
    basis = _basis(scalars)
    trend = np.linalg.lstsq(basis, values, rcond=None)[0]
    rest = values - basis @ trend
    table = np.empty((len(sizes), len(SD_NODES), len(LEVELS)))
    family = null.truth[:, 0].astype(int)
    core = np.isin(family, CORE)
    for i, n in enumerate(sizes):
        for j, sd in enumerate(SD_NODES):
            across, along = (scalars[:, 1] - np.log(n)) / N_KERNEL, (scalars[:, 0] - np.log(sd)) / SD_KERNEL
            weight = np.exp(-0.5 * np.minimum(across**2 + along**2, 300.0)) + 1e-40
            found = [_upper_quantiles(rest[core], weight[core])]
            for k in [k for k in range(len(FAMILIES)) if n >= SPEAKS_FROM[k]]:
                w = weight[family == k]
                if len(w) and w.sum() > 1e-30 and w.sum() ** 2 / (w**2).sum() > FEWEST:
                    found.append(_upper_quantiles(rest[family == k], w))
            node = _basis(np.array([[np.log(sd), np.log(n)]])) @ trend
            table[i, j] = np.max(found, axis=0) + node
    return table


def held_for_every_sigma(table: np.ndarray, null: Samples, values: np.ndarray, size: str) -> np.ndarray:
    """The table with its levels lowered where some sigma of the core families is rejected too often.

    The level given the spread is a mean over the sigmas that may have made it, and one of them may exceed it.
    A node's level goes down by the excess of the sigmas that make samples of its spread, each counted by its
    share of them.
    """
    core = np.isin(null.truth[:, 0], CORE)
    scalars, sigma = null.scalars[core].astype(float), null.truth[core, 1]
    rejected = p_values(_library({"shape": table}, size), null.take(core), values[core]) < LEVEL
    stretches = np.abs(sigma[:, None] - SIGMA_CENTRES) < SIGMA_HALF
    held = table.copy()
    for i, n in enumerate(SIZES[size]):
        near = stretches & (np.abs(scalars[:, 1] - np.log(n)) < N_HALF)[:, None]
        count = near.sum(axis=0)
        rate = (near & rejected[:, None]).sum(axis=0) / np.maximum(count, 1)
        excess = np.where(count > FEWEST, np.maximum(rate / LEVEL, 1.0), 1.0)
        for j, sd in enumerate(SD_NODES):
            weight = np.exp(-0.5 * ((scalars[:, 0] - np.log(sd)) / SD_KERNEL) ** 2) @ near + 1e-12
            levels = LEVELS / float(weight @ excess / weight.sum())
            held[i, j] = np.interp(-np.log(levels), -np.log(LEVELS), table[i, j])
    return held


def _upper_quantiles(values: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Values exceeded with probability LEVELS."""
    order = np.argsort(-values)
    above = np.cumsum(weight[order]) / weight.sum()
    return np.asarray(np.interp(LEVELS, above, values[order]))


def shape_scores(samples: Samples, network: ShapeNetwork) -> np.ndarray:
    return network.score(shape_inputs(samples.grid, samples.scalars))


def null_tables(null: Samples, network: ShapeNetwork, size: str) -> dict[str, np.ndarray]:
    """Quantiles of every statistic; the two classical ones, which only stand beside, from fewer samples."""
    fewer = null.take(np.random.default_rng(0).permutation(len(null.truth))[:CLASSICAL])
    both, sizes = ShapeNetworks(network, network), SIZES[size]
    values = np.concatenate(
        [
            statistics_on_grid(fewer.grid[k : k + 500].astype(float), fewer.scalars[k : k + 500], both)
            for k in range(0, len(fewer.truth), 500)
        ]
    )
    tables = {name: quantile_table(fewer, values[:, k], sizes) for k, name in enumerate(STATISTICS)}
    scores = shape_scores(null, network)
    tables["shape"] = held_for_every_sigma(quantile_table(null, scores, sizes), null, scores, size)
    return tables


def _library(tables: dict[str, np.ndarray], size: str) -> NullLibrary:
    unknown = np.ones(len(SIZES[size]))
    return NullLibrary(np.array(SIZES[size]), SD_NODES, tables, unknown, unknown, np.inf)


def p_values(library: NullLibrary, samples: Samples, values: np.ndarray) -> np.ndarray:
    return np.array(
        [
            library.p_value("shape", float(v), int(np.exp(s[1]) + 0.5), float(np.exp(s[0])))
            for v, s in zip(values, samples.scalars, strict=True)
        ]
    )


def power_curve(
    library: NullLibrary, power: Samples, values: np.ndarray, sigmas: tuple[float, float]
) -> np.ndarray:
    """Share of samples of R = 2.8 ... 3.3, f = .3 ... .6 and these sigmas with p < .05 near each size."""
    chosen = _near_three(power, sigmas)
    p = p_values(library, power.take(chosen), values[chosen])
    log_n = power.scalars[chosen, 1]
    curve = []
    for n in library.n_interior:
        weight = np.exp(-0.5 * np.minimum(((log_n - np.log(n)) / 0.2) ** 2, 300.0))
        curve.append(float(weight @ (p < LEVEL) / weight.sum()))
    return np.maximum.accumulate(curve)


def _near_three(samples: Samples, sigmas: tuple[float, float]) -> np.ndarray:
    family, sigma, ratio, coarse, _ = samples.truth.T
    wanted = (ratio > 2.79) & (ratio < 3.3) & (coarse > 0.28) & (coarse < 0.62) & ~np.isin(family, LOOSE)
    return np.asarray(wanted & (sigma > sigmas[0]) & (sigma < sigmas[1]))


def build(null: str, size: str, folder: Path) -> None:
    """Network, quantiles and power of one range of sizes from the kept parts, into the package's files."""
    low, high = np.log(SEEN[size])
    sets = {}
    for two in (False, True):
        for odd in (0, 1):
            samples = read_parts(
                [p for p in parts_of(null, size) if (p.two, p.seed % 2) == (two, odd)], folder
            )
            sets[two, odd] = samples.take((samples.scalars[:, 1] > low) & (samples.scalars[:, 1] < high))
    network = fit_network(sets[False, 0], sets[True, 0], seed=1)
    tables = null_tables(sets[False, 1], network, size)
    library = _library(tables, size)
    scores = shape_scores(sets[True, 1], network)
    power, broad = (power_curve(library, sets[True, 1], scores, sigmas) for sigmas in (NARROW, BROAD))
    for name, curve in (("power", power), ("against broad populations", broad)):
        print(null, size, name, dict(zip(SIZES[size], np.round(curve, 2).tolist(), strict=True)), flush=True)
    weights = {f"matrix{k}": m.astype(np.float32) for k, m in enumerate(network.matrices)}
    weights |= {f"offset{k}": o.astype(np.float32) for k, o in enumerate(network.offsets)}
    weights |= {"centre": network.centre, "scale": network.scale}
    _replace(PACKAGE / f"shape_{null}.npz", {f"{size}_{k}": v for k, v in weights.items()})
    common: dict[str, np.ndarray] = {"sd": SD_NODES}
    if size == "large":
        spread = sets[True, 1].scalars[_near_three(sets[True, 1], BROAD), 0]
        common["broad_sd"] = np.exp(np.quantile(spread, 0.05))
    stored = {f"q_{name}": table.astype(np.float32) for name, table in tables.items()}
    stored |= {"n_interior": library.n_interior, "power": power, "power_broad": broad}
    _replace(PACKAGE / f"null_{null}.npz", {f"{size}_{k}": v for k, v in stored.items()} | common)


def _replace(path: Path, arrays: dict[str, np.ndarray]) -> None:
    """Write these arrays, and keep the file's others."""
    kept = {}
    if path.exists():
        with np.load(path) as stored:
            kept = {k: stored[k] for k in stored}
    np.savez_compressed(path, **(kept | arrays))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--null", choices=NULLS, nargs="*", default=NULLS)
    parser.add_argument("--size", choices=list(SIZES), nargs="*", default=list(SIZES))
    parser.add_argument("--work", type=Path, required=True, help="folder that keeps the simulated parts")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=np.inf, help="begin no part after so long")
    given = parser.parse_args()
    given.work.mkdir(parents=True, exist_ok=True)
    start = time.monotonic()
    parts = list(dict.fromkeys(p for n in given.null for s in given.size for p in parts_of(n, s)))
    with ProcessPoolExecutor(given.workers) as pool:
        for k in range(0, len(parts), given.workers):
            if time.monotonic() - start > given.seconds:
                raise SystemExit(f"{k} of {len(parts)} parts are there; run again to go on")
            batch = parts[k : k + given.workers]
            list(pool.map(simulate_into, batch, [given.work] * len(batch)))
    for null in given.null:
        for size in given.size:
            build(null, size, given.work)


if __name__ == "__main__":
    main()
