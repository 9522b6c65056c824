"""How well could a test do that is told which two populations to look for?

    python calibration/oracle_power.py [--grains 155] [--ratio 3 --coarse 0.6] [--windows 3000]

The oracle is the committee of `train_shape_network.py`, trained on windows of exactly these two populations
and of uniform mosaics of all sigmas from .4 to .88, and weighed against the sigmas that are hardest to tell.
Its limit is the score that no stretch of sigma exceeds more often than the level, in windows that it was not
trained on, as is its power.  Windows are those of `calibrate.py`, one of each mosaic.
"""

from __future__ import annotations

import argparse

import numpy as np
from calibrate import ASPECT
from train_shape_network import Lesson, train

from grainstats.infer.modality.distribution import pooled_distribution
from grainstats.infer.modality.image_grains import ImageGrains
from grainstats.infer.modality.null_mosaics import UNIT, Population, cut_window, rectangle, window_side
from grainstats.infer.modality.shape_network import shape_inputs, shape_scalars

PILOT_SIGMAS = np.arange(0.4, 0.91, 0.05)
SIGMAS = (0.4, 0.88)
KINDS = np.arange(0.46, 0.85, 0.06)  # parts the sigmas learned
STRETCHES = np.arange(0.46, 0.84, 0.04)
HALF = 0.06
FOLDS = 3


def window(population: Population, n: int, side: float, area: float, rng: np.random.Generator) -> ImageGrains:
    """A window of a mosaic of its own, as `calibrate.py` cuts it."""
    aspect = ASPECT.get(n, 1.0)
    cells = population.mosaic(side, rng, aspect=aspect).cells()
    shape = rectangle(UNIT * side, aspect)
    return cut_window(cells, (0.0, 0.0), shape, min_area=area * rng.uniform(0.008, 0.03))


def uniform_windows(n: int, count: int, rng: np.random.Generator) -> tuple[np.ndarray, list[ImageGrains]]:
    """Sigma of each window, and the windows."""
    aspect = ASPECT.get(n, 1.0)
    pilots = np.array([window_side(Population(s), n, rng, aspect=aspect) for s in PILOT_SIGMAS])
    sigma = rng.uniform(*SIGMAS, count)
    side, area = (np.interp(sigma, PILOT_SIGMAS, p) for p in pilots.T)
    drawn = zip(sigma, side, area, strict=True)
    return sigma, [window(Population(s), n, w, a, rng) for s, w, a in drawn]


def inputs_of(images: list[ImageGrains]) -> np.ndarray:
    found = [pooled_distribution([g]) for g in images]
    grid, counts = (np.stack(a) for a in zip(*((d.on_grid(), d.counts()) for d in found), strict=True))
    return shape_inputs(grid, counts, shape_scalars(found))


def power(two: Population, n: int, count: int, levels: list[float], rng: np.random.Generator) -> np.ndarray:
    """Power at each level; every third of the windows is judged by a network trained on the others."""
    sigma, uniform = uniform_windows(n, 2 * count, rng)
    side, area = window_side(two, n, rng, aspect=ASPECT.get(n, 1.0))
    inputs = inputs_of(uniform + [window(two, n, side, area, rng) for _ in range(count)])
    truth = np.arange(len(inputs)) >= len(sigma)
    kind = np.concatenate([np.digitize(sigma, KINDS), np.zeros(count, int)])
    fold = np.arange(len(inputs)) % FOLDS
    found = []
    for k in range(FOLDS):
        learned = fold != k
        lesson = Lesson(
            inputs[learned],
            truth[learned],
            np.ones(learned.sum()),
            np.zeros(learned.sum(), int),
            kind[learned],
        )
        score = train(lesson, epochs=16, seed=k).score(inputs[~learned])
        one, of = score[~truth[~learned]], sigma[fold[: len(sigma)] == k]
        for level in levels:
            limit = max(np.quantile(one[np.abs(of - s) < HALF], 1 - level) for s in STRETCHES)
            found.append((score[truth[~learned]] > limit).mean())
    return np.asarray(np.mean(np.reshape(found, (FOLDS, len(levels))), axis=0))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--grains", type=int, default=155)
    parser.add_argument("--sigma", type=float, default=0.2)
    parser.add_argument("--ratio", type=float, default=3.0)
    parser.add_argument("--coarse", type=float, default=0.6)
    parser.add_argument("--windows", type=int, default=3000, help="of two populations; twice as many uniform")
    given = parser.parse_args()
    levels = [0.05, 0.06]
    two = Population(given.sigma, given.ratio, given.coarse)
    found = power(two, given.grains, given.windows, levels, np.random.default_rng(77))
    for level, share in zip(levels, found, strict=True):
        print(f"~{given.grains} grains, R = {given.ratio:g}, f = {given.coarse:g}: {share:.2f} at {level}")


if __name__ == "__main__":
    main()
