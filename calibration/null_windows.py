"""Simulated samples for the null library: windows of mosaics of one or two populations, alone or pooled."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from grainstats.infer.modality.distribution import pooled_distribution
from grainstats.infer.modality.image_grains import ImageGrains
from grainstats.infer.modality.null_mosaics import UNIT, Population, cut_window, rectangle
from grainstats.infer.modality.shape_network import shape_scalars

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
FEW, RANDOM, PACKED = (0, 0, 0, 3), (0, 0, 0, 1, 2, 3, 6), (4, 4, 4, 5)
Kind = Literal["small", "medium", "large", "packed", "few"]
# Interior grains asked for and mosaics simulated by one part.
GRAINS: dict[str, tuple[int, int]] = {
    "small": (95, 330),
    "medium": (330, 1300),
    "large": (1300, 4600),
    "few": (95, 330),
}
MOSAICS: dict[str, int] = {"small": 500, "medium": 450, "large": 100, "packed": 28, "few": 500}
PACKED_GRAINS = (130, 330)  # in a quarter of a packing
POOLED = 0.35  # share of the medium samples that are several small windows
FEWEST = 60
FIELDS = ("grid", "counts", "scalars", "truth")
# Smallest visible cell over the mean cell; losing few cells is the harder case, and what is calibrated on.
SMALLEST = {"train": (0.005, 0.06), "calibrate": (0.004, 0.025)}


@dataclass(frozen=True)
class Part:
    """A piece of the simulation that one call makes.

    Attributes
    ----------
    null : {"section", "columnar"}
    two : bool
        Two populations.
    kind : {"small", "medium", "large", "packed", "few"}
        As `GRAINS`; "few" are small, of the families that a network of small samples is held to.
    seed : int
    """

    null: str
    two: bool
    kind: Kind
    seed: int

    @property
    def odd(self) -> bool:
        """Even seeds train; odd ones calibrate (one population) or tell the power (two)."""
        return bool(self.seed % 2)

    @property
    def smallest(self) -> tuple[float, float]:
        return SMALLEST["calibrate" if self.odd and not self.two else "train"]

    @property
    def name(self) -> str:
        return f"{self.null}-{'two' if self.two else 'one'}-{self.kind}-{self.seed}"


@dataclass(frozen=True, eq=False)
class Samples:
    """Gridded distributions and counts of simulated samples with their truth.

    Attributes
    ----------
    grid : ndarray of float32, shape (n, 145)
        `SizeDistribution.on_grid`.
    counts : ndarray of float32, shape (n, 27)
        `SizeDistribution.counts`.
    scalars : ndarray, shape (n, 4)
        `shape_scalars`.
    truth : ndarray, shape (n, 5)
        Family, sigma, R, f (0: one population), images.
    """

    grid: np.ndarray
    counts: np.ndarray
    scalars: np.ndarray
    truth: np.ndarray

    @staticmethod
    def join(parts: list[Samples]) -> Samples:
        return Samples(*(np.concatenate([getattr(p, k) for p in parts]) for k in FIELDS))

    def take(self, chosen: np.ndarray) -> Samples:
        return Samples(*(getattr(self, k)[chosen] for k in FIELDS))


def family_options(family: int, null: str) -> dict:
    """Arguments of `Population`."""
    options = {**list(FAMILIES.values())[family], "null": null}
    if null == "columnar" and options["centres"] == "packed":
        options["share"] = COLUMNAR_SHARE[options["share"]]
    return options


def _log_uniform(rng: np.random.Generator, low: float, high: float) -> float:
    return float(np.exp(rng.uniform(np.log(low), np.log(high))))


def draw_truth(rng: np.random.Generator, part: Part) -> tuple[float, float, float]:
    """Sigma, R, f of one mosaic.

    Wide populations, which alone look like two, are most of the uniform ones.  Two populations that do not
    train tell the power against R = 3, half of them for narrow and half for broad populations.
    """
    if not part.two:
        wide = rng.random() < 0.75
        return float(rng.uniform(0.4 if wide else 0.01, 1.0)), 1.0, 0.0
    near_three = part.odd or rng.random() < 0.3
    ratio = rng.uniform(2.8, 3.3) if near_three else _log_uniform(rng, 2.6, 7.0)
    broad = rng.random() < (0.5 if part.odd else 0.3)
    sigma = rng.uniform(0.3 if part.odd else 0.25, 0.4) if broad else rng.uniform(0.05, 0.25)
    return float(sigma), float(ratio), float(rng.uniform(0.3, 0.6) if part.odd else rng.uniform(0.2, 0.7))


def rough_side(population: Population, n_interior: float) -> tuple[float, float]:
    """Side for about so many whole grains in mean diameters, and the mean area of a cell in square pixels.

    From the number of spheres (discs) per volume (area) and their mean height over the plane; right within
    some 20 % (`window_side` measures it, which would cost more than the mosaic).
    """
    flat = population.null == "columnar"
    f, ratio = population.coarse, population.size_ratio
    spread = np.exp((1.0 if flat else 3.0) * population.sigma**2)
    density = (1.27 if flat else 2.25) * (1 - f + f / ratio**2) / spread
    extent = (0.95 if flat else 0.85) * np.sqrt(spread / (1 - f + f / ratio**2))
    return float(np.sqrt(n_interior / density) + extent), float(UNIT**2 / density)


def windows(
    population: Population,
    n_interior: float,
    per_edge: int,
    rng: np.random.Generator,
    smallest: tuple[float, float],
) -> list[ImageGrains]:
    """`per_edge`**2 windows that tile a mosaic, of random shape and with a random smallest visible grain."""
    side, area = rough_side(population, n_interior)
    aspect = _log_uniform(rng, 1.0, 1.8)
    cells = population.mosaic(per_edge * side, rng, aspect=aspect).cells()
    lost = area * _log_uniform(rng, *smallest)
    height, width = rectangle(UNIT * side, aspect)
    corners = [(i * height, j * width) for i in range(per_edge) for j in range(per_edge)]
    return [cut_window(cells, corner, (height, width), min_area=lost) for corner in corners]


def _sample(images: list[ImageGrains], truth: tuple[float, ...]) -> Samples | None:
    if sum(g.n_interior for g in images) < FEWEST:
        return None
    found = pooled_distribution(images)
    return Samples(
        found.on_grid()[None].astype(np.float32),
        found.counts()[None].astype(np.float32),
        shape_scalars([found]),
        np.array([[*truth, len(images)]]),
    )


def simulate(part: Part) -> Samples:
    """The samples of one part; its seed and kind decide them."""
    kind = get_args(Kind).index(part.kind)
    rng = np.random.default_rng([part.seed, kind, part.two, part.null == "columnar"])
    found = _packed_samples(part, rng) if part.kind == "packed" else _random_samples(part, rng)
    return Samples.join([s for s in found if s is not None])


def _random_samples(part: Part, rng: np.random.Generator) -> list[Samples | None]:
    parts = []
    for _ in range(MOSAICS[part.kind]):
        family = int(rng.choice(FEW if part.kind == "few" else RANDOM))
        sigma, ratio, coarse = truth = draw_truth(rng, part)
        population = Population(sigma, ratio, coarse, **family_options(family, part.null))
        n = _log_uniform(rng, *GRAINS[part.kind])
        if part.kind in ("small", "few"):
            samples = [[image] for image in windows(population, n, 2, rng, part.smallest)]
        elif part.kind == "medium" and rng.random() < POOLED:
            images = int(rng.integers(2, 9))
            samples = [
                [w for _ in range(images) for w in windows(population, n / images, 1, rng, part.smallest)]
            ]
        else:
            samples = [windows(population, n, 1, rng, part.smallest)]
        parts += [_sample(images, (family, *truth)) for images in samples]
    return parts


def _packed_samples(part: Part, rng: np.random.Generator) -> list[Samples | None]:
    """Packings cost most: their quarters alone, and pools of quarters of mosaics of nearly the same sigma."""
    found: list[tuple[tuple[float, ...], list[ImageGrains]]] = []
    for _ in range(MOSAICS[part.kind]):
        family = int(rng.choice(PACKED))
        sigma, ratio, coarse = draw_truth(rng, part)
        if part.two:  # few values, so that pools are of one population
            sigma, ratio, coarse = 0.2, float(rng.choice([3.0, 4.0, 6.0])), float(rng.choice([0.3, 0.6]))
        population = Population(sigma, ratio, coarse, **family_options(family, part.null))
        quarters = windows(population, _log_uniform(rng, *PACKED_GRAINS), 2, rng, part.smallest)
        found.append(((family, sigma, ratio, coarse), quarters))
    return _pooled(found, rng)


def _pooled(
    found: list[tuple[tuple[float, ...], list[ImageGrains]]], rng: np.random.Generator
) -> list[Samples | None]:
    """Quarters alone, and pools of 2, 4, 9 and 20 quarters of the mosaics nearest in sigma."""
    parts: list[Samples | None] = []
    for truth, quarters in found:
        parts += [_sample([q], truth) for q in quarters]
        alike = [
            (abs(t[1] - truth[1]), k)
            for k, (t, _) in enumerate(found)
            if t[0] == truth[0] and t[2:] == truth[2:]
        ]
        near = [q for _, k in sorted(alike)[:6] for q in found[k][1]]
        for size in (2, 4, 9, 20):
            chosen = rng.permutation(len(near))[:size]
            parts.append(_sample([near[k] for k in chosen], truth))
    return parts
