"""How well could anybody tell these two populations from one?  A test that is told the truth.

    python scripts/oracle_power.py [--grains 155] [--sigma 0.2]

The oracle knows both mosaics, the uniform one (the sigma whose sections have the same area-weighted SD) and
the bimodal one.  It compares the likelihood of all sizes relative to the area-weighted mean under the known
densities, as if grains were independent: of the whole grains, and with the visible sizes of the cut ones
besides.  Its level is set on fresh uniform mosaics.  Windows are those of `calibrate.py`, one of each mosaic.
"""

from __future__ import annotations

import argparse

import numpy as np
from calibrate import ASPECT

from grainstats.infer.distribution import pooled_distribution
from grainstats.infer.grains import ImageGrains
from grainstats.infer.null_mosaics import UNIT, Population, cut_window, rectangle, window_side

EDGES = np.linspace(-4.0, 3.0, 57)
SIGMAS = np.linspace(0.1, 0.95, 12)


def windows(population: Population, n: int, count: int, rng: np.random.Generator) -> list[ImageGrains]:
    """`count` windows, each of a mosaic of its own."""
    aspect = ASPECT.get(n, 1.0)
    side, area = window_side(population, n, rng, aspect=aspect)
    shape = rectangle(UNIT * side, aspect)
    cells = (population.mosaic(side, rng, aspect=aspect).cells() for _ in range(count))
    return [cut_window(c, (0.0, 0.0), shape, min_area=0.02 * area) for c in cells]


def relative_sizes(image: ImageGrains) -> tuple[np.ndarray, np.ndarray]:
    """Log sizes of the whole and of the cut grains, relative to the area-weighted mean."""
    mean = pooled_distribution([image]).mean
    return np.log(image.diameter_nm) - mean, np.log(image.frame_diameter_nm) - mean


def mean_spread(images: list[ImageGrains]) -> float:
    return float(np.mean([pooled_distribution([g]).sd for g in images]))


def log_density(sizes: list[np.ndarray]) -> np.ndarray:
    counts = np.histogram(np.concatenate(sizes), EDGES)[0] + 0.5
    return np.asarray(np.log(counts / counts.sum()))


def matched_sigma(target: float, n: int, rng: np.random.Generator) -> float:
    """Sigma of the uniform mosaic whose sections spread as widely."""
    spread = [mean_spread(windows(Population(s), n, 15, rng)) for s in SIGMAS]
    return float(np.interp(target, np.maximum.accumulate(spread), SIGMAS))


def power(two: Population, n: int, repeats: int, rng: np.random.Generator) -> tuple[float, float, float]:
    """The uniform sigma set against, and the shares found at 5 %: by whole grains, and with the cut ones."""
    sigma = matched_sigma(mean_spread(windows(two, n, 60, rng)), n, rng)
    pair = (Population(sigma), two)
    known = [[relative_sizes(g) for g in windows(p, n, 2 * repeats, rng)] for p in pair]
    gain = np.array([np.subtract(*(log_density([s[k] for s in known[j]]) for j in (1, 0))) for k in (0, 1)])
    fresh = [[relative_sizes(g) for g in windows(p, n, repeats, rng)] for p in pair]
    score = np.array([[[gain[k][_bins(s[k])].sum() for s in sizes] for k in (0, 1)] for sizes in fresh])
    whole, both = score[:, 0], score.sum(axis=1)
    return sigma, *(float((s[1] > np.quantile(s[0], 0.95)).mean()) for s in (whole, both))


def _bins(sizes: np.ndarray) -> np.ndarray:
    return np.clip(np.digitize(sizes, EDGES) - 1, 0, len(EDGES) - 2)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--grains", type=int, default=155)
    parser.add_argument("--sigma", type=float, default=0.2)
    parser.add_argument("--ratios", type=float, nargs="*", default=[3.0, 4.0, 6.0])
    parser.add_argument("--coarse", type=float, nargs="*", default=[0.3, 0.6])
    parser.add_argument("--repeats", type=int, default=200)
    given = parser.parse_args()
    rng = np.random.default_rng(77)
    for ratio in given.ratios:
        for f in given.coarse:
            against, whole, both = power(Population(given.sigma, ratio, f), given.grains, given.repeats, rng)
            print(
                f"~{given.grains} grains, R = {ratio:.0f}, f = {f}, sigma {given.sigma} against "
                f"{against:.2f}: {whole:.2f} by whole grains, {both:.2f} with the cut ones",
                flush=True,
            )


if __name__ == "__main__":
    main()
