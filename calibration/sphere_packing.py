"""Random packings of spheres or discs: large ones first, overlaps pushed apart class by class."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.spatial import cKDTree

CLASS_RATIO = 3.0  # spheres within this ratio of radii move together
SWEEPS = 12  # over the overlapping pairs of each class
BUFFER = 3.0  # radii of its largest sphere that a class is packed beyond its reach


@dataclass(frozen=True, eq=False)
class _Obstacles:
    """Spheres already placed, by octaves of radius, each with its tree."""

    trees: list[cKDTree]
    centre: list[np.ndarray]
    radius: list[np.ndarray]


def pack(
    centre: np.ndarray, radius: np.ndarray, window: np.ndarray, hole: float
) -> tuple[np.ndarray, np.ndarray]:
    """Push overlapping spheres apart near a window, the large ones first.

    A force-biased packing (Moscinski et al. 1989) at constant radii, done class by class, so that the many
    small spheres are packed only where they can be seen: each class lives in a periodic box of its own reach
    around the window and moves round the larger spheres, which stay.

    `centre`, shape (n, k), are random and relative to the middle of the window; k is 2 or 3. `window` holds
    the edges of the region that must come out right (0 for the thickness of a section), `hole` is the radius
    of the largest hole to expect. Returns the centres, shape (m, k), and which of the given spheres they are,
    shape (m,); those out of reach of the window are left out.
    """
    order = np.floor(np.log(radius / radius.max() * (1 + 1e-9)) / np.log(CLASS_RATIO)).astype(int)
    obstacles = _Obstacles([], [], [])
    placed: list[np.ndarray] = []
    kept: list[np.ndarray] = []
    for k in np.unique(order)[::-1]:
        largest = radius[order == k].max()
        box = window + 2 * (np.hypot(largest, hole) + BUFFER * largest)
        index = np.flatnonzero((order == k) & (np.abs(centre) < box / 2).all(axis=1))
        if len(index) == 0:
            continue
        moved = _relax(centre[index], radius[index], box, obstacles)
        placed.append(moved)
        kept.append(index)
        for member in _octaves(radius[index]):
            obstacles.trees.append(cKDTree(moved[member]))
            obstacles.centre.append(moved[member])
            obstacles.radius.append(radius[index][member])
    return np.concatenate(placed), np.concatenate(kept)


def _octaves(radius: np.ndarray) -> list[np.ndarray]:
    octave = np.floor(np.log2(radius)).astype(int)
    return [np.flatnonzero(octave == k) for k in np.unique(octave)]


def _relax(centre: np.ndarray, radius: np.ndarray, box: np.ndarray, obstacles: _Obstacles) -> np.ndarray:
    position = np.mod(centre + box / 2, box)
    size = radius ** centre.shape[1]
    for _ in range(SWEEPS):
        move = np.zeros_like(position)
        for i, j in _near_pairs(position, radius, box):
            apart = position[i] - position[j]
            apart -= box * np.round(apart / box)
            _add_push(move, i, j, apart, radius[i] + radius[j], size[j] / (size[i] + size[j]))
        tree = cKDTree(position - box / 2)
        for other, where, r in zip(obstacles.trees, obstacles.centre, obstacles.radius, strict=True):
            near = tree.sparse_distance_matrix(other, radius.max() + r.max(), output_type="ndarray")
            i, j = near["i"], near["j"]
            apart = position[i] - box / 2 - where[j]
            _add_push(move, i, None, apart, radius[i] + r[j], np.full(len(i), 2.0))
        limit = radius[:, None]
        position = np.mod(position + np.clip(move, -limit, limit), box)
    return np.asarray(position - box / 2)


def _add_push(
    move: np.ndarray,
    i: np.ndarray,
    j: np.ndarray | None,
    apart: np.ndarray,
    contact: np.ndarray,
    share: np.ndarray,
) -> None:
    """Half of every overlap, split by size; the pusher `j` is None where it stays."""
    distance = np.linalg.norm(apart, axis=1) + 1e-12
    push = np.maximum(contact - distance, 0) / distance / 2
    for axis in range(move.shape[1]):
        step = push * apart[:, axis]
        move[:, axis] += np.bincount(i, share * step, len(move))
        if j is not None:
            move[:, axis] -= np.bincount(j, (1 - share) * step, len(move))


def _near_pairs(
    position: np.ndarray, radius: np.ndarray, box: np.ndarray
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Pairs that may overlap, by octaves of radius so that a few large spheres do not slow all others."""
    members = _octaves(radius)
    inside = np.minimum(position, np.nextafter(box, 0))
    trees = [cKDTree(inside[m], boxsize=box) for m in members]
    for a, large in enumerate(members):
        for b in range(a + 1):
            reach = min(radius[large].max() + radius[members[b]].max(), box.min() / 2)
            found = trees[a].sparse_distance_matrix(trees[b], reach, output_type="ndarray")
            i, j = large[found["i"]], members[b][found["j"]]
            once = i < j if a == b else slice(None)
            yield i[once], j[once]
