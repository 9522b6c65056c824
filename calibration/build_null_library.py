"""Simulate mosaics of one and of two populations, train the `shape` statistic and store all null quantiles.

    python calibration/build_null_library.py --work scratch/library

builds both nulls, section and columnar, and writes grainstats/infer/shape_<null>.npz (the networks) and
null_<null>.npz (quantiles and power).  The seeds of `null_recipes.PLAN` decide every figure: the even ones
train, the odd ones calibrate.  Each part is kept in the work folder, so that an interrupted run goes on.
"""

from __future__ import annotations

import argparse
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
from null_recipes import RECIPES, Recipe, parts_of
from null_windows import FAMILIES, FIELDS, LOOSE, PACKED, Part, Samples, simulate
from train_shape_network import Lesson, train

from grainstats.infer.modality.judge import LEVEL
from grainstats.infer.modality.null_library import LEVELS, NullLibrary
from grainstats.infer.modality.shape_network import SMALL_BELOW, ShapeNetwork, shape_inputs

PACKAGE = Path(__file__).parents[1] / "grainstats" / "infer" / "modality"
NULLS = ("section", "columnar")
# Interior grains at which quantiles are kept, by network; the ranges meet between two whole numbers.
SIZES = {
    "small": (80.0, 100.0, 125.0, 155.0, 200.0, SMALL_BELOW - 0.5),
    "large": (SMALL_BELOW + 0.5, 420.0, 865.0, 1900.0, 4000.0),
}
SEEN = {"small": (60.0, 1.4 * SMALL_BELOW), "large": (SMALL_BELOW / 1.4, np.inf)}  # samples a network learns
EPOCHS = 16
SIGMAS = (0.35, 0.45, 0.55, 0.65, 0.75)  # part the uniform mosaics that a network learns into kinds
PACKED_SIGMA = 0.5  # parts the packed ones
WIDEST = 0.9  # sigma learned
LEARNED_SIZES = 3
SIGMA_NODES = np.arange(0.4, 0.81, 0.05)  # each keeps the level; narrower mosaics have no two modes
SIGMA_KERNEL = 0.08
N_KERNEL = 0.5  # of log interior grains
# Interior grains from which a family is protected; fewer cannot tell it from two populations.
SPEAKS_FROM = (0, 1000, 1000, 0, 300, 1500, 1500)
LOOSE_FROM = 600
NARROW, BROAD = (0.0, 0.25), (0.3, 0.4)  # sigmas of the two populations whose power is kept
COARSE = (0.3, 0.45), (0.45, 0.6)  # their coarse volume
UNLIKE = (4, 5, 6)  # families left out of the power: packings are told easily, loose ones with difficulty
POWER_KERNEL = 0.25  # of log interior grains
FEWEST = 120  # effective null samples that tell a quantile; kernels widen until they see so many
WIDENING = (1.0, 1.5, 2.0)
MANY = 1000  # samples of a family whose trend over size and sigma is taken for curved


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


def fit_network(one: Samples, two: Samples, recipe: Recipe, seed: int) -> ShapeNetwork:
    """Train on both populations; the hard cases weigh more.

    Those are the recipe's and, while grains are few, narrow populations.
    """
    one = one.take(one.truth[:, 1] < WIDEST)
    one, two = (
        s.take(~np.isin(s.truth[:, 0], LOOSE) | (s.scalars[:, 1] > np.log(LOOSE_FROM))) for s in (one, two)
    )
    both = Samples.join([one, two])
    family, sigma, ratio, coarse, _ = both.truth.T
    packed = len(SIGMAS) + 1 + (sigma > PACKED_SIGMA)
    few = both.scalars[:, 1] < np.log(SMALL_BELOW)
    hard = np.where(sigma < 0.25, 1.5, np.where(few, 0.3, 1.0))
    for (low, high), (least, most), factor in recipe.hard:
        there = (ratio >= low) & (ratio < high) & (coarse >= least) & (coarse < most)
        hard *= np.where(there, factor, 1.0)
    thirds = np.quantile(one.scalars[:, 1], np.arange(1, LEARNED_SIZES) / LEARNED_SIZES)
    lesson = Lesson(
        inputs=shape_inputs(both.grid, both.counts, both.scalars)[:, : recipe.inputs],
        two=coarse > 0,
        weight=hard,
        size=np.digitize(both.scalars[:, 1], thirds),
        kind=np.where(np.isin(family, PACKED), packed, np.digitize(sigma, SIGMAS)),
    )
    return train(lesson, epochs=EPOCHS, seed=seed, members=recipe.members)


