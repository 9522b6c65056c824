"""Edits of a label map by hand: join cells, cut them along a line, take one out.

Every edit answers with the part of the map that it changes.  Only the surroundings of the touched cells are
looked at, so that an edit takes milliseconds on a map of any size.  Cells are taken to lie in one piece.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from segment.cells.label_gaps import nearest_labels
from segment.errors import InputError

_LEAST_PX = 20  #: pixels of the smallest cell that a cut leaves, as in `segment.grain_map.MIN_AREA_PX`
FIRST_REACH = 64  #: pixels around the places of an edit that are looked at first; judgement, speed only
_FIXED = 4  #: bits behind the point of coordinates for OpenCV


@dataclass(frozen=True, eq=False)
class Patch:
    """A rectangle of a label map as it shall be."""

    #: top, left: first row and column
    top: int
    left: int
    labels: np.ndarray  #: int32, shape (rows, columns)

    @property
    def where(self) -> tuple[slice, slice]:
        """Index of the rectangle in its map."""
        rows, columns = self.labels.shape
        return slice(self.top, self.top + rows), slice(self.left, self.left + columns)

    def changes(self, labels: np.ndarray) -> tuple[tuple[np.ndarray, np.ndarray], np.ndarray]:
        """Rows and columns of the pixels that differ from `labels`, and their new labels."""
        rows, columns = np.nonzero(labels[self.where] != self.labels)
        return (rows + self.top, columns + self.left), self.labels[rows, columns]

    def applied(self, labels: np.ndarray) -> np.ndarray:
        """A copy of the map with this rectangle."""
        new = labels.copy()
        new[self.where] = self.labels
        return new


def join_cells(labels: np.ndarray, line: np.ndarray) -> Patch:
    """Make the cells that a line passes through one cell, under the number of the largest.

    `line` holds rows and columns of its points, float of shape (n, 2). `InputError`: it passes through fewer
    than two cells.
    """
    cells = cells_along(labels, line)
    if cells.size < 2:
        raise InputError("join", "the line stays within one cell", "Draw from one cell into its neighbour")
    window, top, left = _window(labels, cells, line)
    area = np.array([np.count_nonzero(window == cell) for cell in cells])
    new = window.copy()
    new[np.isin(window, cells)] = cells[area.argmax()]
    return Patch(top, left, new)


def cut_cell(labels: np.ndarray, line: np.ndarray) -> Patch:
    """Cut the cell that most of a line lies in; the ends are drawn on, straight, to the cell's border.

    The largest part keeps the number, others get new ones.  Parts below `_LEAST_PX` pixels are none.
    `InputError`: the line lies in no cell, or does not divide it.
    """
    under = _under(labels, line)
    if not under.any():
        raise InputError("cut", "the line lies in no cell", "Draw it across the cell")
    cell = int(np.bincount(under[under > 0]).argmax())
    window, top, left = _window(labels, np.array([cell]), line)
    drawn = _drawn(window.shape, line - (top, left))
    longer = _drawn(window.shape, _drawn_on(line - (top, left), float(np.hypot(*window.shape))))
    new = _divided(window, cell, _touching(longer & (window == cell), drawn), int(labels.max()) + 1)
    if new is None:
        raise InputError("cut", "the line does not divide the cell", "Draw it from border to border")
    return Patch(top, left, new)


def draw_boundary(labels: np.ndarray, line: np.ndarray) -> Patch:
    """Cut every cell that a line crosses from border to border, or in which it closes on itself.

    `InputError`: no cell is divided by the line.
    """
    cells = cells_along(labels, line)
    window, top, left = _window(labels, cells, line)
    drawn = _drawn(window.shape, line - (top, left))
    next_label, new = int(labels.max()) + 1, window
    for cell in cells.tolist():
        divided = _divided(new, cell, drawn, next_label)
        if divided is not None:
            new, next_label = divided, max(next_label, int(divided.max()) + 1)
    if new is window:
        remedy = "Draw from border to border, or a closed loop"
        raise InputError("boundary", "the line divides no cell", remedy)
    return Patch(top, left, new)


def take_out(labels: np.ndarray, place: np.ndarray) -> Patch:
    """Mark the cell at a place (row, column) as void: label 0. `InputError`: there is no cell."""
    line = np.atleast_2d(place)
    cells = cells_along(labels, line)
    if not cells.size:
        raise InputError("void", "there is no cell at this place", "Click into a cell")
    window, top, left = _window(labels, cells, line)
    return Patch(top, left, np.where(np.isin(window, cells), 0, window).astype(np.int32))


def cells_along(labels: np.ndarray, line: np.ndarray) -> np.ndarray:
    """Labels of the cells that a line of points (row, column) passes through, ascending, without 0."""
    found = np.unique(_under(labels, line))
    return np.asarray(found[found > 0])


def numbered(labels: np.ndarray) -> np.ndarray:
    """The map with labels 1 ... n, every one present, in the order of their numbers; int32."""
    present = np.zeros(int(labels.max(initial=0)) + 1, bool)
    present[labels.ravel()] = True
    present[0] = False
    if present[1:].all():
        return labels.astype(np.int32, copy=False)
    number = (np.cumsum(present) * present).astype(np.int32)
    return np.asarray(number[labels])


def _under(labels: np.ndarray, line: np.ndarray) -> np.ndarray:
    """Labels of the pixels that a line passes, in no order."""
    low = np.floor(line.min(axis=0)).astype(int).clip(0) - (1, 1)
    high = np.ceil(line.max(axis=0)).astype(int) + 2
    low = low.clip(0)
    part = labels[low[0] : high[0], low[1] : high[1]]
    return part[_drawn(part.shape, line - low)] if part.size else np.zeros(0, labels.dtype)


def _drawn(shape: tuple[int, ...], line: np.ndarray) -> np.ndarray:
    """Pixels of a line that no 4-connected path crosses; bool of `shape`."""
    canvas = np.zeros(shape, np.uint8)
    points = np.round(line[:, ::-1] * (1 << _FIXED)).astype(np.int32)
    points = points if len(points) > 1 else np.repeat(points, 2, axis=0)
    cv2.polylines(canvas, [points[:, None]], False, 1, 1, cv2.LINE_8, _FIXED)
    return canvas.astype(bool)


def _window(labels: np.ndarray, cells: np.ndarray, line: np.ndarray) -> tuple[np.ndarray, int, int]:
    """The part of the map that holds `cells` and the line, with its first row and column."""
    size = np.array(labels.shape)
    low = (np.floor(line.min(axis=0)).astype(int) - FIRST_REACH).clip(0, size - 1)
    high = (np.ceil(line.max(axis=0)).astype(int) + FIRST_REACH).clip(1, size)
    while True:
        part = labels[low[0] : high[0], low[1] : high[1]]
        reach = np.maximum(high - low, FIRST_REACH)
        rims = ((part[0], part[:, 0]), (part[-1], part[:, -1]))
        lower, upper = (np.array([bool(np.isin(rim, cells).any()) for rim in pair]) for pair in rims)
        more_low, more_high = lower & (low > 0), upper & (high < size)
        if not more_low.any() and not more_high.any():
            return part, int(low[0]), int(low[1])
        low = np.maximum(low - reach * more_low, 0)
        high = np.minimum(high + reach * more_high, size)


def _drawn_on(line: np.ndarray, reach: float) -> np.ndarray:
    """The line with both ends drawn on by `reach` pixels, in the direction of its last fifth."""
    if len(line) < 2 or not np.ptp(line, axis=0).any():
        return line
    part = max(len(line) // 5, 1)
    first, last = line[0] - line[part], line[-1] - line[-1 - part]
    ends = [
        end + step / max(float(np.hypot(*step)), 1e-9) * reach
        for end, step in ((line[0], first), (line[-1], last))
    ]
    return np.vstack([ends[0], line, ends[1]])


def _touching(pixels: np.ndarray, others: np.ndarray) -> np.ndarray:
    """The connected parts of `pixels` that hold any of `others`: a line drawn on ends where it leaves."""
    part = cv2.connectedComponents(pixels.view(np.uint8), connectivity=8)[1]
    return np.asarray(pixels & np.isin(part, part[pixels & others]))


def _divided(labels: np.ndarray, cell: int, line: np.ndarray, next_label: int) -> np.ndarray | None:
    """The map with `cell` divided along the pixels of a line; None where it is not."""
    mask = labels == cell
    rest = mask & ~line
    n, parts, facts, _ = cv2.connectedComponentsWithStats(rest.view(np.uint8), connectivity=4)
    area = facts[:, cv2.CC_STAT_AREA].copy()
    area[0] = 0
    sizeable = np.flatnonzero(area >= _LEAST_PX)
    if sizeable.size < 2:
        return None
    name = np.zeros(n, np.int32)
    name[sizeable] = next_label + np.arange(sizeable.size) - (sizeable > area.argmax())
    name[area.argmax()] = cell
    new = labels.copy()
    new[mask] = nearest_labels(name[parts])[mask]
    return new
