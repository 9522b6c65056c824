"""Simulate mosaics of one population and store the quantiles of the test statistics.

python scripts/build_null_library.py --null section --minutes 10 --out grainstats/infer/null_section.npz
"""

from __future__ import annotations

import argparse
import time
from concurrent.futures import ProcessPoolExecutor

import numpy as np

from grainstats.infer.distribution import pooled_distribution
from grainstats.infer.grains import ImageGrains
from grainstats.infer.modality import decide
from grainstats.infer.modes import two_modes
from grainstats.infer.null_library import LEVELS, NullLibrary
from grainstats.infer.null_mosaics import UNIT, Population, cut_window, window_side
from grainstats.infer.statistics import STATISTICS, statistics_of

FAMILIES = {
    "poisson": {"centres": "poisson", "share": 1.0},
    "poisson, light weights": {"centres": "poisson", "share": 0.5},
    "poisson, short tail": {"centres": "poisson", "share": 1.0, "tail": 2.5},
    "packed": {"centres": "packed", "tail": 3.0},
    "packed, loose": {"centres": "packed", "share": 0.35, "tail": 3.0},
}
SIZES = {110: 8, 155: 8, 250: 6, 420: 4, 865: 3, 1900: 2, 4000: 1}  # interior grains: windows per mosaic
SD_NODES = np.geomspace(0.18, 1.3, 24)
KERNEL = 0.06  # bandwidth in log SD
FEWEST = 80  # effective null mosaics that make a family's quantile


def windows_of(
    population: Population, sizes: dict[int, int], rng: np.random.Generator
) -> list[tuple[int, ImageGrains]]:
    """Disjoint windows of one mosaic, with the size each was meant for."""
    side, area = {}, 1.0
    for n in sizes:
        side[n], area = window_side(population, n, rng)
    largest = max(side.values())
    cells = population.mosaic(largest, rng).cells()
    smallest = area * np.exp(rng.uniform(np.log(0.005), np.log(0.06)))
    found = []
    for n, count in sizes.items():
        per_edge = int(largest // side[n])
        corners = [(i, j) for i in range(per_edge) for j in range(per_edge)]
        for k in rng.permutation(len(corners))[:count]:
            corner = tuple(UNIT * largest / per_edge * c for c in corners[k])
            found.append((n, cut_window(cells, corner, UNIT * side[n], min_area=smallest)))
    return found


def simulate(job: tuple[str, int, float, bool]) -> np.ndarray:
    """Rows (family, sigma, R, f, nominal n, interior n, sd, statistics..., mode ratio, smaller share)."""
    null, seed, seconds, alternative = job
    rng = np.random.default_rng(seed)
    rows, start = [], time.monotonic()
    names = list(FAMILIES)
    while time.monotonic() - start < seconds:
        family = int(rng.integers(len(names)))
        options = {**FAMILIES[names[family]], "null": null}
        if null == "columnar" and options["centres"] == "packed":
            options["share"] = 0.75 if "share" not in options else 0.45
        if alternative:
            sigma, ratio, coarse = 0.2, 3.0, float(rng.choice([0.3, 0.6]))
        else:
            sigma, ratio, coarse = float(rng.uniform(0.01, 1.0)), 1.0, 0.0
        sizes = SIZES if options["centres"] == "poisson" else {n: c for n, c in SIZES.items() if n <= 1900}
        windows = windows_of(Population(sigma, ratio, coarse, **options), sizes, rng)
        found = [(n, pooled_distribution([w])) for n, w in windows if w.n_interior >= 40]
        values = statistics_of([d for _, d in found])
        for (n, d), value in zip(found, values, strict=True):
            rows.append([family, sigma, ratio, coarse, n, d.n_interior, d.sd, *value])
    return np.array(rows)


def weighted_quantile(values: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Values exceeded with probability LEVELS."""
    order = np.argsort(-values)
    above = np.cumsum(weight[order]) / weight.sum()
    return values[order][np.searchsorted(above, LEVELS).clip(max=len(values) - 1)]


def quantile_table(rows: np.ndarray, column: int) -> np.ndarray:
    """Worst family's quantiles, shape (sizes, SD_NODES, LEVELS)."""
    table = np.empty((len(SIZES), len(SD_NODES), len(LEVELS)))
    for i, n in enumerate(SIZES):
        here = rows[rows[:, 4] == n]
        for j, sd in enumerate(SD_NODES):
            distance = np.log(here[:, 6] / sd) / KERNEL
            weight = np.exp(-0.5 * np.minimum(distance**2, 50)) + 1e-12
            candidates = [weighted_quantile(here[:, column], weight)]
            for family in range(len(FAMILIES)):
                own = here[:, 0] == family
                if weight[own].sum() ** 2 / (weight[own] ** 2).sum() > FEWEST and weight[own].sum() > 20:
                    candidates.append(weighted_quantile(here[own, column], weight[own]))
            table[i, j] = np.max(candidates, axis=0)
    return table


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--null", choices=["section", "columnar"], default="section")
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--out", required=True)
    given = parser.parse_args()
    seconds = 60 * given.minutes
    with ProcessPoolExecutor(given.workers) as pool:
        jobs = [(given.null, 1000 * given.seed + k, seconds, False) for k in range(given.workers)]
        rows = np.concatenate(list(pool.map(simulate, jobs)))
        jobs = [(given.null, 1000 * given.seed + 500 + k, seconds / 6, True) for k in range(given.workers)]
        other = np.concatenate(list(pool.map(simulate, jobs)))
    quantiles = {name: quantile_table(rows, 7 + k) for k, name in enumerate(STATISTICS)}
    library = NullLibrary(np.array(list(SIZES), float), SD_NODES, quantiles, np.ones(len(SIZES)))
    power = []
    for n in SIZES:
        here = other[other[:, 4] == n]
        p = np.array(
            [
                min(
                    len(STATISTICS) * library.p_value(s, r[7 + k], int(r[5]), r[6])
                    for k, s in enumerate(STATISTICS)
                )
                for r in here
            ]
        )
        power.append((p < 0.05).mean())
    stored = {f"q_{name}": table.astype(np.float32) for name, table in quantiles.items()}
    np.savez_compressed(
        given.out, n_interior=library.n_interior, sd=SD_NODES, power=np.array(power), **stored
    )
    print(f"{len(rows)} null windows, {len(other)} bimodal; power", dict(zip(SIZES, np.round(power, 2))))


if __name__ == "__main__":
    main()