def _basis(log_n: np.ndarray, sigma: np.ndarray) -> np.ndarray:
    """Polynomial in sigma and the log of interior grains; the first three columns are its linear part."""
    a, b = log_n - 6.0, sigma - 0.5
    return np.column_stack([np.ones_like(a), a, b, a * a, b * b, b**3, a * b, a * b * b])


def quantile_table(null: Samples, values: np.ndarray, sizes: tuple[float, ...]) -> np.ndarray:
    """Quantiles of the worst sigma of the worst family near each size, shape (sizes, LEVELS)."""
    family = null.truth[:, 0].astype(int)
    tables = []
    for k in range(len(FAMILIES)):
        here = family == k
        table = family_quantiles(null.take(here), values[here], sizes)
        tables.append(np.where((np.array(sizes) >= SPEAKS_FROM[k])[:, None], table, -np.inf))
    return np.asarray(np.max(tables, axis=0))


def family_quantiles(null: Samples, values: np.ndarray, sizes: tuple[float, ...]) -> np.ndarray:
    """Quantiles of one family's worst sigma, shape (sizes, LEVELS); -inf where samples are too few.

    The trends of the values and of their scatter over size and sigma are taken out first, and put back at the
    node: kernels wide enough to see many samples would otherwise blur them.
    """
    log_n, sigma = null.scalars[:, 1].astype(float), null.truth[:, 1].astype(float)
    terms = None if len(values) > MANY else 3
    basis = _basis(log_n, sigma)[:, :terms]
    trend = np.linalg.lstsq(basis, values, rcond=None)[0]
    rest = values - basis @ trend
    scatter = np.linalg.lstsq(basis, np.abs(rest), rcond=None)[0]
    least = 0.2 * np.abs(rest).mean()
    rest = rest / np.maximum(basis @ scatter, least)
    table = np.full((len(sizes), len(LEVELS)), -np.inf)
    for i, n in enumerate(sizes):
        for s in SIGMA_NODES:
            weight = _nearness((log_n - np.log(n)) / N_KERNEL, (sigma - s) / SIGMA_KERNEL)
            if weight is not None:
                node = _basis(np.array([np.log(n)]), np.array([s]))[0, :terms]
                found = node @ trend + max(node @ scatter, least) * _upper_quantiles(rest, weight)
                table[i] = np.maximum(table[i], found)
    return table


def _nearness(across: np.ndarray, along: np.ndarray) -> np.ndarray | None:
    """Weights of the samples near a node, by the narrowest kernel that sees enough; None: none does."""
    for wider in WIDENING:
        weight = np.exp(-0.5 * np.minimum((across**2 + along**2) / wider**2, 300.0)) + 1e-40
        if weight.sum() > 1e-30 and weight.sum() ** 2 / (weight**2).sum() > FEWEST:
            return np.asarray(weight)
    return None


