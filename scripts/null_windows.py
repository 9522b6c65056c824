"""Simulated samples for the null library: windows of mosaics of one or two populations, alone or pooled."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from grainstats.infer.distribution import pooled_distribution
from grainstats.infer.grains import ImageGrains
from grainstats.infer.null_mosaics import UNIT, Population, cut_window, window_side
from grainstats.infer.shape import shape_scalars

# How the mosaics may have come about: families of centres, filling of space and tails.
FAMILIES: dict[str, dict] = {
    "random": {"centres": "poisson", "share": 1.0},
    "random, short tail": {"centres": "poisson", "share": 1.0, "tail": 2.5},
    "random, lighter": {"centres": "poisson", "share": 0.75},
    "random, heavier": {"centres": "poisson", "share": 1.5},
    "packed": {"centres": "packed", "share": 0.6, "tail": 3.5},
    "packed, looser": {"centres": "packed", "share": 0.45, "tail": 3.5},
    "random, loose": {"centres": "poisson", "share": 0.5},
}
LOOSE = (5, 6)  # spheres that leave half of space empty: their cells are no longer log-normal
COLUMNAR_SHARE = {0.6: 0.75, 0.45: 0.6}
RANDOM, PACKED = (0, 0, 1, 2, 3, 6), (4, 4, 5)
SIZES = (110, 155, 250, 420, 865, 1900, 4000)
WINDOWS = {110: 6, 155: 6, 250: 5, 420: 4, 865: 3, 1900: 2, 4000: 1}
PACKED_GRAINS = 1000
FEWEST = 60


@dataclass(frozen=True, eq=False)
class Samples:
    """Gridded distributions of simulated samples with their truth.

    Attributes
    ----------
    grid : ndarray of float32, shape (n, 145)
    scalars : ndarray, shape (n, 4)
        Logs of SD, interior grains, n_eff; frame share.
    truth : ndarray, shape (n, 5)
        Family, sigma, R, f (0: one population), images.
    """

    grid: np.ndarray
    scalars: np.ndarray
    truth: np.ndarray

    @staticmethod
    def join(parts: list[Samples]) -> Samples:
        return Samples(
            *(np.concatenate([getattr(p, k) for p in parts]) for k in ("grid", "scalars", "truth"))
        )

    def take(self, chosen: np.ndarray) -> Samples:
        return Samples(self.grid[chosen], self.scalars[chosen], self.truth[chosen])


def family_options(family: int, null: str) -> dict:
    """Arguments of `Population`."""
    options = {**list(FAMILIES.values())[family], "null": null}
    if null == "columnar" and options["centres"] == "packed":
        options["share"] = COLUMNAR_SHARE[options["share"]]
    return options


def draw_truth(rng: np.random.Generator, two: bool) -> tuple[float, float, float]:
    """Sigma, R, f."""
    if not two:
        return float(rng.uniform(0.01, 1.0)), 1.0, 0.0
    ratio = float(np.exp(rng.uniform(np.log(2.7), np.log(7.0))))
    return float(rng.uniform(0.05, 0.4)), ratio, float(rng.uniform(0.2, 0.7))


def square_windows(
    population: Population, sizes: tuple[int, ...], rng: np.random.Generator
) -> Iterator[tuple[int, ImageGrains]]:
    """Disjoint windows of one mosaic, with the size each was meant for."""
    side = {}
    largest_size = max(sizes)
    reference, area = window_side(population, largest_size, rng)
    for n in sizes:
        side[n] = reference * np.sqrt(n / largest_size) * (1 + 0.5 / np.sqrt(n))
    cells = population.mosaic(reference, rng).cells()
    smallest = area * np.exp(rng.uniform(np.log(0.005), np.log(0.06)))
    for n in sizes:
        per_edge = max(int(reference // side[n]), 1)
        corners = rng.permutation(per_edge**2)[: WINDOWS[n]]
        for k in corners:
            corner = tuple(UNIT * reference / per_edge * c for c in divmod(int(k), per_edge))
            yield n, cut_window(cells, corner, UNIT * min(side[n], reference), min_area=smallest)


def _sample(images: list[ImageGrains], truth: tuple[float, ...]) -> Samples | None:
    if sum(g.n_interior for g in images) < FEWEST:
        return None
    found = pooled_distribution(images)
    return Samples(
        found.on_grid()[None].astype(np.float32),
        shape_scalars([found]),
        np.array([[*truth, len(images)]]),
    )


def random_samples(job: tuple[str, int, float, bool]) -> Samples:
    """Samples of random-centre mosaics for so many seconds of processor time; some pool several windows."""
    null, seed, seconds, two = job
    rng = np.random.default_rng(seed)
    parts: list[Samples] = []
    start = time.process_time()
    while time.process_time() - start < seconds or not parts:
        family = int(rng.choice(RANDOM))
        sigma, ratio, coarse = draw_truth(rng, two)
        sizes = SIZES if rng.random() < 0.4 else SIZES[:5]
        population = Population(sigma, ratio, coarse, **family_options(family, null))
        found: dict[int, list[ImageGrains]] = {}
        for n, window in square_windows(population, sizes, rng):
            found.setdefault(n, []).append(window)
        truth = (family, sigma, ratio, coarse)
        groups = [[w] for windows in found.values() for w in windows]
        groups += [windows for n, windows in found.items() if n < 865 and len(windows) > 2]
        parts += [s for g in groups if (s := _sample(g, truth)) is not None]
    return Samples.join(parts)


def packed_samples(job: tuple[str, int, float, bool]) -> Samples:
    """Samples of packed mosaics; large ones pool windows of mosaics of nearly the same sigma."""
    null, seed, seconds, two = job
    rng = np.random.default_rng(seed)
    windows: list[tuple[tuple[float, ...], list[ImageGrains]]] = []
    start = time.process_time()
    while time.process_time() - start < seconds or len(windows) < 4:
        family = int(rng.choice(PACKED))
        sigma, ratio, coarse = draw_truth(rng, two)
        ratio, coarse = (
            (float(rng.choice([3.0, 4.0, 6.0])), float(rng.choice([0.3, 0.6]))) if two else (1.0, 0.0)
        )
        sigma = 0.2 if two else sigma
        options = family_options(family, null)
        pilot = Population(sigma, ratio, coarse, null=options["null"])
        side, area = window_side(pilot, PACKED_GRAINS, rng)
        cells = Population(sigma, ratio, coarse, **options).mosaic(side, rng).cells()
        smallest = area * np.exp(rng.uniform(np.log(0.005), np.log(0.06)))
        half = UNIT * side / 2
        corners = [(0.0, 0.0), (0.0, half), (half, 0.0), (half, half)]
        quarters = [cut_window(cells, c, half, min_area=smallest) for c in corners]
        windows.append(((family, sigma, ratio, coarse), quarters))
    return Samples.join(_pooled(windows, rng))


def _pooled(
    windows: list[tuple[tuple[float, ...], list[ImageGrains]]], rng: np.random.Generator
) -> list[Samples]:
    """Quarters alone, and pools of 2, 4, 9 and 20 quarters of the mosaics nearest in sigma."""
    parts: list[Samples | None] = []
    for truth, quarters in windows:
        parts += [_sample([q], truth) for q in quarters]
        alike = [
            (abs(t[1] - truth[1]), k)
            for k, (t, _) in enumerate(windows)
            if t[0] == truth[0] and t[2:] == truth[2:]
        ]
        near = [q for _, k in sorted(alike)[:6] for q in windows[k][1]]
        for size in (2, 4, 9, 20):
            for _ in range(2):
                chosen = rng.permutation(len(near))[:size]
                parts.append(_sample([near[k] for k in chosen], truth))
    return [p for p in parts if p is not None]
