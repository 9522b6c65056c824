"""What is no grain in a grain map: how much there is, how large it is, and how much boundary it covers.

Voids and second phases between grains are what blocks a current there, so that their share of the grains'
outline counts beside their share of the area.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from segment.cells.label_gaps import contacts
from segment.grain_map import GrainMap


@dataclass(frozen=True, eq=False)
class SecondPhases:
    """Voids and second phases of one map."""

    diameter_px: np.ndarray  #: shape (n,): equivalent diameters of the 4-connected parts, ascending, pixels
    area_px: int  #: of them all
    valid_area_px: int
    covered_px: int  #: pixel edges between grains and them
    outline_px: int  #: pixel edges of all grain outlines but the frame

    @property
    def n(self) -> int:
        """Connected parts."""
        return int(self.diameter_px.size)


def measure_second_phases(grain_map: GrainMap) -> SecondPhases:
    """Area, sizes and boundary cover of what is no grain: label 0 within `valid`, of whatever size."""
    labels = grain_map.labels
    inside = np.ones(labels.shape, bool) if grain_map.valid is None else grain_map.valid
    nothing = (labels == 0) & inside
    return SecondPhases(
        np.sort(np.sqrt(4 / np.pi * _areas(nothing))),
        int(np.count_nonzero(nothing)),
        int(np.count_nonzero(inside)),
        *_outlines(labels, nothing),
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