def _upper_quantiles(values: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Values exceeded with probability LEVELS."""
    order = np.argsort(-values)
    above = np.cumsum(weight[order]) / weight.sum()
    return np.asarray(np.interp(LEVELS, above, values[order]))


def shape_scores(samples: Samples, network: ShapeNetwork) -> np.ndarray:
    return network.score(shape_inputs(samples.grid, samples.counts, samples.scalars))


def null_tables(null: Samples, network: ShapeNetwork, sizes: tuple[float, ...]) -> dict[str, np.ndarray]:
    """Quantiles of the statistic."""
    return {"shape": quantile_table(null, shape_scores(null, network), sizes)}


def _library(tables: dict[str, np.ndarray], size: str) -> NullLibrary:
    unknown = np.ones(len(SIZES[size]))
    return NullLibrary(np.array(SIZES[size]), tables, unknown, unknown, np.inf)


def p_values(library: NullLibrary, samples: Samples, values: np.ndarray) -> np.ndarray:
    grains = np.rint(np.exp(samples.scalars[:, 1])).astype(int)
    return np.array([library.p_value("shape", float(v), int(n)) for v, n in zip(values, grains, strict=True)])


def power_curve(
    library: NullLibrary, power: Samples, values: np.ndarray, sigmas: tuple[float, float]
) -> np.ndarray:
    """Share of samples of R = 2.8 ... 3.3 and these sigmas with p < .05 near each size.

    The lesser of two shares: with few (f = .3 ... .45) and with many (.45 ... .6) coarse grains.
    """
    curves = []
    for coarse in COARSE:
        chosen = _near_three(power, sigmas, coarse)
        p = p_values(library, power.take(chosen), values[chosen])
        log_n = power.scalars[chosen, 1]
        near = (log_n - np.log(library.n_interior)[:, None]) / POWER_KERNEL
        weight = np.exp(-0.5 * np.minimum(near**2, 300.0))
        curves.append(weight @ (p < LEVEL) / weight.sum(axis=1))
    return np.asarray(np.maximum.accumulate(np.min(curves, axis=0)))


def _near_three(samples: Samples, sigmas: tuple[float, float], coarse: tuple[float, float]) -> np.ndarray:
    family, sigma, ratio, share, _ = samples.truth.T
    wanted = (ratio < 3.31) & (share >= coarse[0]) & (share <= coarse[1])
    return np.asarray(wanted & (sigma > sigmas[0]) & (sigma < sigmas[1]) & ~np.isin(family, UNLIKE))


def read_samples(null: str, size: str, folder: Path) -> dict[tuple[bool, int], Samples]:
    """Kept samples of a range of sizes, by two populations and odd seeds."""
    low, high = np.log(SEEN[size])
    found = {}
    for two in (False, True):
        for odd in (0, 1):
            parts = [
                p
                for p in parts_of(null)
                if p.kind in RECIPES[null, size].kinds and (p.two, p.odd) == (two, odd)
            ]
            samples = read_parts(parts, folder)
            found[two, odd] = samples.take((samples.scalars[:, 1] > low) & (samples.scalars[:, 1] < high))
    return found


def build(null: str, folder: Path) -> None:
    """Networks, quantiles and power of both ranges of sizes from the kept parts, into the package's files."""
    weights: dict[str, np.ndarray] = {}
    stored: dict[str, np.ndarray] = {}
    for size in SIZES:
        samples = read_samples(null, size, folder)
        network = fit_network(samples[False, 0], samples[True, 0], RECIPES[null, size], seed=1)
        tables = null_tables(samples[False, 1], network, SIZES[size])
        library = _library(tables, size)
        bimodal = samples[True, 1]
        scores = shape_scores(bimodal, network)
        stored[f"{size}_n_interior"] = library.n_interior
        stored |= {f"{size}_q_{name}": table.astype(np.float32) for name, table in tables.items()}
        for name, sigmas in (("power", NARROW), ("power_broad", BROAD)):
            curve = stored[f"{size}_{name}"] = power_curve(library, bimodal, scores, sigmas)
            shown = dict(zip(SIZES[size], np.round(curve, 2).tolist(), strict=True))
            print(null, size, name, shown, flush=True)
        spread = bimodal.scalars[_near_three(bimodal, BROAD, (0.3, 0.6)), 0]
        stored["broad_sd"] = np.exp(np.quantile(spread, 0.05))  # the large samples' in the end
        layers = {f"matrix{k}": m.astype(np.float32) for k, m in enumerate(network.matrices)}
        layers |= {f"offset{k}": o.astype(np.float32) for k, o in enumerate(network.offsets)}
        layers |= {"centre": network.centre, "scale": network.scale}
        weights |= {f"{size}_{k}": v for k, v in layers.items()}
    np.savez_compressed(PACKAGE / f"shape_{null}.npz", **weights)
    np.savez_compressed(PACKAGE / f"null_{null}.npz", **stored)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--null", choices=NULLS, nargs="*", default=NULLS)
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
        build(null, given.work)


if __name__ == "__main__":
    main()
