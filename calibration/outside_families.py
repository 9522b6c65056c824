"""Structures of one and of two populations: sections of power diagrams with the truth of their cells.

Cells are exact, without a pixel.  Lengths are in mean sphere diameters of the (fine) population.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numba
import numpy as np
from power_diagram import Cells, power_cells
from scipy.spatial import ConvexHull, cKDTree

FLAT = 1e-6  # height of the box that the centres of discs lie in
LARGEST = 64  # spheres that are looked up one by one while others are placed
BEYOND = 2.0  # mean diameters from a sphere's surface, within which it may own a point
Sizes = Callable[[np.random.Generator, int], np.ndarray]


@dataclass(frozen=True, eq=False)
class Section:
    """A planar power diagram with the truth of its cells."""

    cells: Cells
    #: shape (m, 2): neighbouring cells (their places in `cells`); none where no cells are to be merged
    pairs: np.ndarray
    coarse: np.ndarray  #: shape (n,): cells of the coarse population
    box: np.ndarray  #: of the cells, as `Cells` computes them anew each time
    area: np.ndarray


@dataclass(frozen=True)
class Structure:
    """How one structure comes about."""

    sizes: Sizes  #: sphere diameters of the fine population, mean about 1
    #: thrown at random; sequentially without overlap, largest first; at random with a density that changes
    #: with the place
    centres: str = "random"
    share: float = 1.0  #: sphere volume over space: 0 is a Voronoi diagram of the centres
    #: diameter ratio of a second population (of local sizes where the density changes), its volume share
    ratio: float = 1.0
    coarse: float = 0.0
    stretch: float = 1.0  #: lengths along x over lengths along y
    merged: float = 0.0  #: share of cells that are merged with a neighbour, cut in two, crossed by a lamella
    split: float = 0.0
    twinned: float = 0.0
    #: as segmentations lose them: share of the borders that are not drawn, more of them between small cells;
    #: area, over the mean one, below which ever more cells are merged with a neighbour
    unseen: float = 0.0
    faint: float = 0.0
    giant: float = 0.0  #: share of the window's area in one more cell, in its middle
    #: share of the window's area in so many discs without a boundary; their cells are seen as one
    blank: float = 0.0
    patches: int = 1
    #: discs in the plane, as the grains of a columnar film, instead of spheres that a plane cuts
    flat: bool = False

    @property
    def loses_cells(self) -> bool:
        return max(self.merged, self.unseen, self.faint) > 0


def lognormal(sigma: float, tail: float = 3.5) -> Sizes:
    """SD of the log, and how many SDs the longest tail reaches."""
    return lambda rng, n: np.exp(sigma * np.clip(rng.standard_normal(n), -tail, tail) - sigma**2 / 2)


def gamma(shape: float) -> Sizes:
    return lambda rng, n: np.maximum(rng.gamma(shape, 1 / shape, n), 0.05)


def weibull(shape: float) -> Sizes:
    return lambda rng, n: np.maximum(rng.weibull(shape, n), 0.05)


def loguniform(low: float, high: float, power: float) -> Sizes:
    """Density of log diameter proportional to diameter**-power: 0 by number, 3 by volume."""

    def draw(rng: np.random.Generator, n: int) -> np.ndarray:
        u = rng.random(n)
        if power == 0:
            d = low * (high / low) ** u
        else:
            d = (low**-power + u * (high**-power - low**-power)) ** (-1 / power)
        return np.asarray(d / low * 0.6)

    return draw


# Sections ------------------------------------------------------------------------------------------


def section(structure: Structure, side: float, rng: np.random.Generator) -> Section:
    """A section whose cells tile a square of this side about the origin, and more around it."""
    s = structure
    placed = s.centres in ("graded", "banded", "colonies")
    centre, d, population, box = _thrown(s, side, rng, placed=placed)
    if s.centres == "loose":
        order = np.argsort(-d, kind="stable")
        centre, kept = _sequential(box, d[order], side / 2, int(rng.integers(2**31)))
        d, population = d[order][kept], population[order][kept]
        centre = centre[kept] - box / 2
        radius2 = (d / 2) ** 2
    elif placed:
        local = _local_size(s, centre, side, rng)
        keep = rng.random(len(centre)) < (local.min() / local) ** (2 if s.flat else 3)
        centre, local = centre[keep], local[keep]
        population = ((s.centres != "graded") & (local > 0.5 * (1 + s.ratio))).astype(int)
        radius2 = np.zeros(len(centre))
    else:
        radius2 = (d / 2) ** 2 * s.share ** (1.0 if s.flat else 2 / 3)
    return _cut(centre, radius2, population, s, side, rng)


def _thrown(
    s: Structure, side: float, rng: np.random.Generator, *, placed: bool
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Centres thrown at random, diameters, populations, and the edges of the box around the origin.

    Spheres too far from the window to own a point of it are left out, except where centres are `placed`.
    """
    square = np.array([side, side / s.stretch, 0.0])
    boxes, xyz, diameter, kind = [], [], [], []
    for k, (share, ratio) in enumerate(((1 - s.coarse, 1.0), (s.coarse, s.ratio))):
        if share <= 0:
            continue
        sample = s.sizes(rng, 4000) * ratio
        reach = 2 * (2.5 + 1.5 * s.ratio) if placed else float(sample.max()) * 1.1 + 2 * BEYOND
        box = square + reach
        box[2] = FLAT if s.flat else box[2]
        extent, unit, power = (box[:2].prod(), np.pi / 4, 2) if s.flat else (box.prod(), np.pi / 6, 3)
        density = share / (unit * float((sample**power).mean()))
        n = rng.poisson(density * extent * (s.share if s.centres == "loose" else 1.0))
        centre, d = (rng.random((n, 3)) - 0.5) * box, s.sizes(rng, n) * ratio
        near = (np.abs(centre) - square / 2 < (d / 2 + BEYOND)[:, None]).all(axis=1) | placed
        boxes.append(box)
        xyz.append(centre[near])
        diameter.append(d[near])
        kind.append(np.full(int(near.sum()), k))
    return np.concatenate(xyz), np.concatenate(diameter), np.concatenate(kind), np.max(boxes, axis=0)


