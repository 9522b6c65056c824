"""Structures that the null library was not made from: windows of one and of two populations, exact cells.

Every structure is a plane section of a power diagram, so that cells, areas and chords have no pixel; only
Johnson-Mehl growth, whose walls are curved, is drawn in pixels.  Lengths are in mean sphere diameters of the
(fine) population.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numba
import numpy as np
from scipy.spatial import ConvexHull, cKDTree

from segment.mosaics.power_diagram import Cells, power_cells

Sizes = Callable[[np.random.Generator, int], np.ndarray]


@dataclass(frozen=True, eq=False)
class Section:
    """A planar power diagram with the truth of its cells.

    Attributes
    ----------
    cells : Cells
    pairs : ndarray of int, shape (m, 2)
        Neighbouring cells (their places in `cells`).
    coarse : ndarray of bool, shape (n,)
        Cells of the coarse population.
    """

    cells: Cells
    pairs: np.ndarray
    coarse: np.ndarray


@dataclass(frozen=True)
class Structure:
    """How one structure comes about.

    Attributes
    ----------
    sizes : callable
        Sphere diameters of the fine population, mean about 1.
    centres : {"random", "loose", "graded", "banded", "colonies"}
        Thrown at random; sequentially without overlap, largest first; at random with a density that changes
        with the place.
    share : float
        Sphere volume over space: 0 is a Voronoi diagram of the centres.
    ratio, coarse : float
        Diameter ratio of a second population (of local sizes where the density changes), its volume share.
    stretch : float
        Lengths along x over lengths along y.
    merged, split, twinned : float
        Share of cells that are merged with a neighbour, cut in two, crossed by a lamella.
    giant : float
        Share of the window's area in one more cell, in its middle.
    """

    sizes: Sizes
    centres: str = "random"
    share: float = 1.0
    ratio: float = 1.0
    coarse: float = 0.0
    stretch: float = 1.0
    merged: float = 0.0
    split: float = 0.0
    twinned: float = 0.0
    giant: float = 0.0


def lognormal(sigma: float) -> Sizes:
    return lambda rng, n: np.exp(sigma * np.clip(rng.standard_normal(n), -3.5, 3.5) - sigma**2 / 2)


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
    populations = [(1 - s.coarse, s.sizes(rng, 4000), 1.0), (s.coarse, s.sizes(rng, 4000) * s.ratio, s.ratio)]
    populations = [p for p in populations if p[0] > 0]
    placed = s.centres in ("graded", "banded", "colonies")
    largest = max(np.quantile(d, 0.999) for _, d, _ in populations)
    depth = 1.0 * largest + 1.5 * max(1.0, s.ratio if s.coarse or placed else 1.0)
    reach = depth + 1.0
    box = np.array([side + 2 * reach, side / s.stretch + 2 * reach, 2 * depth])
    xyz, diameter, kind = [], [], []
    for k, (share, sample, ratio) in enumerate(populations):
        density = share / (np.pi / 6 * float((sample**3).mean()))
        n = rng.poisson(density * box.prod() * (s.share if s.centres == "loose" else 1.0))
        xyz.append((rng.random((n, 3)) - 0.5) * box)
        diameter.append(s.sizes(rng, n) * ratio)
        kind.append(np.full(n, k))
    centre, d, population = np.concatenate(xyz), np.concatenate(diameter), np.concatenate(kind)
    if not placed:  # spheres too far from the window to own a point of it
        beyond = np.abs(centre) - np.array([side, side / s.stretch, 0.0]) / 2
        near = (beyond < (d / 2 + 2.0)[:, None]).all(axis=1)
        centre, d, population = centre[near], d[near], population[near]
    if s.centres == "loose":
        order = np.argsort(-d, kind="stable")
        centre, kept = _sequential(box, d[order], side / 2, int(rng.integers(2**31)))
        d, population = d[order][kept], population[order][kept]
        centre = centre[kept] - box / 2
        radius2 = (d / 2) ** 2
    elif placed:
        local = _local_size(s, centre, side, rng)
        keep = rng.random(len(centre)) < (local.min() / local) ** 3 if s.centres == "graded" else None
        if keep is None:
            keep = rng.random(len(centre)) < local**-3
        centre, population = centre[keep], (local[keep] > 0.5 * (1 + s.ratio)).astype(int)
        if s.centres == "graded":
            population[:] = 0
        radius2 = np.zeros(len(centre))
    else:
        radius2 = (d / 2) ** 2 * s.share ** (2 / 3)
    return _cut(centre, radius2, population, s, side, rng)


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
    pairs = _neighbours(points, weight)
    place = np.full(len(points), -1)
    place[cells.generator] = np.arange(len(cells.generator))
    pairs = place[pairs]
    return Section(cells, pairs[(pairs >= 0).all(axis=1)], population[cells.generator] == 1)


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
    """Random sequential addition of spheres in a box (open at its walls); the tries of each are limited."""
    np.random.seed(seed)  # noqa: NPY002 (the generator that numba knows)
    n = len(diameter)
    cell = diameter.max()
    shape = np.maximum((box / cell).astype(np.int64), 1)
    edge = box / shape
    # The small ones are looked up on a finer grid by chaining all spheres of a cell.
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
                following[i] = head[c[0], c[1], c[2]]
                head[c[0], c[1], c[2]] = i
                break
    return at, kept


# Windows -------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Window:
    """What is seen of a section in a rectangular window.

    Attributes
    ----------
    whole, cut : ndarray
        Equivalent circle diameters of interior grains and of the visible parts of those at the frame.
    chords, chord_whole : ndarray
        Lengths of the pieces of test lines in one grain; False where the frame ends one.
    coarse_share, ratio : float
        Of the area in cells of the coarse population, and their area-weighted geometric mean diameter over
        that of the others: the truth in the plane.
    """

    whole: np.ndarray
    cut: np.ndarray
    chords: np.ndarray
    chord_whole: np.ndarray
    coarse_share: float
    ratio: float


def window(
    part: Section,
    structure: Structure,
    corner: np.ndarray,
    size: np.ndarray,
    lost: float,
    rng: np.random.Generator,
) -> Window:
    """Cut a window; cells below the visible area `lost` are dropped, as in a segmentation."""
    cells = part.cells
    low, high = cells.box[:, :2] - corner, cells.box[:, 2:] - corner
    near = np.flatnonzero((low < size).all(axis=1) & (high > 0).all(axis=1))
    seen = cells.take(np.isin(np.arange(len(cells.generator)), near))
    area = seen.visible_area(*corner, *size)
    frame = ~((low[near] > 0).all(axis=1) & (high[near] < size).all(axis=1))
    coarse = part.coarse[near]
    group = _groups(part, near, area, structure.merged, rng)
    split = rng.random(len(near)) < structure.split
    twin = rng.random(len(near)) < structure.twinned
    chords, chord_whole = _chords(seen, group, corner, size, np.sqrt(max(np.median(area), 1e-9)), rng)
    total = np.bincount(group, area)
    at_frame = np.bincount(group, frame) > 0
    pieces, edge = [total], [at_frame]
    for chosen, lowest, highest in ((split, 0.2, 0.5), (twin, 0.1, 0.45)):
        hit = np.flatnonzero(np.bincount(group, chosen) > 0)
        if len(hit):
            part_of = rng.uniform(lowest, highest, len(hit)) * total[hit]
            total[hit] -= part_of
            pieces.append(part_of)
            edge.append(at_frame[hit] & (rng.random(len(hit)) < 0.5))
    every, edges = np.concatenate(pieces), np.concatenate(edge)
    ok = every > lost
    d = np.sqrt(4 / np.pi * every)
    log = 0.5 * np.log(np.maximum(area, 1e-12))
    ratio = np.nan
    if coarse.any() and not coarse.all():
        means = [np.average(log[c], weights=area[c]) for c in (coarse, ~coarse)]
        ratio = float(np.exp(means[0] - means[1]))
    return Window(
        d[ok & ~edges],
        d[ok & edges],
        chords,
        chord_whole,
        float(area[coarse].sum() / area.sum()),
        ratio,
    )


def _groups(
    part: Section, near: np.ndarray, area: np.ndarray, merged: float, rng: np.random.Generator
) -> np.ndarray:
    """Number of the grain that each cell is seen in; some cells are lost to a neighbour."""
    n = len(near)
    group = np.arange(n)
    if not merged:
        return group
    place = np.full(len(part.cells.generator), -1)
    place[near] = np.arange(n)
    pairs = place[part.pairs]
    pairs = rng.permutation(pairs[(pairs >= 0).all(axis=1)])
    small = np.where(area[pairs[:, 0]] < area[pairs[:, 1]], pairs[:, 0], pairs[:, 1])
    large = pairs.sum(axis=1) - small
    cell, first = np.unique(small, return_index=True)
    lost = rng.random(len(cell)) < merged
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    a, b = cell[lost], large[first][lost]
    return np.asarray(connected_components(coo_array((np.ones(len(a)), (a, b)), shape=(n, n)))[1])


def _chords(
    seen: Cells,
    group: np.ndarray,
    corner: np.ndarray,
    size: np.ndarray,
    spacing: float,
    rng: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray]:
    """Pieces of lines along both axes, a mean grain apart; neighbouring pieces in one grain are joined."""
    following = np.arange(1, len(seen.vertices) + 1)
    following[seen.start[1:] - 1] = seen.start[:-1]
    owner = np.repeat(np.arange(len(seen.generator)), np.diff(seen.start))
    length, whole = [], []
    for axis in (0, 1):
        a = seen.vertices - corner
        a = a[:, [axis, 1 - axis]]
        b = a[following]
        end = float(size[1 - axis])
        for at in np.arange(rng.random() * spacing, size[axis], spacing):
            hit = np.flatnonzero((a[:, 0] < at) != (b[:, 0] < at))
            t = (at - a[hit, 0]) / (b[hit, 0] - a[hit, 0])
            x = a[hit, 1] + t * (b[hit, 1] - a[hit, 1])
            order = np.lexsort((x, owner[hit]))
            x, who = x[order], owner[hit][order]
            first, last, grain = x[::2], x[1::2], group[who[::2]]
            order = np.argsort(first)
            first, last, grain = first[order], last[order], grain[order]
            first, last = np.clip(first, 0, end), np.clip(last, 0, end)
            some = last > first
            first, last, grain = first[some], last[some], grain[some]
            if not len(first):
                continue
            new = np.concatenate([[True], grain[1:] != grain[:-1]])
            start = first[new]
            stop = last[np.concatenate([new[1:], [True]])]
            length.append(stop - start)
            whole.append((start > 1e-9) & (stop < end - 1e-9))
    return np.concatenate(length), np.concatenate(whole)


def windows(
    structure: Structure, counts: tuple[int, ...], rng: np.random.Generator
) -> list[tuple[int, Window]]:
    """Windows of about so many interior grains: one mosaic for the largest, the smaller ones cut from it.

    A giant is the share of its own window, so that each size has its own mosaic.
    """
    if structure.giant:
        return [w for n in counts for w in _of_one_mosaic(structure, (n,), rng)]
    return _of_one_mosaic(structure, counts, rng)


def _of_one_mosaic(
    structure: Structure, counts: tuple[int, ...], rng: np.random.Generator
) -> list[tuple[int, Window]]:
    pilot = replace(structure, giant=0.0)
    density = _density(pilot, rng)
    rest = 1 - structure.giant
    sides = {n: np.sqrt(n / density / rest) + 1.0 / np.sqrt(density) for n in counts}
    largest = max(sides.values())
    made = section(structure, largest, rng)
    lost = rng.uniform(0.004, 0.02) / density
    found = []
    for n, side in sides.items():
        per_edge = 1 if structure.giant else min(int(largest / side + 1e-9), 2)
        for i in range(per_edge):
            for j in range(per_edge):
                corner = np.array([i, j]) * (largest - side) / max(per_edge - 1, 1) - largest / 2
                w = window(made, structure, corner, np.array([side, side]), lost, rng)
                found.append((n, w))
    return found


_DENSITY: dict[Structure, float] = {}


def _density(structure: Structure, rng: np.random.Generator) -> float:
    """Cells per area of the plane, from a pilot."""
    if structure not in _DENSITY:
        side = 24.0 * max(
            1.0, structure.ratio**0.6 if structure.coarse or structure.centres == "graded" else 1
        )
        cells = section(structure, side, rng).cells
        inside = (np.abs(cells.centroid) < side / 2).all(axis=1)
        _DENSITY[structure] = max(inside.sum() / side**2, 1e-3)
    return _DENSITY[structure]


# Johnson-Mehl growth ---------------------------------------------------------------------------------

JM_PIXELS = 14  # per mean diameter
JM_RATE = 2.73  # nuclei per volume and time at unit growth rate: one grain in a sphere of unit diameter
JM_LAST = 2.5  # no nucleus is born in free space later


@numba.njit(cache=True)
def _first_to_arrive(shape, pixels, order, start, edges, at, born):  # type: ignore[no-untyped-def]
    out = np.zeros(shape, np.int64)
    for i in range(shape[0]):
        for j in range(shape[1]):
            y, x = (i + 0.5) / pixels, (j + 0.5) / pixels
            cy, cx = int(y) + 3, int(x) + 3
            best, who = 1e9, -1
            for dy in range(-2, 3):
                for dx in range(-2, 3):
                    c = (cy + dy) * edges[1] + cx + dx
                    for k in range(start[c], start[c + 1]):
                        n = order[k]
                        d = np.sqrt((at[n, 0] - y) ** 2 + (at[n, 1] - x) ** 2 + at[n, 2] ** 2) + born[n]
                        if d < best:
                            best, who = d, n
            out[i, j] = who
    return out


def johnson_mehl(counts: tuple[int, ...], rng: np.random.Generator) -> list[tuple[int, Window]]:
    """Windows of sections of grains that nucleate at a constant rate and grow at one speed."""
    density = 2.05  # cells per unit area of the plane, from a pilot
    sides = {n: int(JM_PIXELS * (np.sqrt(n / density) + density**-0.5)) for n in counts}
    side = max(sides.values())
    box = np.array([side / JM_PIXELS + 6, side / JM_PIXELS + 6, 5.0])
    n = rng.poisson(JM_RATE * JM_LAST * box.prod())
    at = rng.random((n, 3)) * box - (3, 3, 2.5)
    born = rng.random(n) * JM_LAST
    edges = np.ceil(box[:2]).astype(np.int64) + 1
    cell = (at[:, 0] + 3).astype(np.int64) * edges[1] + (at[:, 1] + 3).astype(np.int64)
    order = np.argsort(cell, kind="stable")
    start = np.searchsorted(cell[order], np.arange(edges.prod() + 1))
    labels = _first_to_arrive((side, side), JM_PIXELS, order, start, edges, at, born)
    found = []
    for k, s in sides.items():
        per_edge = min(int(side / s + 1e-9), 2)
        for i in range(per_edge):
            for j in range(per_edge):
                y, x = (np.array([i, j]) * (side - s) // max(per_edge - 1, 1)).astype(int)
                found.append((k, _of_pixels(labels[y : y + s, x : x + s], rng)))
    return found


def _of_pixels(labels: np.ndarray, rng: np.random.Generator) -> Window:
    label = np.unique(labels, return_inverse=True)[1].reshape(labels.shape)
    area = np.bincount(label.ravel()).astype(float)
    rim = np.concatenate([label[0], label[-1], label[:, 0], label[:, -1]])
    frame = np.zeros(len(area), bool)
    frame[rim] = True
    ok = area > 0.012 * area.mean()
    d = np.sqrt(4 / np.pi * area) / JM_PIXELS
    step = max(int(np.sqrt(area.mean())), 2)
    length, whole = [], []
    for lines in (label[rng.integers(step) :: step], label.T[rng.integers(step) :: step]):
        for line in lines:
            cut = np.concatenate([[0], np.flatnonzero(np.diff(line)) + 1, [len(line)]])
            length.append(np.diff(cut))
            whole.append((cut[:-1] > 0) & (cut[1:] < len(line)))
    chords = np.concatenate(length) / JM_PIXELS
    return Window(d[ok & ~frame], d[ok & frame], chords, np.concatenate(whole), 0.0, np.nan)
