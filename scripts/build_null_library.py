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

from grainstats.infer.null_library import LEVELS, NullLibrary
from grainstats.infer.shape import SMALL_BELOW, ShapeNetwork, ShapeNetworks, shape_inputs
from grainstats.infer.statistics import STATISTICS, statistics_on_grids

PACKAGE = Path(__file__).parents[1] / "grainstats" / "infer"
NULLS = ("section", "columnar")
FIELDS = ("grids", "scalars", "truth")
# Parts by null, two populations or one, and kind; seeds 0 ... n - 1, even ones train, odd ones calibrate.
PLAN: dict[tuple[str, bool], dict[Kind, int]] = {
    ("section", False): {"small": 10, "medium": 8, "large": 6, "packed": 8},
    ("section", True): {"small": 6, "medium": 5, "large": 4, "packed": 2},
    ("columnar", False): {"small": 6, "medium": 5, "large": 4, "packed": 5},
    ("columnar", True): {"small": 4, "medium": 3, "large": 3, "packed": 2},
}
# Interior grains at which quantiles are kept, by network; the ranges meet between two whole numbers.
SIZES = {
    "small": (100.0, 125.0, 155.0, 200.0, SMALL_BELOW - 0.5),
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
FEWEST = 120  # effective null samples that let a family speak for itself


def parts_of(null: str) -> list[Part]:
    return [
        Part(null, two, kind, seed)
        for two in (False, True)
        for kind, count in PLAN[null, two].items()
        for seed in range(count)
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
    return train(shape_inputs(both.grids, both.scalars), label, weight, epochs=30, seed=seed)


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


def _upper_quantiles(values: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Values exceeded with probability LEVELS."""
    order = np.argsort(-values)
    above = np.cumsum(weight[order]) / weight.sum()
    return np.asarray(np.interp(LEVELS, above, values[order]))


def shape_scores(samples: Samples, network: ShapeNetwork) -> np.ndarray:
    return network.score(shape_inputs(samples.grids, samples.scalars))


def null_tables(null: Samples, network: ShapeNetwork, sizes: tuple[float, ...]) -> dict[str, np.ndarray]:
    """Quantiles of every statistic; the two classical ones, which only stand beside, from fewer samples."""
    fewer = null.take(np.random.default_rng(0).permutation(len(null.truth))[:CLASSICAL])
    both = ShapeNetworks(network, network)
    values = np.concatenate(
        [
            statistics_on_grids(fewer.grids[k : k + 500].astype(float), fewer.scalars[k : k + 500], both)
            for k in range(0, len(fewer.truth), 500)
        ]
    )
    tables = {name: quantile_table(fewer, values[:, k], sizes) for k, name in enumerate(STATISTICS)}
    tables["shape"] = quantile_table(null, shape_scores(null, network), sizes)
    return tables


def p_values(library: NullLibrary, samples: Samples, values: np.ndarray) -> np.ndarray:
    return np.array(
        [
            library.p_value("shape", float(v), int(np.exp(s[1]) + 0.5), float(np.exp(s[0])))
            for v, s in zip(values, samples.scalars, strict=True)
        ]
    )


def power_curve(library: NullLibrary, power: Samples, values: np.ndarray) -> np.ndarray:
    """Share of R = 2.8 ... 3.2, f = .3 ... .6, sigma <= .25 samples with p < .05 near each size."""
    t = power.truth
    wanted = (
        (np.abs(t[:, 2] - 3) < 0.21)
        & (t[:, 3] > 0.28)
        & (t[:, 3] < 0.62)
        & (t[:, 1] <= 0.25)
        & ~np.isin(t[:, 0], LOOSE)
    )
    p = p_values(library, power.take(wanted), values[wanted])
    log_n = power.scalars[wanted, 1]
    curve = []
    for n in library.n_interior:
        weight = np.exp(-0.5 * ((log_n - np.log(n)) / 0.2) ** 2)
        curve.append(float(weight @ (p < 0.05) / weight.sum()))
    return np.maximum.accumulate(curve)


def build(null: str, size: str, folder: Path) -> None:
    """Network, quantiles and power of one range of sizes from the kept parts, into the package's files."""
    low, high = np.log(SEEN[size])
    sets = {}
    for two in (False, True):
        for odd in (0, 1):
            samples = read_parts([p for p in parts_of(null) if p.two == two and p.seed % 2 == odd], folder)
            sets[two, odd] = samples.take((samples.scalars[:, 1] > low) & (samples.scalars[:, 1] < high))
    network = fit_network(sets[False, 0], sets[True, 0], seed=1)
    tables = null_tables(sets[False, 1], network, SIZES[size])
    library = NullLibrary(np.array(SIZES[size]), SD_NODES, tables, np.ones(len(SIZES[size])))
    power = power_curve(library, sets[True, 1], shape_scores(sets[True, 1], network))
    print(
        null, size, "power at", dict(zip(SIZES[size], np.round(power, 2).tolist(), strict=True)), flush=True
    )
    weights = {f"matrix{k}": m.astype(np.float32) for k, m in enumerate(network.matrices)}
    weights |= {f"offset{k}": o.astype(np.float32) for k, o in enumerate(network.offsets)}
    weights |= {"centre": network.centre, "scale": network.scale}
    _replace(PACKAGE / f"shape_{null}.npz", {f"{size}_{k}": v for k, v in weights.items()})
    stored = {f"q_{name}": table.astype(np.float32) for name, table in tables.items()}
    stored |= {"n_interior": library.n_interior, "power": power}
    _replace(PACKAGE / f"null_{null}.npz", {f"{size}_{k}": v for k, v in stored.items()} | {"sd": SD_NODES})


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
    parts = [p for null in given.null for p in parts_of(null)]
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
