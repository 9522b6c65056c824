"""The same graph from exact polygons, without a pixel: for known answers and for drawn structures."""

from __future__ import annotations

import numpy as np

from grainstats.infer.current.cut_graph import CutGraph
from segment.mosaics.power_diagram import Cells


def graph_of_cells(cells: Cells, frame: tuple[float, float, float, float]) -> CutGraph:
    """Boundaries of polygonal cells inside a frame.

    Parameters
    ----------
    cells : Cells
        As from `segment.mosaics.laguerre.Mosaic.cells`; they cover the frame.
    frame : tuple of float
        (top, left, bottom, right).

    Returns
    -------
    CutGraph
        Labels are 1 + the cell's row in `cells`; each boundary is a segment of its own.
    """
    corner, index = np.unique(cells.vertices, axis=0, return_inverse=True)
    here = index.ravel()
    following = np.arange(1, here.size + 1)
    following[cells.start[1:] - 1] = cells.start[:-1]
    there = here[following]
    owner = np.repeat(np.arange(1, cells.start.size), np.diff(cells.start))
    order = np.lexsort([np.maximum(here, there), np.minimum(here, there)])
    low, high = np.minimum(here, there)[order], np.maximum(here, there)[order]
    twice = np.flatnonzero((low[1:] == low[:-1]) & (high[1:] == high[:-1]))
    grains = np.sort(np.column_stack([owner[order[twice]], owner[order[twice + 1]]]), axis=1)
    ends = np.stack([corner[low[twice]], corner[high[twice]]], axis=1)
    ends, kept = _clipped(ends, frame)
    return _graph(ends, grains[kept], frame)


def _clipped(ends: np.ndarray, frame: tuple[float, float, float, float]) -> tuple[np.ndarray, np.ndarray]:
    """Straight pieces cut off at the frame, shape (m, 2, 2), and the rows that are left."""
    begin, step = ends[:, 0], ends[:, 1] - ends[:, 0]
    enter, leave = np.zeros(len(ends)), np.ones(len(ends))
    sides = [(0, frame[0], 1), (0, frame[2], -1), (1, frame[1], 1), (1, frame[3], -1)]
    exact = []
    for axis, value, sign in sides:
        a, run = sign * (begin[:, axis] - value), sign * step[:, axis]
        cross = np.divide(-a, run, out=np.full(len(ends), np.nan), where=run != 0)
        enter = np.where(run > 0, np.maximum(enter, cross), enter)
        leave = np.where(run < 0, np.minimum(leave, cross), leave)
        leave = np.where((run == 0) & (a < 0), -1.0, leave)
        exact.append(cross)
    cut = np.stack([begin + enter[:, None] * step, begin + leave[:, None] * step], axis=1)
    for (axis, value, _), cross in zip(sides, exact, strict=True):
        for end, at in ((0, enter), (1, leave)):
            cut[cross == at, end, axis] = value
    kept = np.flatnonzero(enter < leave)
    return cut[kept], kept


def _graph(ends: np.ndarray, grains: np.ndarray, frame: tuple[float, float, float, float]) -> CutGraph:
    position, index = np.unique(ends.reshape(-1, 2), axis=0, return_inverse=True)
    length = np.hypot(*(ends[:, 1] - ends[:, 0]).T)
    return CutGraph(position, index.reshape(-1, 2), length, grains, np.arange(len(ends)), frame)
