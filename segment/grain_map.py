"""Closed cells: labels, which of them touch the frame, and the pixel size."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from segment.errors import InputError
from segment.grain_orientations import GrainOrientations
from segment.segmentation import Segmentation

if TYPE_CHECKING:
    from segment.micrograph.micrograph import PixelSizeSource

MIN_AREA_PX = 20  #: smallest cell, where neither a model nor the user says otherwise


@dataclass(frozen=True)
class Reliability:
    """What share of the borders of a mean probability are boundaries: a rising table, straight in between."""

    stated: tuple[float, ...]  #: mean probability along a border, ascending
    true: tuple[float, ...]  #: share of such borders that are true, never falling

    def __call__(self, probability: np.ndarray) -> np.ndarray:
        """Calibrated confidence of mean probabilities, same shape; NaN stays."""
        return np.interp(probability, self.stated, self.true)


@dataclass(frozen=True, eq=False)
class GrainMap:
    """Grains as labelled cells that meet without a gap.

    Attributes
    ----------
    labels : ndarray of int32, shape (rows, columns)
        1 ... n for grains, every label present; 0 where there is no grain (pore, second phase, outside
        `valid`).
    pixel_size_nm : float or None
        Edge of a pixel in nanometres; None: not known.
    pixel_size_source : str
        As in `Micrograph`.
    valid : ndarray of bool or None
        False outside the specimen's image; None: all valid.
    probability : ndarray of float32 or None
        Boundary probability the cells were cut from, for sub-pixel crossings and overlays.
    warnings : tuple of str
        Why the cells may not be trusted, and what was mended.
    reliability : Reliability or None
        What share of borders of a mean probability are true, measured for the weights; None: not measured.
    second_phases : ndarray of int32 or None
        1 ... m for pores and second phases about as large as grains, 0 elsewhere; None: none.  Their `labels`
        are 0.
    orientations : GrainOrientations or None
        Mean orientation and phase by label, of a map of orientations; None: not known.
    segmentation : Segmentation or None
        How a model cut the cells; None: they were given, as a tracing or as labels.

    Raises
    ------
    segment.errors.InputError
        `valid` has another shape, or grains lie where it is False.

    Examples
    --------
    >>> labels = np.array([[1, 1, 2], [1, 0, 2]], np.int32)
    >>> GrainMap(labels, pixel_size_nm=2.0, pixel_size_source="manual").n_grains
    2
    """

    labels: np.ndarray
    pixel_size_nm: float | None = None
    pixel_size_source: PixelSizeSource = "none"
    valid: np.ndarray | None = None
    probability: np.ndarray | None = None
    warnings: tuple[str, ...] = field(default=())
    reliability: Reliability | None = None
    second_phases: np.ndarray | None = None
    orientations: GrainOrientations | None = None
    segmentation: Segmentation | None = None

    def __post_init__(self) -> None:
        if self.valid is None:
            return
        if self.valid.shape != self.labels.shape:
            shapes = f"valid has the shape {self.valid.shape}, the labels {self.labels.shape}"
            raise InputError("grain map", shapes, "Give one value for each pixel")
        if self.labels[~self.valid].any():
            remedy = (
                "Set them to 0 there and number the grains anew (skimage.segmentation.relabel_sequential)"
            )
            raise InputError("grain map", "labels lie where valid is False", remedy)

    def __repr__(self) -> str:
        rows, columns = self.labels.shape
        scale = "no pixel size" if self.pixel_size_nm is None else f"{self.pixel_size_nm:g} nm/px"
        return f"<GrainMap {rows} x {columns} px, {self.n_grains} grains, {scale}>"

    def cells(self) -> np.ndarray:
        """Grains 1 ... n and second phases n + 1 ... n + m as one map; int32, shape (rows, columns)."""
        if self.second_phases is None:
            return self.labels
        every = self.labels.copy()
        np.add(self.second_phases, np.int32(self.n_grains), out=every, where=self.second_phases > 0)
        return every

    @property
    def n_grains(self) -> int:
        return int(self.labels.max(initial=0))

    @property
    def n_second_phases(self) -> int:
        return 0 if self.second_phases is None else int(self.second_phases.max())

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
