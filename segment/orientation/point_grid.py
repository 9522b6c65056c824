"""The grid that scattered coordinates lie on: rows, columns, steps, square or hexagonal."""

from dataclasses import dataclass

import numpy as np

from segment.errors import UnreadableError

OFF_GRID = 0.25  #: of a step: a point farther from its place belongs to no regular grid
DIGITS = 5  #: of coordinates in .ctf files
MAX_EMPTY = 8  #: times as many places as points: not a map but scattered spots


@dataclass(frozen=True, eq=False)
class PointGrid:
    """Where each point lies."""

    #: row, column: int, shape (n,)
    row: np.ndarray
    column: np.ndarray
    shape: tuple[int, int]
    #: x_step, y_step: in the unit of the coordinates
    x_step: float
    y_step: float
    hexagonal: bool
    first_row_shifted: bool


def find_grid(x: np.ndarray, y: np.ndarray, source: str) -> PointGrid:
    """Rows and columns of points from their coordinates, which may be rounded and in any order.

    `UnreadableError`: a line of points, two at one place, or points on no square or hexagonal grid.

    >>> y, x = np.mgrid[:2, :3] * 0.4
    >>> grid = find_grid(x.ravel(), y.ravel(), "map.ang")
    >>> grid.shape, round(grid.x_step, 3), grid.hexagonal
    ((2, 3), 0.4, False)
    """
    row, y_step = _places(y)
    order = np.lexsort((x, row))
    same_row = np.diff(row[order]) == 0
    gaps = np.diff(x[order])[same_row]
    gaps = gaps[gaps > 1e-9 * max(float(np.ptp(x)), 1e-30)]
    if y_step == 0 or not np.ptp(x):
        raise UnreadableError(source, "its points lie on one line", "Give a map of two dimensions")
    if not gaps.size:
        reason = "no two of its points lie in one row, as in a scan that was turned"
        raise UnreadableError(source, reason, "Export the map on its own grid")
    step = float(np.median(gaps))
    shift = _row_shift(x, row, step, source)
    column, x_step = _places(x - shift[row % 2] * step, step)
    shape = int(row.max()) + 1, int(column.max()) + 1
    _check_places(row, column, shape, source)
    return PointGrid(row, column, shape, x_step, y_step, bool(shift.any()), bool(shift[0]))


def grid_told(
    x: np.ndarray, y: np.ndarray, shape: tuple[int, int], steps: tuple[float, float]
) -> PointGrid | None:
    """The square grid that a header tells of, where the points follow it row by row; None: they do not.

    `shape` is (rows, columns), `steps` are those in x and y.  Coordinates of five digits (1000.1) may be too
    coarse to tell neighbours apart: they only have to agree within the rounding.
    """
    if x.size != shape[0] * shape[1]:
        return None
    row, column = np.divmod(np.arange(x.size), shape[1])
    for values, number, step in ((x, column, steps[0]), (y, row, steps[1])):
        off = np.abs(values - values[0] - number * step)
        rounding = 0.5 * 10.0 ** (np.floor(np.log10(np.maximum(np.abs(values), 1.0))) + 1 - DIGITS)
        if (off > rounding + OFF_GRID / 4 * step).any():
            return None
    return PointGrid(row, column, shape, steps[0], steps[1], False, False)


def _places(values: np.ndarray, step: float | None = None) -> tuple[np.ndarray, float]:
    """Number of each value on an even scale from the least, and the scale's step; step 0: all are one."""
    found, inverse = np.unique(values, return_inverse=True)
    gaps = np.diff(found)
    if step is None:
        apart = gaps[gaps > 1e-6 * max(float(found[-1] - found[0]), 1e-30)]
        step = float(np.median(apart)) if apart.size else 0.0
    if not gaps.size or step == 0:
        return np.zeros(values.size, int), 0.0
    number = np.concatenate([[0], np.cumsum(np.rint(gaps / step).astype(int))])
    last = int(number[-1])
    return number[inverse], float(found[-1] - found[0]) / last if last else 0.0


def _row_shift(x: np.ndarray, row: np.ndarray, step: float, source: str) -> np.ndarray:
    """Shift of even and of odd rows, in steps: 0 or 0.5."""
    least = np.full(int(row.max()) + 1, np.inf)
    np.minimum.at(least, row, x)
    rows = np.flatnonzero(np.isfinite(least))
    half = np.abs((least[rows] - x.min()) / step % 1 - 0.5) < OFF_GRID
    odd = rows % 2 == 1
    for shift, fits in ((0.0, 0.0), ~half), ((0.0, 0.5), half == odd), ((0.5, 0.0), half != odd):
        if fits.all():
            return np.array(shift)
    raise UnreadableError(
        source, "its points lie on no square or hexagonal grid", "Export the map on its own grid"
    )


def _check_places(row: np.ndarray, column: np.ndarray, shape: tuple[int, int], source: str) -> None:
    if shape[0] * shape[1] > MAX_EMPTY * row.size:
        raise UnreadableError(source, "its points lie on no regular grid", "Export the map on its own grid")
    if np.bincount(row * shape[1] + column).max() > 1:
        raise UnreadableError(
            source,
            "several points lie at one place, as in a stack of sections",
            "Export each section as a file of its own",
        )
