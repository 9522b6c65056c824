"""What a microscope file says: one grey image with its pixel size and where that size came from."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from segment.micrograph.scale_bar import ScaleBar

PixelSizeSource = Literal["metadata", "sidecar", "scalebar", "manual", "none"]


@dataclass(frozen=True)
class ScaleConflict:
    """Two sources of the pixel size that disagree by more than 3 %."""

    chosen: str  #: the source that won, as "where: value nm"
    rejected: str  #: the source that lost
    ratio: float  #: rejected / chosen


@dataclass(frozen=True, eq=False)
class Micrograph:
    """One grey image of one frame of one file."""

    #: shape (rows, columns): grey levels in the file's own dtype, colours as their luminance, info bar cut
    image: np.ndarray
    pixel_size_nm: float | None  #: edge of the square pixel; None where no source states it
    pixel_size_source: PixelSizeSource
    path: Path
    sha256: str  #: digest of the file's bytes
    vendor: str  #: name of the format module that read it, e.g. ``"fei_tiff"``
    #: bool, shape (rows, columns): False where nothing of the specimen is seen; None: all is
    valid: np.ndarray | None = None
    frame: int = 0  #: place in a stack
    n_frames: int = 1
    info_bar_rows: int = 0  #: cut from the bottom
    conflicts: tuple[ScaleConflict, ...] = ()
    notes: tuple[str, ...] = ()  #: what reading changed or noticed
    scale_bar: ScaleBar | None = None  #: the burned-in one, read or in doubt, with its picture

    @property
    def digest(self) -> str:
        """Identity of this frame: the file's SHA-256, with ``#frame`` behind it in a stack."""
        return self.sha256 if self.n_frames == 1 else f"{self.sha256}#{self.frame}"

    @property
    def scale_warnings(self) -> tuple[str, ...]:
        """Sources of the pixel size that disagree, in words."""
        return tuple(f"pixel size: {c.chosen} was taken, not {c.rejected}" for c in self.conflicts)

    @property
    def name(self) -> str:
        """File stem, with ``_frame`` in a stack; used to name outputs."""
        return self.path.stem if self.n_frames == 1 else f"{self.path.stem}_{self.frame:04d}"
