"""The grid of a map's points: square pixels, which gaps are filled, which points are neighbours."""

import numpy as np

from segment.orientation.orientation_map import OrientationMap

HOLE_PX = 5  #: edge of the square that fits into a gap which stays open; our choice
_SAME = 1e-3  #: of a step: closer steps in x and y make square pixels as they are


def is_square(orientation_map: OrientationMap) -> bool:
    """Points are square pixels already."""
    return orientation_map.grid == "square" and abs(orientation_map.row_distance - 1) < _SAME


def pixel_of(orientation_map: OrientationMap) -> float:
    """Edge of a pixel of `to_pixels` in steps of x: the smaller of both steps, so that no point is lost."""
    return 1.0 if is_square(orientation_map) else min(1.0, orientation_map.row_distance)


def to_pixels(orientation_map: OrientationMap, values: np.ndarray) -> np.ndarray:
    """Values of points, shape (rows, columns, ...), as an image of square pixels.

    Each pixel takes its nearest point's.  A hexagonal grid's rows stay, and their pixels are as wide as the
    rows are apart (.866 of the step).
    """
    if is_square(orientation_map):
        return values
    row, column = _nearest_points(orientation_map)
    return np.asarray(values[row, column])


def _nearest_points(orientation_map: OrientationMap) -> tuple[np.ndarray, np.ndarray]:
    """Row and column of the point nearest to each pixel's centre."""
    rows, columns = orientation_map.shape
    edge, distance = pixel_of(orientation_map), orientation_map.row_distance
    hexagonal = orientation_map.grid == "hexagonal"
    height, width = rows * distance, columns + (0.5 if hexagonal else 0)
    y = (np.arange(max(round(height / edge), 1)) + 0.5) * edge / distance - 0.5
    row = np.clip(np.rint(y).astype(int), 0, rows - 1)
    x = (np.arange(max(round(width / edge), 1)) + 0.5) * edge - 0.5
    shifted = (row % 2 == 0) == orientation_map.first_row_shifted if hexagonal else np.zeros(row.size, bool)
    column = np.rint(x[None, :] - 0.5 * shifted[:, None]).astype(int)
    return np.broadcast_to(row[:, None], column.shape), np.clip(column, 0, columns - 1)


def fill_gaps(labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Give narrow gaps (label 0) between grains to the nearest grain; and the gaps that stay, bool.

    A gap stays where a square, in three dimensions a cube, of `HOLE_PX` an edge fits into it.

    >>> fill_gaps(np.array([[1, 0, 2, 2, 0]]))[0].tolist()
    [[1, 1, 2, 2, 2]]
    """
    from scipy import ndimage

    gap = labels == 0
    kept = ndimage.binary_opening(gap, np.ones((HOLE_PX,) * gap.ndim, bool))
    if not (gap & ~kept).any() or gap.all():
        return labels, kept
    nearest = ndimage.distance_transform_edt(gap, return_distances=False, return_indices=True)
    return np.where(kept, 0, labels[tuple(nearest)]).astype(labels.dtype), kept


def neighbour_pairs(orientation_map: OrientationMap) -> np.ndarray:
    """Flat indices of every two neighbouring points, shape (n, 2): four neighbours a point, or six."""
    rows, columns = orientation_map.shape
    index = np.arange(rows * columns).reshape(rows, columns)
    pairs = [pairs_along(index, 1), pairs_along(index, 0)]
    if orientation_map.grid == "hexagonal":
        pairs.append(_diagonal(index, orientation_map.first_row_shifted))
    return np.concatenate(pairs)


def pairs_across_gaps(pairs: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Every two points that count and are neighbours, or are parted by a narrow gap only, shape (m, 2).

    `pairs`, shape (n, 2), are flat indices of neighbours.  `counts`, of two or three dimensions, marks points
    with an orientation to be trusted: each of the others stands for the nearest of them.

    >>> counts = np.array([[True, False, True]])
    >>> pairs_across_gaps(np.array([[0, 1], [1, 2]]), counts).tolist()
    [[0, 2]]
    """
    number = np.arange(1, counts.size + 1).reshape(counts.shape)
    nearest, _ = fill_gaps(np.where(counts, number, 0))
    met = nearest.ravel()[pairs]
    return np.asarray(met[(met > 0).all(axis=1) & (met[:, 0] != met[:, 1])] - 1)


def pairs_along(index: np.ndarray, axis: int) -> np.ndarray:
    """Every two neighbours along an axis of an array of indices, shape (n, 2)."""
    n = index.shape[axis]
    return _pairs(index.take(range(n - 1), axis), index.take(range(1, n), axis))


def _pairs(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    return np.stack([first.ravel(), second.ravel()], axis=1)


def _diagonal(index: np.ndarray, first_row_shifted: bool) -> np.ndarray:
    """The second neighbour in the next row: a shifted row's lies to the right, another's to the left."""
    shifted = np.arange(len(index) - 1) % 2 == (0 if first_row_shifted else 1)
    right = _pairs(index[:-1][shifted, :-1], index[1:][shifted, 1:])
    left = _pairs(index[:-1][~shifted, 1:], index[1:][~shifted, :-1])
    return np.concatenate([right, left])
