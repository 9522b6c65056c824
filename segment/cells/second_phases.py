"""Pores and second phases: which are cells of their own, so that their outline stays a boundary.

A boundary runs through a small particle, which therefore just has no grain.  Where a phase is as large as a
small grain the grains end at its outline: it is cut as a cell like any other, and then set aside.  A grain
that the flood joined with the phase around it stays a grain.
"""

import cv2
import numpy as np

from segment.cells.label_parts import parts_of

LARGE = 0.1  #: of the mean cell's area, from which a phase is a cell of its own
_MOSTLY = 0.5  #: share of a cell's area that must be phase for the cell to be one


def large_second_phases(not_grain: np.ndarray, labels: np.ndarray) -> np.ndarray | None:
    """The connected parts of `not_grain` that are larger than `LARGE` of a mean cell; None without any.

    `labels` are cells between boundaries, of the same image or of a part of it.
    """
    least = sizeable_px(labels)
    if not least:
        return None
    _, part, facts, _ = cv2.connectedComponentsWithStats(not_grain.view(np.uint8), connectivity=4)
    large = facts[:, cv2.CC_STAT_AREA] > least
    large[0] = False
    return large[part] if large.any() else None


def sizeable_px(labels: np.ndarray) -> float:
    """Area, in pixels, from which a body counts beside these cells; 0 without a cell."""
    n_cells = int(labels.max(initial=0))
    return LARGE * np.count_nonzero(labels) / n_cells if n_cells else 0.0


def give_back(
    cells: np.ndarray, second_phases: np.ndarray, phase: np.ndarray, least: float
) -> tuple[np.ndarray, np.ndarray]:
    """Grains within the cells set aside: what is not `phase`, in pieces of `least` pixels or more.

    Both maps are as `set_aside` leaves them, and changed in place: the pieces get the next numbers among the
    cells, and are 0 among the second phases.
    """
    pieces, found = parts_of(np.where(phase, 0, second_phases))
    kept = found.area >= least
    kept[0] = False
    number = np.where(kept, np.cumsum(kept) + cells.max(initial=0), 0).astype(np.int32)
    grain = number[pieces]
    cells += grain
    second_phases[grain > 0] = 0
    return cells, second_phases


def set_aside(cells: np.ndarray, phase: np.ndarray) -> np.ndarray | None:
    """Take the cells that are mostly `phase` out of the cells, which are numbered 1 ... n anew in place.

    What was taken out, 1 ... m and 0 elsewhere, int32; None where there is nothing.
    """
    area = np.bincount(cells.ravel())
    is_second_phase = np.bincount(cells[phase], minlength=area.size) > _MOSTLY * area
    is_second_phase[0] = False
    if not is_second_phase.any():
        return None
    is_grain = ~is_second_phase
    is_grain[0] = False
    grain, number = (
        np.where(kind, np.cumsum(kind), 0).astype(np.int32) for kind in (is_grain, is_second_phase)
    )
    second_phases = number[cells]
    cells[...] = grain[cells]
    return second_phases
