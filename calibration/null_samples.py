"""Simulated samples that the shape statistic learns from and that its quantiles are read from.

Every mosaic is of a structure drawn at random; its windows, single and together, are the samples.  A part is
a seed's worth of mosaics.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from outside_families import Sizes, Structure, gamma, lognormal, loguniform, section
from outside_windows import Window, window

from grainstats.infer.modality.distribution import distribution_of
from grainstats.infer.modality.image_grains import ImageGrains
from grainstats.infer.modality.shape_network import shape_scalars

FAMILIES = ("filled", "thrown", "sequential", "gamma", "flat", "Voronoi")
MERGED_FROM = 0.05  # share of merged cells from which a family is one of its own
MOSAICS = 40  # of a part
GRAINS = (300.0, 1600.0)  # of a mosaic, roughly
FEWEST = 60
FIELDS = ("grid", "counts", "scalars", "truth")


@dataclass(frozen=True, eq=False)
class Samples:
    """Gridded distributions and counts of simulated samples with their truth."""

    grid: np.ndarray  #: shape (n, 145): `SizeDistribution.on_grid`
    counts: np.ndarray  #: shape (n, 27): `SizeDistribution.counts`
    scalars: np.ndarray  #: shape (n, 4): `shape_scalars`
    #: shape (n, 6): family; SD of log diameter of the (fine) spheres; ratio and coarse share in the plane (0:
    #: one population); images; mosaic
    truth: np.ndarray

    @staticmethod
    def join(parts: list[Samples]) -> Samples:
        return Samples(*(np.concatenate([getattr(p, k) for p in parts]) for k in FIELDS))

    def take(self, chosen: np.ndarray) -> Samples:
        return Samples(*(getattr(self, k)[chosen] for k in FIELDS))


def image_of(seen: Window) -> ImageGrains:
    """What the verdict sees of a window; places do not matter to it."""
    whole, cut = seen.whole.astype(float), seen.cut.astype(float)
    return ImageGrains(whole, np.ones(len(whole)), 1.0, (1.0, 1.0), cut)


def sample_of(images: list[ImageGrains], truth: tuple[float, ...]) -> Samples:
    found = distribution_of(images)
    return Samples(
        found.on_grid()[None].astype(np.float32),
        found.counts()[None].astype(np.float32),
        shape_scalars([found]),
        np.array([truth]),
    )


# Structures ------------------------------------------------------------------------------------------


def _log_uniform(rng: np.random.Generator, low: float, high: float) -> float:
    return float(np.exp(rng.uniform(np.log(low), np.log(high))))


def _packing(rng: np.random.Generator, family: str) -> tuple[str, float]:
    """Centres and share; families that are no packing have any."""
    if family not in FAMILIES[:3]:
        family = FAMILIES[rng.integers(3)]
    if family == "filled":
        return "random", 1.0
    if family == "thrown":
        return "random", float(rng.uniform(0.35, 1.4))
    return "loose", float(rng.uniform(0.25, 0.5))


def _one_population(rng: np.random.Generator) -> tuple[str, Sizes, tuple[str, float]]:
    """Family, sizes and packing; wide populations, which alone look like two, are most of them."""
    family = FAMILIES[rng.choice(6, p=(0.22, 0.2, 0.28, 0.1, 0.15, 0.05))]
    sizes = lognormal(float(rng.uniform(0.4, 0.95) if rng.random() < 0.7 else rng.uniform(0.02, 0.4)))
    packing = _packing(rng, family)
    if family == "gamma":
        sizes = gamma(_log_uniform(rng, 1.3, 9.0))
    elif family == "flat":
        sizes = loguniform(1.0, float(rng.uniform(2.0, 8.0)), float(rng.choice([0, 2, 3])))
    elif family == "Voronoi":
        sizes, packing = lognormal(0.02), (("random", 0.0) if rng.random() < 0.5 else ("loose", 0.3))
    return family, sizes, packing


def draw(
    rng: np.random.Generator, *, two: bool, flat: bool, long: bool = False
) -> tuple[Structure, int, float]:
    """A structure, its family and the SD of log diameter of its (fine) spheres.

    `long`: of one population, broad and with a long tail, which looks most like two.
    """
    if long:
        family = str(rng.choice(FAMILIES[:3]))
        sizes = lognormal(float(rng.uniform(0.5, 0.9)), float(rng.uniform(3.5, 4.5)))
        packing, ratio, coarse = _packing(rng, family), 1.0, 0.0
    elif two:
        family = str(rng.choice(FAMILIES[:3], p=(0.5, 0.2, 0.3)))
        sizes, packing = lognormal(float(rng.uniform(0.05, 0.55))), _packing(rng, family)
        ratio, coarse = _log_uniform(rng, 2.2, 9.0), float(rng.uniform(0.06, 0.92))
    else:
        family, sizes, packing = _one_population(rng)
        ratio, coarse = 1.0, 0.0
    merged = float(rng.uniform(0.0, 0.35)) if rng.random() < 0.3 else 0.0
    split = float(rng.uniform(0.0, 0.3)) if rng.random() < 0.15 else 0.0
    structure = Structure(
        sizes, packing[0], packing[1], ratio=ratio, coarse=coarse, merged=merged, split=split, flat=flat
    )
    number = FAMILIES.index(family) + len(FAMILIES) * (merged > MERGED_FROM)
    return structure, number, float(np.log(sizes(rng, 4000)).std())


# Windows ---------------------------------------------------------------------------------------------


def rough_side(s: Structure, n: float, rng: np.random.Generator) -> tuple[float, float]:
    """Side of a square of about `n` cells, and the mean area of a cell: right within a factor of 1.5."""
    d = s.sizes(rng, 4000)
    power = 2 if s.flat else 3
    both = [(1 - s.coarse, d), (s.coarse, d * s.ratio)]
    number = [f / float((x**power).mean()) for f, x in both]  # per unit of area or volume, but for a factor
    filled = s.share if s.centres == "loose" else 1.0
    if s.flat:
        density = 1.27 * filled * sum(number)
    else:
        density = 1.9 * filled * sum(k * float(x.mean()) for k, (_, x) in zip(number, both, strict=True))
    density *= 1 - s.merged
    return float(np.sqrt(n / density)), 1 / density


def mosaic_samples(
    rng: np.random.Generator, mosaic: int, *, two: bool, flat: bool, long: bool = False
) -> list[Samples]:
    """Samples of one mosaic: its whole square, quarters, ninths, and several of them."""
    structure, family, width = draw(rng, two=two, flat=flat, long=long)
    side, area = rough_side(structure, _log_uniform(rng, *GRAINS), rng)
    part = section(structure, side, rng)
    lost = area * _log_uniform(rng, 0.004, 0.05)
    found = []
    for per_edge, most in ((1, 1), (2, 4), (3, 5)):
        size = np.full(2, side / per_edge)
        places = rng.permutation(per_edge**2)[:most]
        corners = [np.array(divmod(int(k), per_edge)) * size - side / 2 for k in places]
        seen = [window(part, structure, c, size, lost, rng) for c in corners]
        groups = [[w] for w in seen] + ([seen] if per_edge > 1 else [])
        for group in groups:
            images = [image_of(w) for w in group]
            if sum(g.n_interior for g in images) >= FEWEST:
                truth = (family, width, *_truth_of(group, two=two), len(group), mosaic)
                found.append(sample_of(images, truth))
    return found


def _truth_of(group: list[Window], *, two: bool) -> tuple[float, float]:
    """Ratio and coarse share in the plane, the windows' area-weighted mean."""
    if not two:
        return 0.0, 0.0
    share = np.array([w.coarse_share for w in group])
    known = [np.log(w.ratio) for w in group if np.isfinite(w.ratio)]
    return (float(np.exp(np.mean(known))) if known else 0.0), float(share.mean())


def simulate(seed: int, *, two: bool, flat: bool, long: bool = False) -> Samples:
    """The samples of one part."""
    rng = np.random.default_rng([seed, two, flat, 23, *([1] if long else [])])
    found: list[Samples] = []
    for k in range(MOSAICS):
        found += mosaic_samples(rng, seed * MOSAICS + k, two=two, flat=flat, long=long)
    return Samples.join(found)
