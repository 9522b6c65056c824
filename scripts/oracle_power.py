"""How well could anybody tell these two populations from one?  A test that is told the truth.

    python scripts/oracle_power.py

The oracle knows both mosaics, the uniform one (the sigma whose sections have the same area-weighted SD) and
the bimodal one.  It compares the likelihood of the sizes of all whole grains, relative to the area-weighted
mean,
under the two known densities, as if grains were independent; its level is set on fresh uniform mosaics.
"""

from __future__ import annotations

import argparse

import numpy as np

from grainstats.infer.distribution import pooled_distribution
from grainstats.infer.grains import ImageGrains
from grainstats.infer.null_mosaics import UNIT, Population, cut_window, window_side

EDGES = np.linspace(-4.0, 3.0, 57)


def windows(population: Population, n: int, count: int, rng: np.random.Generator) -> list[ImageGrains]:
    side, area = window_side(population, n, rng)
    found: list[ImageGrains] = []
    while len(found) < count:
        cells = population.mosaic(3 * side, rng).cells()
        found += [
            cut_window(cells, (UNIT * side * i, UNIT * side * j), UNIT * side, min_area=0.02 * area)
            for i in range(3)
            for j in range(3)
        ]
    return found[:count]


def relative_sizes(image: ImageGrains) -> np.ndarray:
    return np.log(image.diameter_nm) - pooled_distribution([image]).mean


def log_density(images: list[ImageGrains]) -> np.ndarray:
    counts = np.histogram(np.concatenate([relative_sizes(g) for g in images]), EDGES)[0] + 0.5
    return np.asarray(np.log(counts / counts.sum()))


def mean_spread(population: Population, n: int, rng: np.random.Generator) -> float:
    return float(np.mean([pooled_distribution([g]).sd for g in windows(population, n, 18, rng)]))


def matched_sigma(target: float, n: int, rng: np.random.Generator) -> float:
    """Sigma of the uniform mosaic whose sections spread as widely."""
    sigmas = np.linspace(0.1, 0.95, 12)
    spread = np.maximum.accumulate([mean_spread(Population(s), n, rng) for s in sigmas])
    return float(np.interp(target, spread, sigmas))


def power(two: Population, n: int, repeats: int, rng: np.random.Generator) -> tuple[float, float]:
    """The uniform sigma it is set against, and the share of bimodal samples found at 5 % false positives."""
    sigma = matched_sigma(mean_spread(two, n, rng), n, rng)
    known = [log_density(windows(p, n, 2 * repeats, rng)) for p in (Population(sigma), two)]
    gain = known[1] - known[0]
    scores = [
        [gain[np.clip(np.digitize(relative_sizes(g), EDGES) - 1, 0, len(gain) - 1)].sum() for g in fresh]
        for fresh in (windows(Population(sigma), n, repeats, rng), windows(two, n, repeats, rng))
    ]
    return sigma, float((np.array(scores[1]) > np.quantile(scores[0], 0.95)).mean())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--grains", type=int, default=155)
    parser.add_argument("--repeats", type=int, default=200)
    given = parser.parse_args()
    rng = np.random.default_rng(77)
    for ratio in (3.0, 4.0, 6.0):
        for f in (0.3, 0.6):
            for sigma in (0.1, 0.2, 0.35):
                against, found = power(Population(sigma, ratio, f), given.grains, given.repeats, rng)
                print(
                    f"R = {ratio:.0f}, f = {f}, sigma {sigma}: {found:.2f} against sigma {against:.2f}",
                    flush=True,
                )


if __name__ == "__main__":
    main()
