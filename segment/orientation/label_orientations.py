"""Orientations of grains that were cut otherwise, such as by the boundaries of a micrograph."""

from __future__ import annotations

import numpy as np

from segment.errors import InputError
from segment.grain_orientations import GrainOrientations
from segment.orientation.misorientation import mean_orientations
from segment.orientation.orientation_map import OrientationMap
from segment.orientation.raster import to_pixels


def orientations_of_labels(orientation_map: OrientationMap, labels: np.ndarray) -> GrainOrientations:
    """Phase and mean orientation of each label.

    Parameters
    ----------
    orientation_map : OrientationMap
    labels : ndarray of int32, shape (rows, columns)
        On the map's points, or on its square pixels (`to_pixels`); 0 for no grain.

    Returns
    -------
    GrainOrientations
        A label's phase is that of most of its points; NaN and 0 where none of its points is indexed.

    Raises
    ------
    InputError
        Another shape.
    """
    number = np.arange(orientation_map.phase.size).reshape(orientation_map.phase.shape) + 1
    if labels.shape != number.shape:
        number = to_pixels(orientation_map, number)
    if labels.shape != number.shape:
        raise InputError(
            orientation_map.source,
            f"its grid of {orientation_map.phase.shape} points does not fit {labels.shape} labels",
            "Give labels and orientations of one grid",
        )
    phase_of_point = np.concatenate([[0], orientation_map.phase.ravel()])
    n = int(labels.max(initial=0))
    point, label = number.ravel(), labels.ravel()
    phase = _most_common(label, phase_of_point[point], n)
    used = (label > 0) & (phase_of_point[point] > 0) & (phase_of_point[point] == phase[label])
    point, label = point[used] - 1, label[used]
    q = orientation_map.quaternions.reshape(-1, 4)[point]
    mean = mean_orientations(q, label, phase, orientation_map.phases)
    return GrainOrientations(mean, phase, orientation_map.phases, float("nan"))


def _most_common(label: np.ndarray, phase: np.ndarray, n: int) -> np.ndarray:
    """Phase of most of the indexed points of each label, shape (n + 1,); 0 without any."""
    kinds = int(phase.max(initial=0)) + 1
    indexed = (phase > 0) & (label > 0)
    count = np.bincount(label[indexed] * kinds + phase[indexed], minlength=(n + 1) * kinds)
    count = count.reshape(n + 1, kinds)
    return np.where(count.any(axis=1), count.argmax(axis=1), 0).astype(np.int32)