def _local_size(s: Structure, centre: np.ndarray, side: float, rng: np.random.Generator) -> np.ndarray:
    """Diameter at each place over the smallest."""
    u = np.clip(centre[:, 0] / side + 0.5, 0, 1)
    if s.centres == "graded":
        return np.asarray(s.ratio**u)
    if s.centres == "banded":
        period = 8.0 * s.ratio
        return np.where((centre[:, 0] / period + rng.random()) % 1.0 < s.coarse, s.ratio, 1.0)
    radius = 2.5 * s.ratio
    extent = side + 4 * radius
    number = rng.poisson(-np.log(1 - s.coarse) * extent**2 / (np.pi * radius**2))
    middle = (rng.random((number, 2)) - 0.5) * extent
    if number == 0:
        return np.ones(len(centre))
    near = cKDTree(middle).query(centre[:, :2])[0]
    return np.where(near < radius, s.ratio, 1.0)


def _cut(
    centre: np.ndarray,
    radius2: np.ndarray,
    population: np.ndarray,
    s: Structure,
    side: float,
    rng: np.random.Generator,
) -> Section:
    weight = radius2 - centre[:, 2] ** 2
    points = centre[:, :2] * (1.0, s.stretch)
    if s.giant:
        radius = side * np.sqrt(s.giant / np.pi)
        points = np.vstack([points, [0.0, 0.0] + rng.uniform(-0.1, 0.1, 2) * side])
        weight, population = np.append(weight, radius**2), np.append(population, 1)
    cells = power_cells(points, weight)
    coarse = population[cells.generator] == 1
    pairs = _neighbours(points, weight) if s.loses_cells else np.empty((0, 2), int)
    place = np.full(len(points), -1)
    place[cells.generator] = np.arange(len(cells.generator))
    pairs = place[pairs]
    return Section(cells, pairs[(pairs >= 0).all(axis=1)], coarse, cells.box, cells.area)


def _neighbours(points: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Pairs of generators whose cells touch: the edges of the lower hull of the lifted points."""
    scale = np.abs(points).max()
    flat = points / scale
    hull = ConvexHull(np.column_stack([flat, (flat**2).sum(axis=1) - weight / scale**2]))
    lower = hull.simplices[hull.equations[:, 2] < -1e-12]
    pairs = np.sort(np.concatenate([lower[:, [0, 1]], lower[:, [1, 2]], lower[:, [0, 2]]]), axis=1)
    return np.unique(pairs, axis=0)


@numba.njit(cache=True)
def _sequential(box, diameter, half, seed):  # type: ignore[no-untyped-def]
    """Random sequential addition of spheres in a box (open at its walls); the tries of each are limited.

    Diameters descend.  The first `LARGEST` are looked up one by one, the others by the cells of a grid.
    """
    np.random.seed(seed)  # noqa: NPY002 (the generator that numba knows)
    n = len(diameter)
    many = min(LARGEST, n - 1)
    shape = np.maximum((box / diameter[many]).astype(np.int64), 1)
    edge = box / shape
    head = np.full((shape[0], shape[1], shape[2]), -1, np.int64)
    following = np.full(n, -1, np.int64)
    at = np.zeros((n, 3))
    kept = np.zeros(n, np.bool_)
    for i in range(n):
        for _ in range(60):
            p = np.random.random(3)  # noqa: NPY002
            for k in range(3):
                reach = min(box[k], diameter[i] + 4.0 + (2 * half if k < 2 else 0.0))
                p[k] = box[k] / 2 + (p[k] - 0.5) * reach
            c = np.minimum((p / edge).astype(np.int64), shape - 1)
            free = True
            for j in range(min(i, many)):
                if kept[j] and free:
                    gap = (diameter[i] + diameter[j]) / 2
                    d2 = 0.0
                    for k in range(3):
                        d2 += (p[k] - at[j, k]) ** 2
                    free = d2 >= gap * gap
            for dx in range(-1, 2):
                for dy in range(-1, 2):
                    for dz in range(-1, 2):
                        x, y, z = c[0] + dx, c[1] + dy, c[2] + dz
                        if not free or min(x, y, z) < 0 or x >= shape[0] or y >= shape[1] or z >= shape[2]:
                            continue
                        j = head[x, y, z]
                        while j >= 0:
                            gap = (diameter[i] + diameter[j]) / 2
                            d2 = 0.0
                            for k in range(3):
                                d2 += (p[k] - at[j, k]) ** 2
                            if d2 < gap * gap:
                                free = False
                                break
                            j = following[j]
            if free:
                at[i] = p
                kept[i] = True
                if i < many:
                    break
                following[i] = head[c[0], c[1], c[2]]
                head[c[0], c[1], c[2]] = i
                break
    return at, kept
