"""Closed cells: labels, which of them touch the frame, and the pixel size."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from segment.cells.second_phases import large_bodies, set_aside
from segment.cells.borders import Borders, find_borders
from segment.boundary_map import BoundaryMap
from segment.cells.border_merging import cut_cells
from segment.quality.calibration_table import Reliability
from segment.errors import InputError
from segment.micrograph.micrograph import PixelSizeSource
from segment.cells.tracing import split_tracing

MIDDLE_PX = 1024  #: edge of the window whose cells tell what a mean cell is
MIN_AREA_PX = 20  #: smallest cell, where neither a model nor the user says otherwise


@dataclass(frozen=True, eq=False)
class GrainMap:
    """Grains as labelled cells that meet without a gap.

    Attributes
    ----------
    labels : ndarray of int32, shape (rows, columns)
        1 ... n for grains, every label present; 0 where there is no grain (pore, second phase, outside
        `valid`).
    pixel_size_nm : float or None
    pixel_size_source : str
    valid : ndarray of bool or None
        False outside the specimen's image; None: all valid.
    probability : ndarray of float32 or None
        Boundary probability the cells were cut from, for sub-pixel crossings and overlays.
    warnings : tuple of str
    reliability : Reliability or None
        What share of borders of a mean probability are true, measured for the weights; None: not measured.
    bodies : ndarray of int32 or None
        1 ... m for pores and second phases about as large as grains, 0 elsewhere; None: none.  Their `labels`
        are 0.
    """

    labels: np.ndarray
    pixel_size_nm: float | None = None
    pixel_size_source: PixelSizeSource = "none"
    valid: np.ndarray | None = None
    probability: np.ndarray | None = None
    warnings: tuple[str, ...] = field(default=())
    reliability: Reliability | None = None
    bodies: np.ndarray | None = None

    def cells(self) -> np.ndarray:
        """Grains 1 ... n and bodies n + 1 ... n + m as one map; int32, shape (rows, columns)."""
        if self.bodies is None:
            return self.labels
        every = self.labels.copy()
        np.add(self.bodies, np.int32(self.n_grains), out=every, where=self.bodies > 0)
        return every

    @property
    def n_grains(self) -> int:
        return int(self.labels.max(initial=0))

    @property
    def n_bodies(self) -> int:
        return 0 if self.bodies is None else int(self.bodies.max())

    @cached_property
    def touches_frame(self) -> np.ndarray:
        """Bool of shape (n_grains + 1,), indexed by label: cut by the frame or by the edge of `valid`."""
        labels = self.labels
        touching = np.zeros(self.n_grains + 1, bool)
        for edge in (labels[0], labels[-1], labels[:, 0], labels[:, -1]):
            touching[edge] = True
        if self.valid is not None and not self.valid.all():
            hidden = ~self.valid
            near = np.zeros_like(hidden)
            near[1:] |= hidden[:-1]
            near[:-1] |= hidden[1:]
            near[:, 1:] |= hidden[:, :-1]
            near[:, :-1] |= hidden[:, 1:]
            touching[labels[near]] = True
        touching[0] = False
        return touching

    def borders(self) -> Borders:
        """Pairs of neighbours with length and confidence.

        The confidence of a border is the share of such borders that are boundaries, as measured for the model
        (`reliability`), else the mean probability along it.

        Raises
        ------
        ValueError
            The map carries no probability.
        """
        if self.probability is None:
            raise ValueError("this grain map carries no boundary probability")
        found = find_borders(self.labels, self.probability)
        if self.reliability is None:
            return found
        return replace(found, confidence=self.reliability(found.confidence))


def close_cells(
    boundary_map: BoundaryMap,
    *,
    persistence: float = 0.05,
    min_area_px: int = MIN_AREA_PX,
    border_confidence: float | None = None,
) -> GrainMap:
    """Cut a boundary probability into closed cells.

    Parameters
    ----------
    boundary_map : BoundaryMap
    persistence : float
        The one parameter: how far the probability must rise, from a cell's minimum to its lowest pass into a
        cell with a deeper minimum, for the two to be two grains; 0 ... 1.  More never gives more grains.
    min_area_px : int
        Smaller cells are merged into the neighbour behind their lowest pass; none is dropped.
    border_confidence : float, optional
        Least mean probability along a border; None: chosen by the image (`segment.cells.border_merging.join_doubtful`).

    Returns
    -------
    GrainMap
        Labels 0 where `boundary_map` says "not a grain" or not valid.  A pore or second phase as large as a
        small grain is cut by its outline, as a cell, and that is in `bodies` where it covers most of it.

    Raises
    ------
    ValueError
        `persistence` is not within 0 ... 1.
    """
    if not 0 <= persistence <= 1:
        raise ValueError(f"persistence is {persistence}, not a probability")

    probability, valid = boundary_map.probability, boundary_map.valid

    def cut(not_grain: np.ndarray | None, part: tuple[slice, slice] = np.s_[:, :]) -> np.ndarray:
        inside, closed = (None if mask is None else mask[part] for mask in (valid, not_grain))
        mask = _open_pixels(inside, closed)
        return cut_cells(probability[part], persistence, min_area_px, mask, confidence=border_confidence)

    labels, bodies = _around_bodies(cut, boundary_map.not_grain)
    return GrainMap(
        labels,
        boundary_map.pixel_size_nm,
        boundary_map.pixel_size_source,
        boundary_map.valid,
        boundary_map.probability,
        boundary_map.warnings,
        bodies=bodies,
    )


def grain_map_from_tracing(
    mask: np.ndarray,
    *,
    pixel_size_nm: float | None = None,
    pixel_size_source: PixelSizeSource | None = None,
    min_area_px: int = MIN_AREA_PX,
    source: str = "tracing",
) -> GrainMap:
    """Cells between hand-traced boundaries; a thick line is divided along its middle.

    Parameters
    ----------
    mask : ndarray, shape (rows, columns)
        Boundaries are True, or brighter than half of the brightest value (255 = boundary).  Where more than
        half of the frame is bright, the dark lines are taken as boundaries, and a warning says so.
    pixel_size_nm : float, optional
    pixel_size_source : str, optional
        "manual" where a size is given and no source.
    min_area_px : int
        Smaller gaps between lines belong to the lines.
    source : str
        Name for the error message.

    Raises
    ------
    InputError
        The lines leave no cell.
    """
    lines = mask if mask.dtype == bool else mask > mask.max(initial=0) / 2
    warnings: tuple[str, ...] = ()
    if lines.mean() > 0.5:
        lines, warnings = ~lines, ("dark lines on a light ground were read as boundaries",)
    labels = split_tracing(lines, min_area_px)
    if not labels.any():
        raise InputError(
            source, "the tracing leaves no closed cell", "Trace boundaries as bright lines on black"
        )
    known = pixel_size_source or ("none" if pixel_size_nm is None else "manual")
    return GrainMap(labels, pixel_size_nm, known, warnings=warnings)


def _around_bodies(
    cut: Callable[..., np.ndarray], not_grain: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray | None]:
    """Grains and bodies by ``cut(not_grain, part)``; the middle of the image tells which bodies are large."""
    if not_grain is None or not not_grain.any():
        return cut(None), None
    labels = cut(not_grain, _middle(not_grain.shape))
    large = large_bodies(not_grain, labels)
    if large is not None:
        labels = cut(not_grain & ~large)
        bodies = set_aside(labels, large)
        labels[not_grain] = 0
        return labels, bodies
    return labels if labels.shape == not_grain.shape else cut(not_grain), None


def _middle(shape: tuple[int, ...]) -> tuple[slice, slice]:
    """The middle of an image, of at most `MIDDLE_PX` an edge."""
    starts = [max(size - MIDDLE_PX, 0) // 2 for size in shape]
    rows, columns = (slice(start, start + MIDDLE_PX) for start in starts)
    return rows, columns


def _open_pixels(valid: np.ndarray | None, not_grain: np.ndarray | None) -> np.ndarray | None:
    """Where cells may lie; None: everywhere."""
    if not_grain is None:
        return valid
    return ~not_grain if valid is None else valid & ~not_grain
