"""Windows of the structures of `outside_families`: what is seen of the grains, and the truth in the plane.

Johnson-Mehl growth, whose walls are curved, is drawn in pixels.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

import numba
import numpy as np
from outside_families import Section, Structure, section
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

# Borders that a segmentation does not draw: log of their share falls so much from the smallest to the largest
# cell of a section, by the rank of the smaller of the two; the mean rank of the smaller cell
# (rendered micrographs of seven styles, R = 3).
BY_SIZE, RANK = 1.7, 0.35


@dataclass(frozen=True, eq=False)
class Window:
    """What is seen of a section in a rectangular window."""

    #: equivalent circle diameters of interior grains and of the visible parts of those at the frame
    whole: np.ndarray
    cut: np.ndarray
    #: of the area in cells of the coarse population, and their area-weighted geometric mean diameter over
    #: that of the others: the truth in the plane
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
    low, high = part.box[:, :2] - corner, part.box[:, 2:] - corner
    shown = (low < size).all(axis=1) & (high > 0).all(axis=1)
    near = np.flatnonzero(shown)
    frame = ~((low[near] > 0).all(axis=1) & (high[near] < size).all(axis=1))
    area = part.area[near]
    area[frame] = part.cells.take(_only(near[frame], len(shown))).visible_area(*corner, *size)
    coarse = part.coarse[near]
    group = _groups(part, near, area, structure, rng)
    if structure.blank:
        middle = (part.box[near, :2] + part.box[near, 2:]) / 2 - corner
        group = _blank(group, middle, size, structure, rng)
    split = rng.random(len(near)) < structure.split
    twin = rng.random(len(near)) < structure.twinned
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
    both = (area[coarse].sum(), area[~coarse].sum())
    if min(both) > 0:
        means = [np.average(log[c], weights=area[c]) for c in (coarse, ~coarse)]
        ratio = float(np.exp(means[0] - means[1]))
    share = float(both[0] / area.sum())
    return Window(d[ok & ~edges], d[ok & edges], share, ratio)


def _only(index: np.ndarray, n: int) -> np.ndarray:
    chosen = np.zeros(n, bool)
    chosen[index] = True
    return chosen


def _groups(
    part: Section, near: np.ndarray, area: np.ndarray, structure: Structure, rng: np.random.Generator
) -> np.ndarray:
    """Number of the grain that each cell is seen in; some cells are lost to a neighbour."""
    n = len(near)
    if not structure.loses_cells:
        return np.arange(n)
    place = np.full(len(part.cells.generator), -1)
    place[near] = np.arange(n)
    pairs = place[part.pairs]
    pairs = rng.permutation(pairs[(pairs >= 0).all(axis=1)])
    small = np.where(area[pairs[:, 0]] < area[pairs[:, 1]], pairs[:, 0], pairs[:, 1])
    large = pairs.sum(axis=1) - small
    cell, first = np.unique(small, return_index=True)
    faint = 1 - area[cell] / (structure.faint * area.mean()) if structure.faint else 0.0
    lost = rng.random(len(cell)) < np.maximum(structure.merged, faint)
    undrawn = np.zeros(len(small), bool)
    if structure.unseen:
        undrawn = _undrawn(area, small, pairs, structure.unseen, rng)
    a, b = np.append(cell[lost], small[undrawn]), np.append(large[first][lost], large[undrawn])
    return np.asarray(connected_components(coo_array((np.ones(len(a)), (a, b)), shape=(n, n)))[1])


def _undrawn(
    area: np.ndarray, small: np.ndarray, pairs: np.ndarray, share: float, rng: np.random.Generator
) -> np.ndarray:
    """Which borders are not drawn: any, or those between cells of about the same grey."""
    rank = np.argsort(np.argsort(area)) / len(area)
    chance = np.minimum(share * np.exp(-BY_SIZE * (rank[small] - RANK)), 1.0)
    if rng.random() < 0.5:
        return np.asarray(rng.random(len(small)) < chance)
    grey = rng.random(len(area))
    return np.asarray(np.abs(grey[pairs[:, 0]] - grey[pairs[:, 1]]) < 1 - np.sqrt(1 - chance))


def _blank(
    group: np.ndarray, middle: np.ndarray, size: np.ndarray, structure: Structure, rng: np.random.Generator
) -> np.ndarray:
    """All cells whose middle lies in a patch become one."""
    group = group.copy()
    radius = np.sqrt(size.prod() * structure.blank / structure.patches / np.pi)
    for _ in range(structure.patches):
        at = rng.uniform(radius, size - radius)
        inside = ((middle - at) ** 2).sum(axis=1) < radius**2
        group[inside] = group[inside].min(initial=len(group))
    return group


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
    density = cells_per_area(pilot)
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


@lru_cache(maxsize=256)
def cells_per_area(structure: Structure) -> float:
    """Cells per area of the plane, from a pilot."""
    varied = structure.coarse or structure.centres == "graded"
    side = 24.0 * max(1.0, structure.ratio**0.6 if varied else 1)
    part = section(structure, side, np.random.default_rng(1))
    inside = (np.abs(part.cells.centroid) < side / 2).all(axis=1)
    return max(float(inside.sum() / side**2), 1e-3)


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
                found.append((k, _of_pixels(labels[y : y + s, x : x + s])))
    return found


def _of_pixels(labels: np.ndarray) -> Window:
    label = np.unique(labels, return_inverse=True)[1].reshape(labels.shape)
    area = np.bincount(label.ravel()).astype(float)
    rim = np.concatenate([label[0], label[-1], label[:, 0], label[:, -1]])
    frame = np.zeros(len(area), bool)
    frame[rim] = True
    ok = area > 0.012 * area.mean()
    d = np.sqrt(4 / np.pi * area) / JM_PIXELS
    return Window(d[ok & ~frame], d[ok & frame], 0.0, np.nan)
