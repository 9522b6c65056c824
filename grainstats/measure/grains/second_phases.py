"""What is no grain in a grain map: how much there is, how large it is, and how much boundary it covers.

Voids and second phases between grains are what blocks a current there, so that their share of the grains'
outline counts beside their share of the area.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from segment.cells.label_gaps import contacts
from segment.grain_map import GrainMap


@dataclass(frozen=True, eq=False)
class SecondPhases:
    """Voids and second phases of one map."""

    area_fraction: float  #: their share of the valid area; by Delesse also that of the volume
    #: share of the length of all grain outlines that lies on them: 0 where grains meet everywhere, 1 where
    #: gaps part all grains.  NaN without any outline.
    boundary_cover: float
    diameter_px: np.ndarray  #: shape (n,): equivalent diameters of the connected parts, ascending, in pixels
    diameter_nm: np.ndarray | None  #: the same in nanometres; None without a pixel size
    valid_area_px: int  #: valid pixels, what `area_fraction` is a share of
    outline_px: int  #: pixel edges of all grain outlines but the frame, what `boundary_cover` is a share of

    @property
    def n(self) -> int:
        """Connected parts, 4-connected."""
        return int(self.diameter_px.size)


def measure_second_phases(grain_map: GrainMap) -> SecondPhases:
    """Area fraction, sizes and boundary cover of what is no grain.

    Parameters
    ----------
    grain_map : GrainMap
        Its label 0 within `valid` counts, large phases and small particles alike.

    Examples
    --------
    >>> labels = np.ones((100, 100), np.int32)
    >>> labels[:, 50:] = 2
    >>> labels[:50, 45:55] = 0
    >>> found = measure_second_phases(GrainMap(labels, 2.0, "manual"))
    >>> found.area_fraction, found.n, round(float(found.diameter_nm[0]), 1)
    (0.05, 1, 50.5)
    >>> round(found.boundary_cover, 2)
    0.52
    """
    labels = grain_map.labels
    inside = np.ones(labels.shape, bool) if grain_map.valid is None else grain_map.valid
    nothing = (labels == 0) & inside
    diameter = np.sort(np.sqrt(4 / np.pi * _areas(nothing)))
    known = grain_map.pixel_size_nm
    valid_area = int(np.count_nonzero(inside))
    covered, outline = _outlines(labels, nothing)
    return SecondPhases(
        float(np.count_nonzero(nothing)) / max(valid_area, 1),
        covered / outline if outline else float("nan"),
        diameter,
        None if known is None else diameter * known,
        valid_area,
        outline,
    )


def _areas(nothing: np.ndarray) -> np.ndarray:
    """Pixels of each 4-connected part; most maps have none, which is seen at once."""
    if not nothing.any():
        return np.zeros(0)
    facts = cv2.connectedComponentsWithStats(nothing.view(np.uint8), connectivity=4)[2]
    return np.asarray(facts[1:, cv2.CC_STAT_AREA], float)


def _outlines(labels: np.ndarray, nothing: np.ndarray) -> tuple[int, int]:
    """Pixel edges between grain and second phase, and all pixel edges of grains with anything but the frame.

    A boundary between two grains is the outline of both: it counts twice.
    """
    if not nothing.any():
        return 0, 2 * contacts(labels)
    covered = sum(
        int(np.count_nonzero((here > 0) & empty_there) + np.count_nonzero((there > 0) & empty_here))
        for here, there, empty_here, empty_there in (
            (labels[:, :-1], labels[:, 1:], nothing[:, :-1], nothing[:, 1:]),
            (labels[:-1], labels[1:], nothing[:-1], nothing[1:]),
        )
    )
    return covered, covered + 2 * contacts(labels)
