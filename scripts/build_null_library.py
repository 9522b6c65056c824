"""Simulate mosaics of one and of two populations, train the `shape` statistic and store all null quantiles.

    python scripts/build_null_library.py --null section --seconds 600 --work scratch/section

Writes grainstats/infer/shape_<null>.npz (the network) and null_<null>.npz (quantiles and power).  Half of the
mosaics train, the other half calibrate.
"""

from __future__ import annotations

import argparse
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
from null_windows import FAMILIES, LOOSE, SIZES, Samples, packed_samples, random_samples
from train_shape_network import train

from grainstats.infer.null_library import LEVELS, NullLibrary
from grainstats.infer.shape import ShapeNetwork, shape_inputs
from grainstats.infer.statistics import STATISTICS, statistics_on_grid

PACKAGE = Path(__file__).parents[1] / "grainstats" / "infer"
SD_NODES = np.geomspace(0.18, 1.3, 24)
SD_KERNEL = 0.08  # of log SD
N_KERNEL = 0.18  # of log interior grains
# Interior grains from which a family is protected on its own; fewer cannot tell it from two populations.
SPEAKS_FROM = (0, 600, 600, 0, 0, 600, 1500)
CORE = (0, 1, 3, 4)  # their pool is protected at any size
LOOSE_FROM = 600
CLASSICAL = 6000
FEWEST = 40  # effective null samples that let a family speak for itself


def simulate(null: str, seconds: float, seed: int, workers: int) -> dict[str, Samples]:
    """Four sets: one or two populations, for training and for calibration."""
    sets = {}
    with ProcessPoolExecutor(workers) as pool:
        for k, (name, two, share) in enumerate(
            [
                ("train one", False, 0.25),
                ("train two", True, 0.2),
                ("null", False, 0.4),
                ("power", True, 0.15),
            ]
        ):
            jobs = [(null, 10000 * seed + 100 * k + i, 0.5 * share * seconds, two) for i in range(workers)]
            parts = list(pool.map(random_samples, jobs))
            jobs = [(n, s + 50, t, b) for n, s, t, b in jobs]
            sets[name] = Samples.join(parts + list(pool.map(packed_samples, jobs)))
            print(name, len(sets[name].truth), flush=True)
    return sets


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
    hard = np.where(two.truth[:, 1] < 0.27, 1.5, 0.3) * np.where(two.truth[:, 2] < 4.5, 1.5, 1.0)
    weight = np.concatenate([matched * len(matched) / matched.sum(), hard])
    inputs = shape_inputs(both.grid.astype(float), both.scalars)
    return train(inputs, label, weight, epochs=30, seed=seed)


def weighted_quantile(values: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Values exceeded with probability LEVELS."""
    order = np.argsort(-values)
    above = np.cumsum(weight[order]) / weight.sum()
    return values[order][np.searchsorted(above, LEVELS).clip(max=len(values) - 1)]


def quantile_table(null: Samples, values: np.ndarray) -> np.ndarray:
    """Quantiles of the worst family near each node, shape (sizes, SD_NODES, LEVELS)."""
    table = np.empty((len(SIZES), len(SD_NODES), len(LEVELS)))
    family = null.truth[:, 0]
    core = np.isin(family, CORE)
    for i, n in enumerate(SIZES):
        for j, sd in enumerate(SD_NODES):
            far = ((null.scalars[:, 1] - np.log(n)) / N_KERNEL) ** 2 + (
                (null.scalars[:, 0] - np.log(sd)) / SD_KERNEL
            ) ** 2
            weight = np.exp(-0.5 * np.minimum(far, 300.0)) + 1e-40
            protected = [k for k in range(len(FAMILIES)) if n >= SPEAKS_FROM[k]]
            found = [weighted_quantile(values[core], weight[core])]
            for k in protected:
                w = weight[family == k]
                if len(w) and w.sum() > 1e-30 and w.sum() ** 2 / (w**2).sum() > FEWEST:
                    found.append(weighted_quantile(values[family == k], w))
            table[i, j] = np.max(found, axis=0)
    return table


def shape_scores(samples: Samples, network: ShapeNetwork) -> np.ndarray:
    return network.score(shape_inputs(samples.grid.astype(float), samples.scalars))


def null_tables(null: Samples, network: ShapeNetwork) -> dict[str, np.ndarray]:
    """Quantiles of every statistic; the two classical ones, which only stand beside, from fewer samples."""
    fewer = null.take(np.random.default_rng(0).permutation(len(null.truth))[:CLASSICAL])
    values = np.concatenate(
        [
            statistics_on_grid(fewer.grid[k : k + 500].astype(float), fewer.scalars[k : k + 500], network)
            for k in range(0, len(fewer.truth), 500)
        ]
    )
    tables = {name: quantile_table(fewer, values[:, k]) for k, name in enumerate(STATISTICS)}
    tables["shape"] = quantile_table(null, shape_scores(null, network))
    return tables


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
    p = np.array(
        [
            library.p_value("shape", float(v), int(np.exp(s[1])), float(np.exp(s[0])))
            for v, s in zip(values[wanted], power.scalars[wanted], strict=True)
        ]
    )
    log_n = power.scalars[wanted, 1]
    curve = []
    for n in SIZES:
        weight = np.exp(-0.5 * ((log_n - np.log(n)) / 0.15) ** 2)
        curve.append(float(weight @ (p < 0.05) / weight.sum()))
    return np.maximum.accumulate(curve)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--null", choices=["section", "columnar"], default="section")
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--work", type=Path, required=True, help="folder that keeps the simulated samples")
    given = parser.parse_args()
    given.work.mkdir(parents=True, exist_ok=True)
    kept = given.work / "samples.npz"
    names = ("train one", "train two", "null", "power")
    if not kept.exists():
        sets = simulate(given.null, given.seconds, given.seed, given.workers)
        np.savez(
            kept, **{f"{n}/{k}": getattr(sets[n], k) for n in names for k in ("grid", "scalars", "truth")}
        )
    with np.load(kept) as stored:
        sets = {n: Samples(*(stored[f"{n}/{k}"] for k in ("grid", "scalars", "truth"))) for n in names}
    network = fit_network(sets["train one"], sets["train two"], given.seed)
    tables = null_tables(sets["null"], network)
    library = NullLibrary(np.array(SIZES, float), SD_NODES, tables, np.ones(len(SIZES)))
    power = power_curve(library, sets["power"], shape_scores(sets["power"], network))
    stored_tables = {f"q_{name}": table.astype(np.float32) for name, table in tables.items()}
    stored_tables |= {"n_interior": library.n_interior, "sd": SD_NODES, "power": power}
    np.savez_compressed(PACKAGE / f"null_{given.null}.npz", **stored_tables)
    weights = {f"matrix{k}": m.astype(np.float32) for k, m in enumerate(network.matrices)}
    weights |= {f"offset{k}": o.astype(np.float32) for k, o in enumerate(network.offsets)}
    np.savez_compressed(
        PACKAGE / f"shape_{given.null}.npz", centre=network.centre, scale=network.scale, **weights
    )
    print("power at", dict(zip(SIZES, np.round(power, 2).tolist(), strict=True)))


if __name__ == "__main__":
    main()
