"""Label maps whose pixels were repeated: the steps of their outlines are no detail of the specimen.

Lengths are read off outlines whose steps of one pixel were smoothed.  Steps of two pixels survive that: a map
enlarged two, three or four times has 4, 11 or 16 % more boundary, and spacings 2, 5 and 9 % shorter.
"""

from dataclasses import replace

import numpy as np

from grainstats.measure.grains.label_map_check import check_label_map
from segment.cells.editing import numbered
from segment.cells.label_gaps import equal_rows
from segment.grain_map import MIN_AREA_PX, GrainMap

_LARGEST = 8  #: times that a map is enlarged at most; judgement
_COARSE = (
    1.3  #: pixels of a mean step; grains drawn by hand, points of EBSD and cells cut here have up to 1.24
)
_EQUAL = 0.02  #: relative; of what rows and columns are repeated, so that the pixels are square
_FEWEST = (50, 200)  #: corners of steps that show an enlargement, or a mean step; judgement
_LOOKED_AT = 1024  #: rows and columns in the middle of a map whose steps are measured


def own_label_map(grain_map: GrainMap, source: str) -> GrainMap:
    """A label map from outside at its own size; raises as `check_label_map` where it is none."""
    check_label_map(grain_map, source)
    return at_own_size(grain_map)


def at_own_size(grain_map: GrainMap) -> GrainMap:
    """The map without the repetition where each pixel stands k x k times, or coarse steps told.

    A map that a model has cut, or with orientations, is returned as it is.
    """
    if grain_map.segmentation is not None or grain_map.orientations is not None:
        return grain_map
    labels = grain_map.labels
    step, n_corners = _steps(labels)
    if n_corners < _FEWEST[0]:
        return grain_map
    (rows, height), (columns, width) = equal_rows(labels), equal_rows(labels.T)
    cell_px = np.count_nonzero(labels) / grain_map.n_grains
    of_one_size = abs(height / width - 1) < _EQUAL and max(height, width) <= _LARGEST
    if min(height, width) > 1 and of_one_size and cell_px >= MIN_AREA_PX * height * width:
        y, x = (np.unique(groups, return_index=True)[1] for groups in (rows, columns))
        return _own(grain_map, y, x, float(np.sqrt(height * width)))
    if (step < _COARSE and max(height, width) == 1) or n_corners < _FEWEST[1]:
        return grain_map
    said = (
        f"its outlines have steps of {step:.1f} px, as where pixels were repeated: boundaries come out a few "
        "per cent too long; give the map as it was"
    )
    return replace(grain_map, warnings=(*grain_map.warnings, said))


def _own(grain_map: GrainMap, rows: np.ndarray, columns: np.ndarray, k: float) -> GrainMap:
    """The pixels in these rows and columns, which stand k x k times each."""

    def own(image: np.ndarray | None) -> np.ndarray | None:
        return None if image is None else np.ascontiguousarray(image[np.ix_(rows, columns)])

    labels = numbered(grain_map.labels[np.ix_(rows, columns)])
    phases, size = own(grain_map.second_phases), grain_map.pixel_size_nm
    height, width = labels.shape
    times = f"{k:.3g} x {k:.3g} times"
    said = f"its pixels are repeated {times}: it is measured at its own size, {height} x {width} px"
    return replace(
        grain_map,
        labels=labels,
        pixel_size_nm=None if size is None else k * size,
        valid=own(grain_map.valid),
        probability=None,
        second_phases=None if phases is None else numbered(phases),
        warnings=(*grain_map.warnings, said),
    )


def _steps(labels: np.ndarray) -> tuple[float, int]:
    """Mean over the corners of all steps of the shorter of their two sides, pixels; and how many there are.

    The steps of a smooth outline, at whatever angle, have a side of one pixel.
    """
    top, left = (max(n - _LOOKED_AT, 0) // 2 for n in labels.shape)
    seen = labels[top : top + _LOOKED_AT, left : left + _LOOKED_AT]
    upright, level = seen[:, 1:] != seen[:, :-1], seen[1:] != seen[:-1]
    sides = np.minimum(_sides(upright, level), _sides(level.T, upright.T).T)
    sides = sides[sides > 0]
    return (float(sides.mean()), sides.size) if sides.size else (1.0, 0)


def _sides(upright: np.ndarray, level: np.ndarray) -> np.ndarray:
    """Length of the upright side of the step at each inner corner of the pixels; 0 where there is none.

    `upright`, shape (rows, columns - 1), and `level`, shape (rows - 1, columns), are the pixel edges at which
    the label changes.  The boundary turns to different sides at the two ends of a step.
    """
    change = np.diff(np.pad(upright.T, ((0, 0), (1, 1))).astype(np.int8), axis=1)
    (column, first), last = np.nonzero(change == 1), np.nonzero(change == -1)[1]
    inner = (first > 0) & (last < len(upright))
    column, first, last = column[inner], first[inner], last[inner]
    turns = [level[end - 1, column].astype(int) - level[end - 1, column + 1] for end in (first, last)]
    step = turns[0] * turns[1] == -1
    found = np.zeros((len(level), upright.shape[1]), np.int32)
    for end in (first, last):
        found[end[step] - 1, column[step]] = (last - first)[step]
    return found
