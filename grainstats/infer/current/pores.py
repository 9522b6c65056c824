"""Pores and second phases in the graph: a path enters one anywhere and leaves it anywhere, for nothing."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from grainstats.measure.network.graph import BoundaryNetwork


def pore_links(
    network: BoundaryNetwork, labels: np.ndarray, point: np.ndarray, segment: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Free pieces that join all the outlines of each pore, and the frame where it lies on it.

    `labels` are 0 in pores and second phases, below 0 where hidden; no side is wholly hidden.  `point` are
    points of lines, rows of the network's `position`, and `segment` the segments they lie on.  Returned are
    points on the frame, shape (k, 2), one for each side that a pore touches, and the pieces, shape (m, 2),
    between points of the network, from the last of which the k added ones count on.
    """
    empty = labels == 0
    if not empty.any():
        return np.zeros((0, 2)), np.zeros((0, 2), np.int64)
    pore, _ = ndimage.label(empty)
    outline = network.segments["kind"].to_numpy()[segment] == "phase"
    on_outline = np.unique(point[outline])
    number = _pore_beside(pore, network.position[on_outline])
    frame, frame_number = _frame_points(pore)
    every = np.concatenate([on_outline[number > 0], network.position.shape[0] + np.arange(len(frame))])
    owner = np.concatenate([number[number > 0], frame_number])
    order = np.argsort(owner, kind="stable")
    every, owner = every[order], owner[order]
    same = owner[1:] == owner[:-1]
    return frame, np.column_stack([every[:-1][same], every[1:][same]])


def _pore_beside(pore: np.ndarray, position: np.ndarray) -> np.ndarray:
    """Number of the pore nearest to each point, within a pixel and a half; 0 where there is none."""
    at = np.rint(position).astype(int)
    best = np.full(len(at), np.inf)
    number = np.zeros(len(at), pore.dtype)
    for dy in (-1, 0, 1):
        for dx in (-1, 0, 1):
            y = np.clip(at[:, 0] + dy, 0, pore.shape[0] - 1)
            x = np.clip(at[:, 1] + dx, 0, pore.shape[1] - 1)
            away = np.hypot(y - position[:, 0], x - position[:, 1])
            nearer = (pore[y, x] > 0) & (away < best)
            best[nearer], number[nearer] = away[nearer], pore[y, x][nearer]
    return number


def _frame_points(pore: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """One point for each pore and side of the frame that it touches, and the pore's number."""
    rows, columns = pore.shape
    point: list[tuple[float, float]] = []
    number: list[int] = []
    for side, line in enumerate((pore[0], pore[-1], pore[:, 0], pore[:, -1])):
        found, first = np.unique(line, return_index=True)
        for n, at in zip(found, first, strict=True):
            if n > 0:
                place = ((0, at), (rows - 1, at), (at, 0), (at, columns - 1))[side]
                point.append((float(place[0]), float(place[1])))
                number.append(int(n))
    return np.array(point).reshape(-1, 2), np.array(number, int)
