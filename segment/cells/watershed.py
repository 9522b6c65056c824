"""Watershed of a boundary probability, its catchment basins merged by persistence.

Where two basins meet at level *s*, the shallower has persisted for *s* minus the level of its minimum; below
the threshold it is absorbed by the deeper one.  Passes are taken in the order of their levels.  The result is
that of a watershed seeded by the minima whose dynamics (Grimaud 1992) reach the threshold, the h-minima.
"""

from dataclasses import dataclass

import numba
import numpy as np

from segment._threads import in_bands
from segment.cells.borders import Borders, borders_between, pair_key
from segment.cells.catchment import LEVELS, catchment_basins, walled_levels


@dataclass(frozen=True, eq=False)
class NestedBasins:
    """Basins of all minima, and how they group into cells at two persistences."""

    labels: np.ndarray  #: int32, shape (rows, columns): basins 1 ... n; 0 outside the mask
    #: fine, coarse: int32, shape (n + 1,): by basin, the one that stands for its cell; every coarse cell is a
    #: union of fine ones
    fine: np.ndarray
    coarse: np.ndarray
    borders: Borders  #: between fine cells


def persistence_watershed(
    probability: np.ndarray, persistence: float, mask: np.ndarray | None = None, min_area_px: int = 1
) -> np.ndarray:
    """Cells of a probability map (float32, high on boundaries), each around a minimum that persists.

    `persistence` is the least rise from a cell's minimum to the lowest pass into a cell with a deeper
    minimum. Nothing floods across pixels that `mask` leaves out. A cell with fewer than `min_area_px` pixels
    below its lowest pass is merged across that, and stays where it has no neighbour. Labels (int32) are 1 ...
    n in the order of the cells' first pixels, 4-connected; 0 outside `mask`.
    """
    basins = nested_basins(probability, persistence, persistence, mask, min_area_px)
    return number_cells(basins.labels, basins.fine)


def nested_basins(
    probability: np.ndarray, fine: float, coarse: float, mask: np.ndarray | None = None, min_area_px: int = 1
) -> NestedBasins:
    """Basins of a probability map with their cells at two persistences; see `persistence_watershed`."""
    least_fine, least_coarse = (max(round(value * (LEVELS - 1)), 1) for value in (fine, max(coarse, fine)))
    levels = walled_levels(probability, mask)
    labels, n = catchment_basins(levels, least_fine)
    bottom, area = _minima(levels, labels, n)
    small = area < min_area_px
    parts = in_bands(labels.shape, lambda a, b: _passes(*_contacts(levels, labels, probability, small, a, b)))
    np.abs(labels, out=labels)
    low, high, level, length, total, basin, at = (
        np.concatenate(column) for column in zip(*parts, strict=True)
    )
    del parts
    trees = _absorb((low, high, level), (basin, at), bottom, area, (least_fine, least_coarse), min_area_px)
    return NestedBasins(labels, *trees, borders_between(trees[0][low], trees[0][high], length, total))


def _passes(
    low: np.ndarray, high: np.ndarray, level: np.ndarray, higher: np.ndarray, *growth: np.ndarray
) -> tuple[np.ndarray, ...]:
    """One row per pair of basins instead of one per pixel edge; `growth` is handed through.

    Of a pair's edges only the lowest can unite two basins: later, levels and areas are higher and bottoms
    lower.  Rows keep the order of these edges; then follow the number of edges and their summed probability.
    """
    key = pair_key(low, high)
    if not key.size:
        return low, high, level, np.zeros(0, np.int64), np.zeros(0), *growth
    order = np.argsort(key)
    start = np.flatnonzero(np.diff(key[order], prepend=-1))
    length = np.diff(start, append=order.size)
    total = np.add.reduceat(higher[order], start, dtype=np.float64)
    earliest = np.minimum.reduceat((level.astype(np.int64) << 32 | np.arange(key.size))[order], start)
    lowest = earliest & 0xFFFFFFFF
    place = np.argsort(lowest)
    lowest = lowest[place]
    return low[lowest], high[lowest], level[lowest], length[place], total[place], *growth


@numba.njit(cache=True, nogil=True)
def number_cells(labels: np.ndarray, group: np.ndarray) -> np.ndarray:
    """Replace labels, in place, by the number of their group: 1 ... n by first appearance; 0 stays."""
    number = np.zeros(group.size, np.int32)
    found, before, now = 0, 0, 0
    for y in range(labels.shape[0]):
        row = labels[y]
        for x in range(row.size):
            if row[x] != before:
                before = row[x]
                now = 0
                if before > 0:
                    if number[group[before]] == 0:
                        found += 1
                        number[group[before]] = found
                    now = number[group[before]]
            row[x] = now
    return labels


