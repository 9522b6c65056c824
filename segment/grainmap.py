"""Closed cells: labels, which of them touch the frame, and the pixel size."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from segment.micrograph.model import PixelSizeSource


@dataclass(frozen=True, eq=False)
class GrainMap:
    """Grains as labelled cells that meet without a gap.

    Attributes
    ----------
    labels : ndarray of int32, shape (rows, columns)
        1 ... n for grains, every label present; 0 where there is no grain (pore, second phase, outside `valid`).
    pixel_size_nm : float or None
    pixel_size_source : str
    valid : ndarray of bool or None
        False outside the specimen's image; None: all valid.
    probability : ndarray of float32 or None
        Boundary probability the cells were cut from, for sub-pixel crossings and overlays.
    warnings : tuple of str
    """

    labels: np.ndarray
    pixel_size_nm: float | None = None
    pixel_size_source: PixelSizeSource = "none"
    valid: np.ndarray | None = None
    probability: np.ndarray | None = None
    warnings: tuple[str, ...] = field(default=())

    @property
    def n_grains(self) -> int:
        return int(self.labels.max(initial=0))

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