@numba.njit(cache=True, nogil=True)
def _minima(levels: np.ndarray, labels: np.ndarray, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Lowest level and number of pixels of each basin's minimum, where `labels` are negative."""
    bottom, area = np.full(n + 1, LEVELS, np.int32), np.zeros(n + 1, np.int32)
    for y in range(labels.shape[0]):
        row, level = labels[y], levels[y + 1]
        for x in range(row.size):
            if row[x] < 0:
                basin = -row[x]
                area[basin] += 1
                bottom[basin] = min(bottom[basin], level[x + 1])
    return bottom, area


@numba.njit(cache=True, nogil=True)
def _contacts(
    levels: np.ndarray, labels: np.ndarray, probability: np.ndarray, small: np.ndarray, first: int, last: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Pixel edges between basins in a band of rows, and the pixels that `small` basins grow by.

    Returns the basins on either side of each edge, its level (of the higher pixel) and probability; then
    basin and level of each such pixel.
    """
    rows, columns = labels.shape
    n_edges, n_pixels = 0, 0
    for y in range(first, last):
        row, below = labels[y], labels[min(y + 1, rows - 1)]
        for x in range(columns):
            n_edges += abs(row[x]) != abs(below[x])
            n_edges += x + 1 < columns and abs(row[x]) != abs(row[x + 1])
            n_pixels += row[x] > 0 and small[row[x]]
    low, high = np.empty(n_edges, np.int32), np.empty(n_edges, np.int32)
    level, higher = np.empty(n_edges, np.uint16), np.empty(n_edges, np.float32)
    basin, at = np.empty(n_pixels, np.int32), np.empty(n_pixels, np.uint16)
    n_edges, n_pixels = 0, 0
    for y in range(first, last):
        for x in range(columns):
            here = abs(labels[y, x])
            if here == 0:
                continue
            if labels[y, x] > 0 and small[here]:
                basin[n_pixels], at[n_pixels] = here, levels[y + 1, x + 1]
                n_pixels += 1
            for v, u in ((y, x + 1), (y + 1, x)):
                if u < columns and v < rows:
                    there = abs(labels[v, u])
                    if there != 0 and there != here:
                        low[n_edges], high[n_edges] = here, there
                        level[n_edges] = max(levels[y + 1, x + 1], levels[v + 1, u + 1])
                        higher[n_edges] = max(probability[y, x], probability[v, u])
                        n_edges += 1
    return low[:n_edges], high[:n_edges], level[:n_edges], higher[:n_edges], basin, at


@numba.njit(cache=True, nogil=True)
def _absorb(
    contacts: tuple[np.ndarray, np.ndarray, np.ndarray],
    growth: tuple[np.ndarray, np.ndarray],
    bottom: np.ndarray,
    area: np.ndarray,
    least: tuple[int, int],
    min_area: int,
) -> tuple[np.ndarray, np.ndarray]:
    """Merge basins level by level at both persistences; by basin, the one that absorbed it."""
    low, high, level = contacts
    basin, at = growth
    edges, edge_end = _by_level(level)
    pixels, pixel_end = _by_level(at)
    parents = (np.arange(bottom.size).astype(np.int32), np.arange(bottom.size).astype(np.int32))
    areas = (area, area.copy())
    edge, pixel = 0, 0
    for now in range(LEVELS):
        while edge < edge_end[now]:
            k = edges[edge]
            for t in range(2):
                meet(parents[t], bottom, areas[t], low[k], high[k], now, least[t], min_area)
            edge += 1
        while pixel < pixel_end[now]:
            for t in range(2):
                areas[t][root(parents[t], basin[pixels[pixel]])] += 1
            pixel += 1
    for t in range(2):
        for i in range(bottom.size):
            parents[t][i] = root(parents[t], i)
    return parents


@numba.njit(cache=True, nogil=True)
def root(parent: np.ndarray, basin: int) -> int:
    """Representative of a set, paths halved on the way."""
    while parent[basin] != basin:
        parent[basin] = parent[parent[basin]]
        basin = parent[basin]
    return basin


@numba.njit(cache=True, nogil=True)
def meet(
    parent: np.ndarray,
    bottom: np.ndarray,
    area: np.ndarray,
    i: int,
    j: int,
    level: int,
    least: int,
    min_area: int,
) -> None:
    """Two basins touch at `level`: unite them where the shallower or the smaller does not count."""
    here, there = root(parent, i), root(parent, j)
    if here == there:
        return
    shallow = level - max(bottom[here], bottom[there]) < least
    if shallow or min(area[here], area[there]) < min_area:
        into = here if bottom[here] <= bottom[there] else there
        other = here + there - into
        parent[other] = into
        area[into] += area[other]


@numba.njit(cache=True, nogil=True)
def _by_level(level: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Indices sorted by level, in their order within one; where each level ends among them."""
    end = np.zeros(LEVELS + 1, np.int64)
    for i in range(level.size):
        end[level[i] + 1] += 1
    for k in range(LEVELS):
        end[k + 1] += end[k]
    order = np.empty(level.size, np.int32)
    for i in range(level.size):
        order[end[level[i]]] = i
        end[level[i]] += 1
    return order, end[:LEVELS]
